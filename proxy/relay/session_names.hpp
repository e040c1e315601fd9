#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "relay/shared_pool.hpp"
#include "relay/statement_judge.hpp"
#include "session/parameters.hpp"

namespace pgweir::relay {

/// What an untouched session of a server has, as upstream::opening read it.
struct session_defaults {
    std::string_view search_path;
    std::string_view role;
    std::string_view isolation;
    bool standby = false;

    /// Of session::server_state::parse_context, into which it points.
    static session_defaults read(std::string_view parse_context);
};

/// What statements mean by names without a schema in a session with these settings, and whose they are. `user`: as whom
/// the client has logged in.
judge_scope names_of_session(const shared_pool& pool, std::shared_ptr<const catalog::schema_map> map,
                             std::string_view parse_context, const session::parameters& settings, std::string user);

}  // namespace pgweir::relay
