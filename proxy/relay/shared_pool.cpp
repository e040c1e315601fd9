#include "relay/shared_pool.hpp"

#include <memory>
#include <utility>

#include "relay/cache_domain.hpp"

namespace pgweir::relay {

namespace {

// Startup settings differ between applications, not between their connections; application_name, which does, is not
// part of the key. A client that makes them up costs itself a server at login, and nobody else memory.
constexpr std::size_t max_greetings = 256;
constexpr std::size_t most_users = 1000;  ///< that something is remembered of: their names come from clients
constexpr std::size_t max_names = 16;  ///< of each, ready to be sent

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

shared_pool::shared_pool(std::string database, std::string user, std::shared_ptr<const database_settings> how,
                         auth::credentials secret, std::uint32_t workers, pool::database_budget* budget)
    : servers(how->pool, how->upstream.forces_user() ? database : database + "/" + user, budget),
      credentials(std::move(secret)),
      database_(std::move(database)),
      user_(std::move(user)),
      scope_(database_ + "/" + user_),
      settings_(std::move(how)),
      shares_servers_(settings_->pool.mode == pool::mode::transaction),
      counters_(workers) {
    for (std::uint32_t i = 0; i < workers; ++i) known_settings_.emplace_back(servers_changed_);
}

std::vector<std::unique_ptr<pool::member>> shared_pool::reconfigure(std::shared_ptr<const database_settings> how,
                                                                    base::time_point now) {
    in_use_ = how != nullptr;
    if (!in_use_) {
        servers.leave_to_its_clients(now);
        return servers.retire_all(now);
    }
    const auto before = std::exchange(settings_, std::move(how));
    servers.set_settings(settings_->pool, now);
    if (settings_->upstream.leads_to_same(before->upstream)) return {};
    // Its clients' reads and writes are another database's from now on.
    if (cache_ != nullptr) cache_->retire();
    if (settings_->upstream.forces_user()) credentials = settings_->upstream_credentials();
    forget_servers();
    last_failure.reset();
    return servers.retire_all(now);
}

// What was learned of them no longer holds.
void shared_pool::forget_servers() {
    greetings_.clear();
    servers_changed_.add();
}

std::shared_ptr<const named_greeting> shared_pool::find_greeting(base::interner& texts,
                                                                 const session::parameters& startup,
                                                                 const std::string& application_name) {
    const auto found = greetings_.find(startup.key());
    if (found == greetings_.end()) return nullptr;
    auto& [asked, told, by_name] = found->second;
    const auto ready = by_name.find(application_name);
    if (ready != by_name.end()) return ready->second;
    if (by_name.size() >= max_names) by_name.clear();
    auto made = std::make_shared<const named_greeting>(named_greeting::make(texts, told, startup, application_name));
    by_name.emplace(application_name, made);
    return made;
}

void shared_pool::remember_greeting(const session::parameters& startup, greeting what) {
    if (greetings_.size() >= max_greetings) greetings_.clear();
    greetings_[startup.key()] = {startup, std::move(what), {}};
}

void shared_pool::server_opened(const session::server_state& state) {
    const auto plain = greetings_.find(session::parameters().key());
    // After an upgrade or a change of defaults what was learned from older servers no longer holds.
    const bool as_before = plain != greetings_.end() && same_server(plain->second.told, state) &&
                           plain->second.told.desired == state.baseline;
    if (!as_before) forget_servers();
    base::published<std::string>::copy known;
    parse_context.renew(known);
    if (!known.value || *known.value != state.parse_context)
        parse_context.publish(std::make_shared<const std::string>(state.parse_context));
    remember_greeting({}, {state.reported, state.baseline});
    last_failure.reset();
}

std::vector<std::unique_ptr<pool::member>> shared_pool::replace_servers(base::time_point now) {
    forget_servers();
    return servers.retire_all(now);
}

void shared_pool::remember_sequences(const std::string& user, const std::string& application) {
    if (sequences_asked_.size() < most_users) sequences_asked_.emplace(user, application);
}

bool shared_pool::asks_sequences(const std::string& user, const std::string& application) const {
    return !sequences_asked_.empty() && sequences_asked_.contains({user, application});
}

bool shared_pool::first_pin(const std::string& user, metrics::pin_reason why) {
    if (pins_seen_.size() == most_users && !pins_seen_.contains(user)) return false;
    return pins_seen_[user].add(why);
}

}  // namespace pgweir::relay
