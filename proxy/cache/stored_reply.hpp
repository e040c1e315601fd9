#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "cache/entry.hpp"
#include "cache/stamp_table.hpp"

namespace pgweir::cache {

/// A reply as it stands in a store that several share. Views point into the bytes that it was read from.
struct stored_reply {
    struct dependency {
        relation_id relation = whole_database;
        stamp then = no_stamp;
    };

    std::string_view description;
    std::string_view rows;
    std::uint64_t row_count = 0;
    base::duration took{};
    base::duration lifetime{};  ///< how long it could be served when it was made
    std::vector<dependency> depends_on;
};

/// `key`: by which it is found in the store, in place of the entry's own. It says the same in every process.
std::string to_stored(const entry& what, std::string_view key);

/// Nothing when the bytes are not, whole and unchanged, a reply that was stored by this key: another one's whose key has
/// the same hash, half of one, of another version of pgweir, or what somebody else has written there. Whatever they
/// are, what is returned are whole messages of the protocol in the order in which a server sends them.
std::optional<stored_reply> from_stored(std::string_view bytes, std::string_view key);

}  // namespace pgweir::cache
