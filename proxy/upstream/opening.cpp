#include "upstream/opening.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "upstream/role_settings.hpp"
#include "wire/backend.hpp"
#include "wire/frame.hpp"
#include "wire/frontend.hpp"
#include "wire/startup.hpp"

namespace pgweir::upstream {

namespace {

// What the meaning of a statement depends on and no server before 18 reports; and what decides later whether BEGIN
// may be deferred.
std::string make_baseline_query() {
    const std::string given = role_settings_of(
        "SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) SESSION_USER");
    std::string sql =
        "SELECT pg_catalog.current_setting('search_path'), pg_catalog.current_setting('role'), "
        "pg_catalog.current_setting('default_transaction_isolation'), pg_catalog.pg_is_in_recovery(), "
        // What sessions of this user have been given since others began.
        "(SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', s.setdatabase, "
        "s.setrole OPERATOR(pg_catalog.=) '0'::pg_catalog.oid, s.setconfig), ' ' ORDER BY s.setdatabase USING "
        "OPERATOR(pg_catalog.<), s.setrole USING OPERATOR(pg_catalog.<))";
    sql.append(given).append("), (SELECT ").append(role_settings_stamp).append(given).append(")");
    return sql;
}

const std::string& baseline_query() {
    static const std::string sql = make_baseline_query();
    return sql;
}

pool::connect_failure kind_of(std::string_view sqlstate) {
    if (sqlstate == "53300") return pool::connect_failure::refused_by_limit;
    if (sqlstate == "57P03") return pool::connect_failure::starting_up;
    // A server that is being stopped says 57P01; it may come back like one that starts.
    if (sqlstate == "57P01" || sqlstate == "57P02") return pool::connect_failure::starting_up;
    return pool::connect_failure::login_rejected;
}

}  // namespace

opening::opening(opening_request request, base::bytes_view nonce, auth::scram_cache* cache, base::interner& texts)
    : request_(std::move(request)), login_(request_.credentials, nonce, cache), texts_(&texts) {}

void opening::start(std::string& out) {
    std::vector<std::pair<std::string, std::string>> parameters{{"user", request_.credentials.user},
                                                                {"database", request_.database}};
    for (const auto& more : request_.parameters) parameters.push_back(more);
    wire::append_startup(out, parameters);
}

opening::step opening::receive(base::bytes_view input, std::size_t& consumed, std::string& out) {
    consumed = 0;
    while (true) {
        const base::bytes_view rest = input.substr(consumed);
        wire::header header;
        const auto state = wire::read_backend_header(rest, header);
        if (state == wire::header_state::invalid)
            return fail(pool::connect_failure::unreachable, "the server does not speak PostgreSQL's protocol");
        if (state == wire::header_state::incomplete) return step::wait;
        // Nothing that belongs to a login is long; a peer that says otherwise is not a PostgreSQL server.
        constexpr std::uint32_t longest = 64 * 1024;
        if (header.size > longest)
            return fail(pool::connect_failure::unreachable, "the server sent an oversized message during login");
        if (rest.size() < header.size) return step::wait;
        consumed += header.size;
        const step next = take(header.tag, rest.substr(wire::header_size, header.size - wire::header_size), out);
        if (next != step::wait) return next;
    }
}

opening::step opening::take(char tag, base::bytes_view body, std::string& out) {
    switch (tag) {
        case 'R': return take_authentication(body, out);
        case 'E': return take_error(body);
        case 'S': {
            const auto status = wire::decode_parameter_status(body);
            if (!status) return fail(pool::connect_failure::unreachable, status.error().message());
            state_.reported.emplace_back(status->name, status->value);
            return step::wait;
        }
        case 'K': {
            const auto key = wire::decode_key_data(body);
            if (!key) return fail(pool::connect_failure::unreachable, key.error().message());
            state_.process_id = key->process_id;
            state_.secret_key = key->secret;
            return step::wait;
        }
        case 'D': {
            std::vector<std::optional<std::string_view>> values;
            if (const auto error = wire::decode_data_row(body, values))
                return fail(pool::connect_failure::unreachable, error.message());
            take_baseline(values);
            return step::wait;
        }
        case 'Z': return take_ready(out);
        case 'N':
        case 'T':
        case 'C':
        case 'v': return step::wait;
        default: return fail(pool::connect_failure::unreachable, "unexpected message from the server during login");
    }
}

void opening::take_baseline(const std::vector<std::optional<std::string_view>>& values) {
    constexpr std::size_t of_context = 5;  // the stamp behind them says no more than the text in front of it
    for (std::size_t i = 0; i < std::min(of_context, values.size()); ++i)
        state_.parse_context.append(values[i].value_or("")).push_back('\0');
    if (values.size() > of_context) state_.role_settings = values[of_context].value_or("");
}

opening::step opening::take_authentication(base::bytes_view body, std::string& out) {
    if (phase_ != phase::authenticating)
        return fail(pool::connect_failure::unreachable, "the server authenticates twice");
    switch (login_.receive(body, out)) {
        case auth::server_login::step::send:
        case auth::server_login::step::wait: return step::wait;
        case auth::server_login::step::done: phase_ = phase::starting; return step::wait;
        case auth::server_login::step::failed: break;
    }
    return fail(pool::connect_failure::login_rejected, "login at the server failed: " + login_.failure().message());
}

opening::step opening::take_ready(std::string& out) {
    if (phase_ == phase::authenticating)
        return fail(pool::connect_failure::unreachable, "the server skipped the authentication");
    if (phase_ == phase::starting && request_.read_baseline) {
        phase_ = phase::baseline;
        wire::append_query(out, baseline_query());
        return step::wait;
    }
    return step::done;
}

opening::step opening::take_error(base::bytes_view body) {
    const auto fields = wire::decode_error(body);
    if (!fields) return fail(pool::connect_failure::unreachable, fields.error().message());
    failure_.kind = kind_of(fields->sqlstate());
    failure_.words = {.reason = session::outcome::server_rejected,
                      .message = std::string(fields->message()),
                      .sqlstate = std::string(fields->sqlstate()),
                      .detail = std::string(fields->detail()),
                      .hint = std::string(fields->hint())};
    return step::failed;
}

opening::step opening::fail(pool::connect_failure kind, std::string message) {
    failure_.kind = kind;
    failure_.words = {.reason = kind == pool::connect_failure::login_rejected ? session::outcome::server_rejected
                                                                              : session::outcome::server_unreachable,
                      .message = std::move(message)};
    return step::failed;
}

session::server_state opening::take_state() {
    std::vector<session::parameters::entry> settable;
    for (const auto& [name, value] : state_.reported) {
        if (!session::is_read_only_report(name)) settable.emplace_back(name, value);
    }
    state_.baseline = session::parameters::make(*texts_, std::move(settable));
    state_.actual = state_.baseline;
    state_.login_user = state_.report_of("session_authorization");
    return std::move(state_);
}

}  // namespace pgweir::upstream
