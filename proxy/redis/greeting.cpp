#include "redis/greeting.hpp"

#include <array>
#include <cassert>
#include <utility>

#include "redis/command.hpp"
#include "redis/error.hpp"

namespace pgweir::redis {
namespace {

/// What Redis says to any command, whatever its turn; else no error.
std::error_code general_reason(std::string_view kind, std::string_view text) noexcept {
    if (kind == "NOAUTH") return error_code::credentials_missing;
    if (kind == "DENIED") return error_code::protected_mode;
    if (kind == "LOADING" || kind == "MASTERDOWN" || kind == "BUSY" || kind == "MISCONF") return error_code::not_ready;
    // Said before the first command was read.
    if (text == "ERR max number of clients reached") return error_code::too_many_clients;
    return {};
}

/// As Redis since 6, and before, tells that a password was sent in vain.
bool wants_no_password(std::string_view text) noexcept {
    return text.find("without any password") != std::string_view::npos ||
           text.find("no password is set") != std::string_view::npos;
}

}  // namespace

std::string refusal::to_string() const {
    return kind.empty() ? code.message() : code.message() + " (" + kind + ")";
}

void greeting::write(const url& where, std::string& out) {
    const auto say = [&](step which, command words) {
        steps_.push_back(which);
        append_command(out, words);
    };
    const std::string database = std::to_string(where.database);
    if (!where.user.empty())
        say(step::authenticate, std::array<std::string_view, 3>{"AUTH", where.user, where.password});
    else if (!where.password.empty())
        say(step::authenticate, std::array<std::string_view, 2>{"AUTH", where.password});
    if (where.database != 0) say(step::select, std::array<std::string_view, 2>{"SELECT", database});
    say(step::set_name, std::array<std::string_view, 3>{"CLIENT", "SETNAME", "pgweir"});
    // One by one: before Redis 7 there is no INFO of several sections.
    say(step::info_server, std::array<std::string_view, 2>{"INFO", "server"});
    say(step::info_memory, std::array<std::string_view, 2>{"INFO", "memory"});
    say(step::info_replication, std::array<std::string_view, 2>{"INFO", "replication"});
    // While Redis loads its data INFO has an answer and PING has none.
    say(step::ping, std::array<std::string_view, 1>{"PING"});
}

greeting::verdict greeting::take(const reply& next) {
    assert(position_ < steps_.size());
    const step at = steps_[position_++];
    if (next.is_error()) return take_error(at, next.text());
    switch (at) {
        case step::authenticate:
        case step::select:
        case step::set_name: return next.type() == reply_type::status ? verdict::more : refuse(error_code::bad_reply);
        case step::info_server:
        case step::info_memory:
            if (next.type() != reply_type::string) return refuse(error_code::bad_reply);
            server_.read(next.text());
            return verdict::more;
        case step::info_replication:
            if (next.type() != reply_type::string) return refuse(error_code::bad_reply);
            server_.read(next.text());
            return judge_server();
        case step::ping:
            return next.type() == reply_type::status && next.text() == "PONG" ? verdict::accepted
                                                                              : refuse(error_code::bad_reply);
    }
    return refuse(error_code::bad_reply);
}

greeting::verdict greeting::take_error(step at, std::string_view text) {
    const std::string_view kind = error_kind(text);
    if (const auto reason = general_reason(kind, text)) return refuse(reason, kind);
    switch (at) {
        case step::authenticate:
            return refuse(
                wants_no_password(text) ? error_code::credentials_not_wanted : error_code::credentials_refused, kind);
        case step::select: return refuse(error_code::database_refused, kind);
        // The user's rights may not reach so far, and we can do without.
        case step::set_name:
        case step::info_memory: return verdict::more;
        case step::info_server:
        case step::info_replication: return refuse(error_code::identity_unknown, kind);
        case step::ping: return refuse(error_code::not_ready, kind);
    }
    return refuse(error_code::bad_reply, kind);
}

greeting::verdict greeting::judge_server() {
    if (server_.mode == "cluster" || server_.mode == "sentinel") return refuse(error_code::cluster_not_built);
    if (server_.run_id.empty() || server_.replication_id.empty() || server_.role.empty())
        return refuse(error_code::identity_unknown);
    return server_.is_primary() ? verdict::more : refuse(error_code::not_primary);
}

greeting::verdict greeting::refuse(std::error_code code, std::string_view kind) {
    why_ = {.code = code, .kind = std::string(kind)};
    return verdict::refused;
}

}  // namespace pgweir::redis
