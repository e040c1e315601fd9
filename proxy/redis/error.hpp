#pragma once

#include <system_error>
#include <type_traits>

namespace pgweir::redis {

/// What is ours; what the kernel or the name service refuses comes with its own category. Each has a sentence for
/// whoever runs pgweir (message()).
enum class error_code {
    // A URL that is none.
    wrong_scheme = 1,
    tls_not_built,
    bad_escape,
    bad_host,
    bad_port,
    bad_database,
    bad_path,
    unknown_parameter,

    // Why a request has no reply. It may have been executed or not, apart from the first two.
    not_connected,      ///< the breaker is open
    too_many_requests,  ///< over request_limits
    timed_out,
    lost,

    // Why a connection cannot be used, or any longer.
    closed_by_server,
    bad_reply,  ///< not RESP, too large, or nobody asked for it
    connect_timed_out,
    too_many_clients,
    protected_mode,
    credentials_missing,
    credentials_refused,
    credentials_not_wanted,
    database_refused,
    identity_unknown,
    cluster_not_built,
    not_primary,
    not_ready,
    changed,  ///< another role or another history of its data than when it was greeted

    command_refused,  ///< an error reply where the asker wants to know no more
};

const std::error_category& error_category() noexcept;

inline std::error_code make_error_code(error_code code) noexcept {
    return {static_cast<int>(code), error_category()};
}

}  // namespace pgweir::redis

template <>
struct std::is_error_code_enum<pgweir::redis::error_code> : std::true_type {};
