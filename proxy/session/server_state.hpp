#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/outcome.hpp"
#include "session/parameters.hpp"
#include "session/statements.hpp"

namespace pgweir::session {

/// What is known of one server connection's session. Belongs to the connection and moves with it from client to
/// client and from worker to worker; whoever holds the connection may touch it, nobody else.
struct server_state {
    char transaction_status = 'I';

    parameters baseline;               ///< of an untouched session: what RESET ALL returns to
    std::optional<parameters> actual;  ///< nothing: not known, reset before the next client
    /// Every ParameterStatus, in the server's order and spelling.
    std::vector<std::pair<std::string, std::string>> reported;
    /// Unreported settings of an untouched session that the meaning of statements depends on, and all that its role
    /// and its database were given, read once.
    std::string parse_context;
    /// upstream::role_settings_stamp at login.
    std::string role_settings;
    std::string login_user;  ///< as PostgreSQL calls it: what RESET SESSION AUTHORIZATION returns to

    server_statements statements;
    /// Whose unnamed statement is on the server: a client's id and its generation; 0: nobody's.
    std::uint64_t unnamed_client = 0;
    std::uint64_t unnamed_generation = 0;

    std::int32_t process_id = 0;
    std::string secret_key;

    /// The FATAL error that the server said before it closed the connection.
    std::optional<failure> last_words;
    bool dirty = false;  ///< something happened that nobody can account for: never lent again

    /// As last reported; empty: it is not.
    std::string_view report_of(std::string_view lower_case_name) const {
        for (const auto& [name, value] : reported) {
            if (lower_case(name) == lower_case_name) return value;
        }
        return {};
    }

    /// Of "15.4 (Debian ...)" or "17beta1"; 0 when it is no number.
    int major_version() const {
        const std::string_view reported_version = report_of("server_version");
        int number = 0;
        std::from_chars(reported_version.data(), reported_version.data() + reported_version.size(), number);
        return number;
    }

    /// False also if it does not tell (PostgreSQL 13).
    bool is_primary() const {
        for (const auto& [name, value] : reported) {
            if (name == "in_hot_standby") return value == "off";
        }
        return false;
    }

    bool reports(std::string_view lower_case_name) const {
        for (const auto& [name, value] : reported) {
            if (lower_case(name) == lower_case_name) return true;
        }
        return false;
    }

    /// Whether the reported value is that of an untouched session.
    bool has_default(std::string_view lower_case_name) const {
        const auto usual = baseline.find(lower_case_name);
        for (const auto& [name, value] : reported) {
            if (lower_case(name) == lower_case_name) return usual && *usual == value;
        }
        return false;
    }
};

}  // namespace pgweir::session
