#include "relay/login_flow.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "auth/error.hpp"
#include "wire/backend.hpp"
#include "wire/frame.hpp"

namespace pgweir::relay {

using session::outcome;

namespace {

std::string clean_application_name(std::string_view name) {
    // As PostgreSQL does it before it reports the name back: printable ASCII, at most 63 bytes.
    constexpr std::size_t longest = 63;
    std::string cleaned(name.substr(0, longest));
    for (char& c : cleaned) {
        if (c < 32 || c > 126) c = '?';
    }
    return cleaned;
}

/// As PostgreSQL reads it: `database`, or a boolean, which may be cut short as long as it is not in doubt.
std::optional<login_flow::replication> replication_of(std::string_view value) {
    using enum login_flow::replication;
    const std::string folded = session::lower_case(value);
    const auto begins = [&folded](std::string_view word, std::size_t least) {
        return folded.size() >= least && word.starts_with(folded);
    };
    if (folded == "database") return logical;
    if (folded == "1" || begins("true", 1) || begins("yes", 1) || folded == "on") return physical;
    if (folded == "0" || begins("false", 1) || begins("no", 1) || begins("off", 2)) return none;
    return std::nullopt;
}

}  // namespace

login_flow::step login_flow::receive(base::bytes_view input, std::size_t& consumed, std::string& out) {
    consumed = 0;
    while (consumed < input.size()) {
        std::size_t taken = 0;
        const base::bytes_view rest = input.substr(consumed);
        const step next = login_ ? receive_proof(rest, taken, out) : receive_startup(rest, taken, out);
        consumed += taken;
        if (next != step::wait || taken == 0) return next;
    }
    return step::wait;
}

login_flow::step login_flow::receive_startup(base::bytes_view input, std::size_t& consumed, std::string& out) {
    auto read = wire::read_startup(input, consumed);
    if (!read) {
        const bool version = read.error() == wire::error_code::unsupported_protocol;
        return fail(version ? outcome::unsupported_protocol : outcome::protocol_violation, read.error().message());
    }
    if (!*read) return step::wait;
    packet_ = std::move(**read);
    return take_packet(consumed < input.size(), out);
}

login_flow::step login_flow::take_packet(bool more_follows, std::string& out) {
    switch (packet_.kind) {
        case wire::startup_kind::ssl_request:
        case wire::startup_kind::gssenc_request: {
            // What was sent along unencrypted could be taken for something that came inside (CVE-2021-23214).
            const bool ssl = packet_.kind == wire::startup_kind::ssl_request;
            if (more_follows)
                return fail(outcome::protocol_violation,
                            ssl ? "received unencrypted data after SSL request"
                                : "received unencrypted data after GSSAPI encryption request");
            if (std::exchange(asked_for_[ssl ? 0 : 1], true)) return fail(outcome::unsupported_protocol);
            out.push_back('N');
            return step::wait;
        }
        case wire::startup_kind::cancel_request: return step::cancel;
        case wire::startup_kind::startup: break;
    }
    if (packet_.minor_version > 0 || !packet_.unknown_protocol_options.empty())
        wire::append_negotiate_protocol_version(out, 0, packet_.unknown_protocol_options);
    if (const step read = read_parameters(); read != step::wait) return read;
    return begin_authentication(out);
}

login_flow::step login_flow::read_parameters() {
    // As with PostgreSQL they are stronger than the options, also if they stand in front of them.
    std::vector<session::parameters::entry> by_themselves;
    for (const auto& [name, value] : packet_.parameters) {
        const std::string folded = session::lower_case(name);
        if (folded == "user") {
            user_ = value;
        } else if (folded == "database") {
            database_ = value;
        } else if (folded == "replication") {
            const auto wanted = replication_of(value);
            if (!wanted)
                return fail({.reason = outcome::protocol_violation,
                             .message = "invalid value for parameter \"replication\": \"" + value + '"',
                             .sqlstate = "22023",
                             .hint = "Valid values are: \"false\", 0, \"true\", 1, \"database\"."});
            replication_ = *wanted;
        } else if (folded == "options") {
            const auto options = wire::parse_options(value);
            if (!options)
                return fail({.reason = outcome::protocol_violation,
                             .message = "invalid command-line argument in options",
                             .sqlstate = "42601"});
            for (const auto& [option, setting] : *options) asked_.emplace_back(session::lower_case(option), setting);
        } else {
            by_themselves.emplace_back(folded, value);
        }
    }
    std::ranges::move(by_themselves, std::back_inserter(asked_));
    std::erase_if(asked_, [this](const auto& entry) {
        if (entry.first != "application_name") return false;
        application_name_ = clean_application_name(entry.second);
        return true;
    });
    if (user_.empty())
        return fail({.reason = outcome::protocol_violation,
                     .message = "no PostgreSQL user name specified in startup packet",
                     .sqlstate = "28000"});
    if (database_.empty()) database_ = user_;
    return step::wait;
}

login_flow::step login_flow::begin_authentication(std::string& out) {
    if (settings_->method == auth::method::trust && !peer_.local && !settings_->trusted.contains(peer_.address))
        return fail(outcome::not_allowed);
    const auth::secret* known = settings_->secret_of(user_);
    login_.emplace(settings_->method, user_, known == nullptr ? std::nullopt : std::optional(*known), random_,
                   settings_->mock_key);
    switch (login_->start(out)) {
        case auth::client_login::step::send_and_wait: return step::wait;
        case auth::client_login::step::send_and_done: return step::proven;
        case auth::client_login::step::failed: break;
    }
    return fail(outcome::wrong_secret);
}

login_flow::step login_flow::receive_proof(base::bytes_view input, std::size_t& consumed, std::string& out) {
    wire::header header;
    const auto state = wire::read_frontend_header(input, header);
    if (state == wire::header_state::incomplete) return step::wait;
    if (state == wire::header_state::invalid)
        return fail(outcome::protocol_violation, wire::why_invalid_frontend(input).message());
    // libpq without a password just leaves.
    if (header.tag == 'X') return fail(outcome::client_terminated);
    if (header.tag != 'p')
        return fail(outcome::protocol_violation, "expected password response, got another message type");
    if (input.size() < header.size) return step::wait;
    consumed = header.size;
    switch (login_->receive(input.substr(wire::header_size, header.size - wire::header_size), out)) {
        case auth::client_login::step::send_and_wait: return step::wait;
        case auth::client_login::step::send_and_done: return step::proven;
        case auth::client_login::step::failed: break;
    }
    if (!auth::is_refusal(login_->failure())) return fail(outcome::protocol_violation, login_->failure().message());
    return fail(outcome::wrong_secret, "password authentication failed for user \"" + user_ + '"');
}

login_flow::step login_flow::fail(session::failure why) {
    failure_ = std::move(why);
    return step::failed;
}

login_flow::step login_flow::fail(outcome reason, std::string message) {
    return fail(session::failure{.reason = reason, .message = std::move(message)});
}

auth::credentials login_flow::credentials() const {
    auth::credentials proven;
    proven.user = user_;
    proven.password = login_->clear_password();
    proven.keys = login_->client_keys();
    if (const auth::secret* known = settings_->secret_of(user_)) {
        if (proven.password.empty()) proven.password = known->clear_password();
        proven.md5_hash = known->md5();
    }
    return proven;
}

}  // namespace pgweir::relay
