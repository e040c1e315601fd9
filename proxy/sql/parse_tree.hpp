#pragma once

#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>

#include <cstddef>
#include <cstring>
#include <memory_resource>
#include <string>

namespace pgweir::sql {

/// What libpg_query makes of a text: the raw tree of PostgreSQL's grammar, names not looked up. Owns all of it.
class parse_tree {
public:
    using message = ProtobufCMessage;

    /// The text must have no NUL. See understand() about the stack this needs.
    explicit parse_tree(const std::string& text);
    parse_tree(const parse_tree&) = delete;
    parse_tree& operator=(const parse_tree&) = delete;

    /// nullptr: the grammar does not know the text.
    const PgQuery__ParseResult* root() const noexcept { return root_; }

private:
    static void* allocate(void* arena, std::size_t size);
    static void leave(void* arena, void* memory);

    std::pmr::monotonic_buffer_resource arena_;  // nodes are many and small, and go together
    const PgQuery__ParseResult* root_ = nullptr;
};

namespace detail {

template <class Value>
Value field_at(const parse_tree::message& node, unsigned offset) noexcept {
    Value value;
    std::memcpy(&value, reinterpret_cast<const std::byte*>(&node) + offset, sizeof value);
    return value;
}

template <class Visit>
void visit_field(const parse_tree::message& node, const ProtobufCFieldDescriptor& field, Visit& visit) {
    if (field.type != PROTOBUF_C_TYPE_MESSAGE) return;
    if (field.label == PROTOBUF_C_LABEL_REPEATED) {
        const auto count = field_at<std::size_t>(node, field.quantifier_offset);
        const auto children = field_at<const parse_tree::message* const*>(node, field.offset);
        for (std::size_t i = 0; i < count; ++i) visit(*children[i]);
        return;
    }
    // Of the members of a union one is there.
    const bool of_union = (field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
    if (of_union && field_at<unsigned>(node, field.quantifier_offset) != field.id) return;
    const auto* child = field_at<const parse_tree::message*>(node, field.offset);
    if (child != nullptr) visit(*child);
}

}  // namespace detail

/// Calls `visit(const parse_tree::message&)` for each message directly below this one, whatever kind it is.
template <class Visit>
void for_each_child(const parse_tree::message& node, Visit&& visit) {
    const ProtobufCMessageDescriptor& kind = *node.descriptor;
    // A Node is a union of 236 kinds: looking for the one would cost more than all the rest.
    if (&kind == &pg_query__node__descriptor) {
        const unsigned tag = reinterpret_cast<const PgQuery__Node&>(node).node_case;
        const ProtobufCFieldDescriptor* field = protobuf_c_message_descriptor_get_field(&kind, tag);
        if (field != nullptr) detail::visit_field(node, *field, visit);
        return;
    }
    for (unsigned i = 0; i < kind.n_fields; ++i) detail::visit_field(node, kind.fields[i], visit);
}

}  // namespace pgweir::sql
