#include "redis/error.hpp"

#include <string>

namespace pgweir::redis {
namespace {

const char* sentence_of(error_code code) noexcept {
    switch (code) {
        case error_code::wrong_scheme: return "must begin with redis:// or unix://";
        case error_code::tls_not_built: return "rediss:// needs TLS, which is not built: use redis:// or unix://";
        case error_code::bad_escape: return "a % must be followed by two hexadecimal digits (a % itself is %25)";
        case error_code::bad_host: return "needs the name of a host, an IPv4 address, or an IPv6 address in brackets";
        case error_code::bad_port: return "the port must be a number between 1 and 65535";
        case error_code::bad_database: return "the database must be a number from 0 on";
        case error_code::bad_path: return "needs the absolute path of a unix socket, not longer than 107 bytes";
        case error_code::unknown_parameter: return "the only parameter is db, of a unix:// URL, given once";
        case error_code::not_connected: return "there is no connection to Redis";
        case error_code::too_many_requests: return "too many requests wait for Redis";
        case error_code::timed_out: return "Redis did not answer in time";
        case error_code::lost: return "the connection to Redis was lost";
        case error_code::closed_by_server: return "Redis closed the connection";
        case error_code::bad_reply: return "what came is no reply of Redis to what was asked";
        case error_code::connect_timed_out: return "no connection to Redis came about in time";
        case error_code::too_many_clients: return "Redis has too many clients (maxclients)";
        case error_code::protected_mode: return "Redis is in protected mode: it needs a password to serve other hosts";
        case error_code::credentials_missing: return "Redis wants a password";
        case error_code::credentials_refused:
            return "Redis refused the user or the password (a password alone is written redis://:password@host)";
        case error_code::credentials_not_wanted:
            return "Redis has no password for its default user: give a user or none";
        case error_code::database_refused: return "Redis refused the number of the database";
        case error_code::identity_unknown:
            return "Redis did not tell by INFO its run_id, role and master_replid (is the user allowed INFO?)";
        case error_code::cluster_not_built: return "this is a node of Redis Cluster or a Sentinel, which is not built";
        case error_code::not_primary: return "this Redis is a replica: stamps are read from the primary only";
        case error_code::not_ready: return "Redis does not serve commands now";
        case error_code::changed: return "Redis has another role or other data than before";
        case error_code::command_refused: return "Redis refused the command";
    }
    return "unknown error";
}

class category final : public std::error_category {
public:
    const char* name() const noexcept override { return "redis"; }
    std::string message(int code) const override { return sentence_of(static_cast<error_code>(code)); }
};

}  // namespace

const std::error_category& error_category() noexcept {
    static const category instance;
    return instance;
}

}  // namespace pgweir::redis
