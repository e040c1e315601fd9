#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "wire/frontend.hpp"

namespace pgweir::session {

/// A statement in the extended protocol with all that belongs to it: Parse of the unnamed statement, unless one was
/// prepared before, Bind of the unnamed portal, Describe of that or none, Execute. Points into what it was read from.
struct execution_batch {
    enum class shape : std::uint8_t {
        whole,
        named_portal,
        split,  ///< something else stands between them, or the next message is not here
        other,
    };

    std::optional<wire::parse_message> parse;
    base::bytes_view bind;  ///< the whole body
    base::bytes_view bound;  ///< what stands in it behind the names
    std::string_view statement;  ///< that is bound
    bool described = false;
    std::int32_t max_rows = 0;

    /// Parse and Bind; then Describe and Execute. Each takes what it has read off `rest`.
    shape read_bound(base::bytes_view& rest);
    shape read_execution(base::bytes_view& rest);

    /// Neither types of parameters nor values, and what is bound is well formed.
    bool has_no_parameters() const;
};

}  // namespace pgweir::session
