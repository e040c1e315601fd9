#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/interner.hpp"
#include "session/parameters.hpp"

namespace pgweir::relay {

/// What a server told when it was logged in to: the same for all clients that ask for the same settings, but for
/// application_name.
struct greeting {
    std::vector<std::pair<std::string, std::string>> reported;
    session::parameters desired;
};

/// A greeting as clients of one application_name get it, ready to be sent.
struct named_greeting {
    session::parameters startup;  ///< what such a client asked for
    session::parameters desired;
    std::string statuses;  ///< the ParameterStatus messages

    /// `startup` without application_name. An empty name leaves what the server told.
    static named_greeting make(base::interner& texts, const greeting& what, const session::parameters& startup,
                               std::string_view application_name);
};

}  // namespace pgweir::relay
