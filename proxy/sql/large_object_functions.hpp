#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace pgweir::sql {

/// By the numbers that they have in every database: what client libraries call to read and write large objects (libpq's
/// lo_open() and so on). All that they leave in a session, the descriptors, is gone with the transaction.
constexpr bool is_large_object_function(std::uint32_t oid) noexcept {
    constexpr std::array<std::uint32_t, 13> known{
        952,  // lo_open
        953,  // lo_close
        954,  // loread
        955,  // lowrite
        956,  // lo_lseek
        957,  // lo_creat
        715,  // lo_create
        958,  // lo_tell
        1004,  // lo_truncate
        964,  // lo_unlink
        3170,  // lo_lseek64
        3171,  // lo_tell64
        3172,  // lo_truncate64
    };
    return std::ranges::find(known, oid) != known.end();
}

}  // namespace pgweir::sql
