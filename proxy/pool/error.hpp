#pragma once

#include <system_error>
#include <type_traits>

namespace pgweir::pool {

/// Which limit refused a client. Each is SQLSTATE 53300 to the client, with a HINT that names the setting.
enum class error_code {
    too_many_clients = 1,        ///< listen.max_clients
    too_many_database_clients,   ///< limits.clients
    too_many_user_clients,       ///< limits.clients_per_user
    too_many_address_clients,    ///< limits.clients_per_address
};

const std::error_category& error_category() noexcept;

inline std::error_code make_error_code(error_code code) noexcept {
    return {static_cast<int>(code), error_category()};
}

}  // namespace pgweir::pool

template <>
struct std::is_error_code_enum<pgweir::pool::error_code> : std::true_type {};
