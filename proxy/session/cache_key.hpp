#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace pgweir::session {

/// What a reply in the result cache depends on, beside the rows of tables. The parts of a key stand one behind the
/// other, the text last: two keys are equal exactly when all parts are.
struct cache_key {
    /// The first bytes, which are numbers that only this process knows.
    static constexpr std::size_t numbers_size = sizeof(std::uint64_t) + sizeof(std::uint32_t);

    std::uint64_t context = 0;  ///< settings of the session, by their number
    std::uint32_t rules = 0;  ///< those that may be about the client's reads, by their number
    bool extended = false;  ///< the protocol
    base::bytes_view parameter_types{};  ///< of a Parse; extended only
    base::bytes_view bind{};  ///< a Bind without its names; extended only
    std::int32_t max_rows = 0;  ///< of an Execute; 0: all there are; extended only
    std::string_view text{};  ///< without comments

    /// Appends all but the text.
    void append_head(std::string& out) const;
    /// The same with other settings. Requires a key.
    static std::string in_context(base::bytes_view key, std::uint64_t context);
    /// Nothing when it is no key. Points into it.
    static std::optional<cache_key> read(base::bytes_view key);
};

/// Whether a value in the body of a Bind may be a moment, such as 'now': another reply each time. Reads all of it, which
/// costs as much as a hit.
bool values_name_moment(base::bytes_view bind);

}  // namespace pgweir::session
