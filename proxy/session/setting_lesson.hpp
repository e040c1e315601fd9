#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "session/parameters.hpp"

namespace pgweir::session {

struct exchange;

/// SETs that are on a server, and what is seen of it: see setting_flow.
struct setting_lesson {
    enum class state : std::uint8_t { none, asked, answered };

    state is = state::none;
    std::string question;
    parameters before;
    std::vector<std::string> names;  ///< what it may change, in lower case
    std::string reply;
    std::uint64_t since = 0;  ///< setting_memo::epoch()
};

/// The server says something while one is asked.
void hear_lesson(exchange& x, char tag, base::bytes_view message);

/// Nothing is under way any more: what has become of the session is known.
void learn_lesson(exchange& x);

}  // namespace pgweir::session
