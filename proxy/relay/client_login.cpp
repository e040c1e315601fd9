#include <chrono>
#include <mutex>
#include <utility>
#include <variant>

#include "pool/error.hpp"
#include "relay/client.hpp"
#include "relay/worker_services.hpp"
#include "wire/backend.hpp"

// From the first byte of a connection to its first ReadyForQuery.

namespace pgweir::relay {

using metrics::client_connect_result;
using session::outcome;

namespace {

constexpr std::size_t secret_size = 4;  ///< of protocol 3.0

outcome outcome_of(std::error_code limit) {
    if (limit == pool::error_code::too_many_database_clients) return outcome::database_clients_limit;
    if (limit == pool::error_code::too_many_user_clients) return outcome::user_clients_limit;
    if (limit == pool::error_code::too_many_address_clients) return outcome::address_clients_limit;
    return outcome::too_many_clients;
}

metrics::rejection_reason rejection_of(outcome limit) {
    if (limit == outcome::database_clients_limit) return metrics::rejection_reason::database_clients;
    if (limit == outcome::user_clients_limit) return metrics::rejection_reason::user_clients;
    if (limit == outcome::address_clients_limit) return metrics::rejection_reason::address_clients;
    return metrics::rejection_reason::max_clients;
}

client_connect_result result_of(outcome why) {
    if (why == outcome::wrong_secret || why == outcome::not_allowed) return client_connect_result::auth_failed;
    return client_connect_result::protocol_error;
}

}  // namespace

void client::feed_login() {
    std::size_t consumed = 0;
    const auto step = login_->receive(unread_.view(), consumed, to_client_.own());
    unread_.consume(consumed);
    if (user_.empty()) {
        user_ = login_->user();
        database_ = login_->database();
    }
    if (too_many_ && !user_.empty() && !may_operate()) {
        services_.counters.rejections[metrics::rejection_reason::max_clients].add();
        return reject({.reason = outcome::too_many_clients}, client_connect_result::rejected);
    }
    switch (step) {
        case login_flow::step::wait: return flush_client();
        case login_flow::step::cancel: return forward_cancel();
        case login_flow::step::proven:
            if (services_.shutting_down) {
                services_.counters.rejections[metrics::rejection_reason::shutting_down].add();
                return reject({.reason = outcome::shutting_down}, client_connect_result::rejected);
            }
            return logged_in();
        case login_flow::step::failed: break;
    }
    const session::failure why = login_->failure();
    if (why.reason == outcome::client_terminated) return client_gone(true);
    reject(why, result_of(why.reason));
}

// The console has to be reached above all when there are too many clients.
bool client::may_operate() const {
    return services_.console != nullptr && services_.console->serves(database_) &&
           services_.settings->admits_to_console(user_);
}

void client::reject(const session::failure& why, client_connect_result result) {
    services_.counters.client_connects[result].add();
    close_with(why);
}

void client::forward_cancel() {
    services_.counters.client_connects[client_connect_result::cancel_request].add();
    phase_ = phase::leaving;
    const auto where = services_.cancels.find(login_->packet().process_id, login_->packet().secret_key);
    if (!where) return close_when_flushed();
    // The connection closes when the request has had its effect, as PostgreSQL's own would.
    services_.home.request_cancel(*where, [this, &services = services_, id = id()] {
        if (services.servers.knows(id)) close_when_flushed();
    });
}

bool client::give_way() {
    constexpr base::duration enough = std::chrono::seconds(1);
    if (now() - connected_at_ < enough) return false;
    services_.counters.rejections[metrics::rejection_reason::logins_in_progress].add();
    client_gone(false);
    return true;
}

void client::logged_in() {
    base::list_link<newcomer_tag>::unlink();
    application_name_ = login_->application_name();
    if (services_.console != nullptr && services_.console->serves(database_)) return enter_console();
    served_by_ = choose_database();
    if (!served_by_)
        return reject(
            {.reason = outcome::unknown_database,
             .message = "database \"" + database_ + "\" does not exist (no such database: " + database_ + ')'},
            client_connect_result::rejected);
    if (admit()) start_session();
}

std::shared_ptr<const database_settings> client::choose_database() {
    const auto wanted = login_->wanted_replication();
    if (wanted != login_flow::replication::none)
        replication_ = wanted == login_flow::replication::physical ? "physical" : "logical";
    auto found = find_database(services_.settings, database_);
    if (found || wanted != login_flow::replication::physical) return found;
    // libpq's tools ask for a database `replication` then, and PostgreSQL does not look at the name.
    const auto* only = services_.settings->only();
    if (only == nullptr) return nullptr;
    database_ = only->first;
    return find_database(services_.settings, database_);
}

bool client::admit() {
    const session::settings& limits = served_by_->session;
    const pool::client_limits::ceilings most{
        .database = limits.max_clients, .user = limits.max_clients_per_user, .address = limits.max_clients_per_address};
    std::error_code refused;
    const std::string address = most.address == 0 || peer_.is_unix() ? std::string() : peer_.host();
    {
        const std::lock_guard lock(services_.directory.mutex());
        auto admitted = services_.directory.limits.login(database_, user_, address, most);
        if (admitted)
            admission_ = std::move(*admitted);
        else
            refused = admitted.error();
    }
    if (!refused) return true;
    const outcome limit = outcome_of(refused);
    services_.counters.rejections[rejection_of(limit)].add();
    reject({.reason = limit}, client_connect_result::rejected);
    return false;
}

void client::enter_console() {
    if (!services_.settings->admits_to_console(user_))
        return reject({.reason = outcome::not_allowed,
                       .message = "user \"" + user_ + "\" may not use the console",
                       .sqlstate = "42501",
                       .hint = "Add the user to admin.console_users or admin.stats_users."},
                      client_connect_result::rejected);
    services_.counters.client_connects[client_connect_result::ok].add();
    console_session::greet(to_client_.own());
    console_ = std::make_unique<console_session>(*services_.console, services_.index,
                                                 console_user{user_, services_.settings->access_to_console(user_)});
    login_.reset();
    session_deadline_.clear();
    phase_ = phase::console;
    feed_console();
}

void client::start_session() {
    auto& texts = services_.directory.texts();
    if (!login_->settings().empty()) startup_ = session::parameters::make(texts, login_->settings());
    std::shared_ptr<const named_greeting> known;
    bool asks_sequences = false;
    {
        const std::lock_guard lock(services_.directory.mutex());
        pool_ =
            &services_.directory.find_or_make(database_, user_, served_by_, [this] { return login_->credentials(); });
        if (!login_->wants_replication()) {
            pool_->servers.client_arrived(now());
            asks_sequences = pool_->asks_sequences(user_, application_name_);
            // Settings of the role may be what was changed. Where every server is in use nobody waits to find out.
            const bool of_now = !pool_->reading.behind(services_.directory.schema().get());
            const bool can_ask = !pool_->last_failure && pool_->servers.has_one_at_once();
            if (pool_->shares_servers() && (of_now || !can_ask))
                known = pool_->find_greeting(texts, startup_, application_name_);
        }
    }
    borrower_.join(*pool_, static_cast<std::uint8_t>(services_.applications.index_of(application_name_)));
    if (login_->wants_replication()) return start_tunnel();

    conversation_ =
        std::make_unique<session::conversation>(served_by_->session, pool_->counters(services_.index), texts,
                                                services_.directory.schema(), pool_->shares_servers(), id());
    if (pool_->shares_servers()) {
        conversation_->use_hub(services_.directory.who_notifies());
        conversation_->use_routines(pool_->routines);
        conversation_->use_settings(pool_->known_settings(services_.index));
        if (asks_sequences) conversation_->expect_sequences();
    }
    if (pool_->cache() != nullptr) {
        services_.caching.keep_cache(*pool_);
        cache_ = std::make_unique<cache_link>(
            cache_link::parts{*pool_->cache(), *pool_, services_.judge, services_.directory.schema(), services_.audits,
                              services_.looks, texts, pool_->counters(services_.index), services_.store},
            id(), user_, [this] { services_.reactor.defer(*this); });
        conversation_->use_cache(*cache_);
    }
    if (known) {
        conversation_->set_state(known->startup, known->desired, pool_->scope());
        choose_key({});
        return greet(*known);
    }
    const bool named = !application_name_.empty();
    conversation_->set_state(named ? startup_.with(texts, "application_name", application_name_) : startup_, {},
                             pool_->scope());
    phase_ = phase::greeting;
    flush_client();
    ask_for_greeting();
}

void client::ask_for_greeting() {
    if (borrow() && borrower_.was_refused()) services_.reactor.defer(*this);
}

void client::greeted_by_server() {
    greeting learned{server_->state.reported, conversation_->desired()};
    auto& texts = services_.directory.texts();
    choose_key(pool_->shares_servers() ? std::nullopt : std::optional(server_->state.process_id));
    const named_greeting told = named_greeting::make(texts, learned, startup_, application_name_);
    // The name is this client's own.
    const std::string unnamed(server_->state.baseline.find("application_name").value_or(""));
    learned.desired = learned.desired.with(texts, "application_name", unnamed);
    for (auto& [name, value] : learned.reported) {
        if (name == "application_name") value = unnamed;
    }
    {
        const std::lock_guard lock(services_.directory.mutex());
        pool_->remember_greeting(startup_, std::move(learned));
    }
    if (pool_->shares_servers()) {
        conversation_->take_back(now());
        services_.servers.give_back(std::move(server_));
    }
    greet(told);
}

void client::choose_key(std::optional<std::int32_t> process_id) {
    do {
        secret_key_.resize(secret_size);
        services_.random.fill(secret_key_);
        // Positive: older drivers read it as unsigned or refuse the sign.
        process_id_ = process_id ? *process_id : static_cast<std::int32_t>(services_.random.number() & 0x7fffffff);
    } while (process_id_ == 0 || !services_.cancels.add(process_id_, secret_key_, {services_.index, id()}));
    conversation_->set_process_id(process_id_);
}

void client::greet(const named_greeting& what) {
    std::string& out = to_client_.own();
    out.append(what.statuses);
    wire::append_key_data(out, process_id_, secret_key_);
    wire::append_ready_for_query(out, 'I');
    services_.counters.client_connects[client_connect_result::ok].add();
    pool_->counters(services_.index).logins.add();
    login_.reset();
    session_deadline_.clear();
    phase_ = phase::relaying;
    flush_client();
    feed({});
}

void client::start_tunnel() {
    phase_ = phase::greeting;
    flush_client();
    std::vector<std::pair<std::string, std::string>> parameters;
    for (const auto& [name, value] : login_->packet().parameters) {
        if (name != "user" && name != "database") parameters.emplace_back(name, value);
    }
    services_.servers.open_dedicated(*pool_, std::move(parameters),
                                     [this, &services = services_, id = id()](upstream::open_result result) {
                                         if (services.servers.knows(id) && phase_ == phase::greeting)
                                             tunnel_opened(std::move(result));
                                     });
}

void client::tunnel_opened(upstream::open_result result) {
    auto* server = std::get_if<upstream::opened>(&result);
    if (server == nullptr)
        return reject(std::get<upstream::opening_failure>(result).words, client_connect_result::rejected);
    for (const auto& [name, value] : server->state.reported)
        wire::append_parameter_status(to_client_.own(), name, value);
    wire::append_key_data(to_client_.own(), server->state.process_id, server->state.secret_key);
    wire::append_ready_for_query(to_client_.own(), 'I');
    services_.counters.client_connects[client_connect_result::ok].add();
    session_deadline_.clear();
    login_.reset();
    phase_ = phase::tunnelling;
    tunnel_ = std::make_unique<tunnel>(services_.reactor, transport_, std::move(server->connection), *this);
    // The greeting is the first thing in an empty socket buffer.
    flush_client();
    tunnel_->begin(unread_.view());
    unread_.clear();
}

}  // namespace pgweir::relay
