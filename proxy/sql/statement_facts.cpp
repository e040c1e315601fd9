#include "sql/statement_facts.hpp"

namespace pgweir::sql {

namespace {

// What a string holds outside of itself.
std::size_t heap_of(const std::string& text) noexcept {
    return text.capacity() > std::string().capacity() ? text.capacity() + 1 : 0;
}

std::size_t heap_of(const qualified_name& name) noexcept {
    return heap_of(name.schema) + heap_of(name.name);
}

template <class Element>
std::size_t heap_of(const std::vector<Element>& elements) noexcept {
    std::size_t bytes = elements.capacity() * sizeof(Element);
    for (const Element& element : elements) bytes += heap_of(element);
    return bytes;
}

}  // namespace

std::size_t bytes_of(const statement_facts& facts) noexcept {
    return sizeof(facts) + facts.statements.capacity() * sizeof(statement_class) + heap_of(facts.reads) +
           heap_of(facts.writes) + heap_of(facts.functions) + heap_of(facts.operators) + heap_of(facts.types) +
           heap_of(facts.fields);
}

}  // namespace pgweir::sql
