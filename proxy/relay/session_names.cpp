#include "relay/session_names.hpp"

#include <algorithm>
#include <utility>

#include "sql/search_path.hpp"

namespace pgweir::relay {

session_defaults session_defaults::read(std::string_view parse_context) {
    session_defaults found;
    const auto next = [&parse_context] {
        const auto end = std::min(parse_context.find('\0'), parse_context.size());
        const std::string_view part = parse_context.substr(0, end);
        parse_context.remove_prefix(std::min(end + 1, parse_context.size()));
        return part;
    };
    found.search_path = next();
    found.role = next();
    found.isolation = next();
    found.standby = next() != "f";
    return found;
}

judge_scope names_of_session(const shared_pool& pool, std::shared_ptr<const catalog::schema_map> map,
                             std::string_view parse_context, const session::parameters& settings, std::string user) {
    const session_defaults of_server = session_defaults::read(parse_context);
    std::string_view current_user = pool.user();
    if (const auto session_user = settings.find("session_authorization")) current_user = *session_user;
    const std::string_view role = settings.find("role").value_or(of_server.role);
    if (!role.empty() && role != "none") current_user = role;
    judge_scope found;
    found.map = std::move(map);
    found.schemas = sql::split_search_path(settings.find("search_path").value_or(of_server.search_path), current_user);
    found.user = std::move(user);
    found.database = pool.database();
    return found;
}

}  // namespace pgweir::relay
