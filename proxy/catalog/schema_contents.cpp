#include "catalog/schema_contents.hpp"

namespace pgweir::catalog {

namespace {

template <class Element>
std::size_t heap_of(const std::vector<Element>& elements) noexcept {
    return elements.capacity() * sizeof(Element);
}

}  // namespace

std::size_t bytes_of(const schema_contents& contents) {
    std::size_t bytes = sizeof(contents) + contents.fingerprint.capacity();
    for (const auto& [name, number] : contents.schemas) bytes += 64 + name.capacity();
    for (const name_table* names :
         {&contents.relation_names, &contents.routine_names, &contents.operator_names, &contents.type_names})
        bytes += names->bytes();
    return bytes + heap_of(contents.relations) + heap_of(contents.groups) + heap_of(contents.keys) +
           heap_of(contents.below);
}

}  // namespace pgweir::catalog
