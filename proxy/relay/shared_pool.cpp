#include "relay/shared_pool.hpp"

namespace pgweir::relay {

namespace {

// Startup settings differ between applications, not between their connections; application_name, which does, is not
// part of the key. A client that makes them up costs itself a server at login, and nobody else memory.
constexpr std::size_t max_greetings = 256;

bool same_server(const greeting& known, const session::server_state& state) {
    for (const auto& [name, value] : state.reported) {
        if (!session::is_read_only_report(name) || name == "in_hot_standby" || name == "is_superuser") continue;
        for (const auto& [known_name, known_value] : known.reported) {
            if (known_name == name && known_value != value) return false;
        }
    }
    return true;
}

}  // namespace

shared_pool::shared_pool(std::string database, std::string user, const database_settings& how, auth::credentials secret,
                         std::uint32_t workers, pool::database_budget* budget)
    : servers(how.pool, database + "/" + user, budget),
      credentials(std::move(secret)),
      database_(std::move(database)),
      user_(std::move(user)),
      settings_(how),
      counters_(workers) {}

std::shared_ptr<const greeting> shared_pool::find_greeting(const session::parameters& startup) const {
    const auto found = greetings_.find(startup.key());
    return found == greetings_.end() ? nullptr : found->second.second;
}

void shared_pool::remember_greeting(const session::parameters& startup, greeting what) {
    if (greetings_.size() >= max_greetings) greetings_.clear();
    greetings_[startup.key()] = {startup, std::make_shared<const greeting>(std::move(what))};
}

void shared_pool::server_opened(const session::server_state& state) {
    const auto plain = find_greeting({});
    // After an upgrade or a change of defaults what was learned from older servers no longer holds.
    if (plain != nullptr && !(same_server(*plain, state) && plain->desired == state.baseline)) greetings_.clear();
    remember_greeting({}, {state.reported, state.baseline});
    last_failure.reset();
}

}  // namespace pgweir::relay
