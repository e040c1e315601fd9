#include "session/execution_batch.hpp"

#include "wire/frame.hpp"

namespace pgweir::session {

execution_batch::shape execution_batch::read_bound(base::bytes_view& rest) {
    if (const auto body = wire::take_frontend_message(rest, 'P')) {
        const auto found = wire::decode_parse(*body);
        if (!found || !found->statement.empty()) return shape::other;
        parse = *found;
    }
    const auto body = wire::take_frontend_message(rest, 'B');
    if (!body) return shape::split;
    const auto head = wire::decode_bind_head(*body, true);
    if (!head || !*head) return shape::other;
    bind = *body;
    bound = bind.substr((*head)->size);
    statement = (*head)->statement;
    if (parse && !statement.empty()) return shape::other;
    return (*head)->portal.empty() ? shape::whole : shape::named_portal;
}

execution_batch::shape execution_batch::read_execution(base::bytes_view& rest) {
    if (const auto body = wire::take_frontend_message(rest, 'D')) {
        const auto target = wire::decode_target(*body);
        if (!target || target->kind != 'P' || !target->name.empty()) return shape::other;
        described = true;
    }
    const auto body = wire::take_frontend_message(rest, 'E');
    if (!body) return shape::split;
    const auto execute = wire::decode_execute(*body);
    if (!execute || !execute->portal.empty()) return shape::other;
    max_rows = execute->max_rows;
    // What is executed to its end is not executed again; whether it is nobody knows before the next message.
    return rest.empty() || rest.front() == 'E' || rest.front() == 'D' ? shape::split : shape::whole;
}

bool execution_batch::has_no_parameters() const {
    if (parse && !parse->parameter_types.empty()) return false;
    const auto whole = wire::decode_bind(bind);
    return whole && whole->values.empty() && whole->parameter_formats.size() <= 1;
}

}  // namespace pgweir::session
