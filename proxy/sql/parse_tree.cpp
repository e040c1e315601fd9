#include "sql/parse_tree.hpp"

#include <cstdint>

namespace pgweir::sql {

parse_tree::parse_tree(const std::string& text) {
    const PgQueryProtobufParseResult parsed = pg_query_parse_protobuf(text.c_str());
    if (parsed.error == nullptr) {
        ProtobufCAllocator allocator{&parse_tree::allocate, &parse_tree::leave, &arena_};
        root_ = pg_query__parse_result__unpack(&allocator, parsed.parse_tree.len,
                                               reinterpret_cast<const std::uint8_t*>(parsed.parse_tree.data));
    }
    pg_query_free_protobuf_parse_result(parsed);
}

void* parse_tree::allocate(void* arena, std::size_t size) {
    return static_cast<std::pmr::monotonic_buffer_resource*>(arena)->allocate(size);
}

void parse_tree::leave(void*, void*) {}

}  // namespace pgweir::sql
