#include "relay/console_session.hpp"

#include <utility>

#include "session/outcome.hpp"
#include "wire/backend.hpp"
#include "wire/frame.hpp"
#include "wire/frontend.hpp"

namespace pgweir::relay {

void console_session::greet(std::string& out) {
    for (const auto& [name, value] :
         {std::pair{"server_version", "15.0 (pgweir)"}, std::pair{"client_encoding", "UTF8"},
          std::pair{"server_encoding", "UTF8"}, std::pair{"DateStyle", "ISO, MDY"},
          std::pair{"standard_conforming_strings", "on"}, std::pair{"integer_datetimes", "on"}})
        wire::append_parameter_status(out, name, value);
    wire::append_ready_for_query(out, 'I');
}

console_session::stop console_session::receive(base::bytes_view input, std::size_t& consumed, std::string& out,
                                               const std::function<void(std::string)>& reply) {
    consumed = 0;
    while (!running_) {
        const base::bytes_view rest = input.substr(consumed);
        wire::header header;
        const auto state = wire::read_frontend_header(rest, header);
        constexpr std::uint32_t longest = 64 * 1024;
        if (state == wire::header_state::invalid || (state == wire::header_state::complete && header.size > longest))
            return stop::failed;
        if (state == wire::header_state::incomplete || rest.size() < header.size) return stop::need_more;
        consumed += header.size;
        const stop next = take(header.tag, rest.substr(wire::header_size, header.size - wire::header_size), out, reply);
        if (next == stop::terminated || next == stop::failed) return next;
    }
    return stop::running;
}

console_session::stop console_session::take(char tag, base::bytes_view body, std::string& out,
                                            const std::function<void(std::string)>& reply) {
    if (tag == 'X') return stop::terminated;
    if (tag == 'S') {
        discarding_ = false;
        wire::append_ready_for_query(out, 'I');
        return stop::need_more;
    }
    if (discarding_) return stop::need_more;
    if (tag == 'Q') {
        const auto text = wire::decode_query(body);
        if (!text) return stop::failed;
        running_ = true;
        database_.run(worker_, user_, std::string(*text), reply);
        return stop::running;
    }
    session::append_failure(out, {.reason = session::outcome::console_only});
    if (tag == 'F')
        wire::append_ready_for_query(out, 'I');  // a function call is a cycle of its own, without Sync
    else
        discarding_ = true;
    return stop::need_more;
}

}  // namespace pgweir::relay
