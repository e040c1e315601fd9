#pragma once

#include <system_error>
#include <type_traits>

namespace pgweir::net {

/// What is ours; what the kernel refuses comes as an errno in std::system_category().
enum class error_code {
    /// Not numeric, not `host:port`, a port that is none, or a unix path longer than the kernel allows.
    bad_address = 1,
    /// The name service knows no such name, or no address for it.
    name_not_resolved,
    /// The name service did not answer or failed; the same question may be answered later.
    name_service_failed,
};

const std::error_category& error_category() noexcept;

inline std::error_code make_error_code(error_code code) noexcept {
    return {static_cast<int>(code), error_category()};
}

}  // namespace pgweir::net

template <>
struct std::is_error_code_enum<pgweir::net::error_code> : std::true_type {};
