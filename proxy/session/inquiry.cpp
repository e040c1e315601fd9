#include "session/inquiry.hpp"

#include "wire/backend.hpp"
#include "wire/frame.hpp"
#include "wire/frontend.hpp"

namespace pgweir::session {

namespace {

// What we ask for is short; a longer answer is not one to our question.
constexpr std::uint32_t longest_message = 64 * 1024;

}  // namespace

void inquiry::start(std::string_view sql, std::string& out) {
    server_->unnamed_client = 0;  // a simple query destroys the unnamed statement
    wire::append_query(out, sql);
}

inquiry::step inquiry::receive(base::bytes_view input, std::size_t& consumed) {
    consumed = 0;
    while (true) {
        const base::bytes_view rest = input.substr(consumed);
        wire::header header;
        const auto state = wire::read_backend_header(rest, header);
        if (state == wire::header_state::invalid) return step::broken;
        if (state == wire::header_state::incomplete) return step::wait;
        if (header.size > longest_message) return step::broken;
        if (rest.size() < header.size) return step::wait;
        consumed += header.size;
        const step next = take(header.tag, rest.substr(wire::header_size, header.size - wire::header_size));
        if (next != step::wait) return next;
    }
}

inquiry::step inquiry::take(char tag, base::bytes_view body) {
    switch (tag) {
        case 'T':
        case 'C':
        case 'N': return step::wait;
        case 'D': return take_row(body);
        case 'E': failed_ = true; return step::wait;
        case 'Z': {
            const auto status = wire::decode_ready_for_query(body);
            if (!status || *status != 'I') return step::broken;
            return failed_ ? step::refused : step::answered;
        }
        // Also a setting that changed, by a reload of PostgreSQL's configuration: no client would be told of it.
        default: return step::broken;
    }
}

inquiry::step inquiry::take_row(base::bytes_view body) {
    std::vector<std::optional<std::string_view>> values;
    if (rows_.size() == most_rows || wire::decode_data_row(body, values)) return step::broken;
    row& added = rows_.emplace_back();
    for (const auto& value : values) added.push_back(value ? std::optional<std::string>(*value) : std::nullopt);
    return step::wait;
}

}  // namespace pgweir::session
