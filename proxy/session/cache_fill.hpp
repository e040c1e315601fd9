#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "session/result_cache.hpp"

namespace pgweir::session {

/// A read that this conversation executes for the cache, from its miss to its last ReadyForQuery.
struct cache_fill {
    enum class state : std::uint8_t {
        none,
        waiting,    ///< somebody else executes it
        owned,      ///< the read that stands next in the input is to be executed
        executing,  ///< it was forwarded
        complete,   ///< the server has answered all of it, but not said that it is ready
    };
    state is = state::none;
    bool audits = false;   ///< its reply is compared with what is kept
    bool spoiled = false;  ///< the reply is not one to keep
    std::int32_t max_rows = 0;  ///< of its Execute; 0: no limit
    base::time_point asked{};  ///< when it was found missing
    base::time_point began{};
    captured_reply reply;
};

}  // namespace pgweir::session
