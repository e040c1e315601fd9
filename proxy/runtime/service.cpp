#include "runtime/service.hpp"

#include <chrono>
#include <csignal>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "admin/version.hpp"
#include "base/log.hpp"
#include "net/descriptors.hpp"
#include "relay/client_id.hpp"
#include "runtime/service_builder.hpp"

namespace pgweir::runtime {

namespace {

// So many clients over listen.max_clients may stay until they have said who they are and were told; beyond that they
// are closed, so that those who never log in cannot take every descriptor.
constexpr std::uint32_t told_they_are_too_many = 64;

constexpr auto shutdown_look = std::chrono::milliseconds(50);
constexpr base::duration cancel_patience = std::chrono::seconds(1);

}  // namespace

service::service(configuration configured)
    : configured_(std::move(configured)),
      signals_(context_, SIGTERM, SIGINT, SIGHUP),
      shutdown_timer_(context_),
      stats_timer_(context_),
      directory_(configured_.current().workers),
      settings_(build_service(configured_.current())),
      observer_(directory_, workers_, applications_, configured_.current().listen.max_clients),
      console_(observer_),
      cache_commands_(directory_, observer_) {
    cache_commands_.add_to(console_);
    net::raise_descriptor_limit();
    workers_.create(configured_.current().workers, directory_, cancels_, &console_, applications_, settings_);
    listen();
}

void service::listen() {
    for (const auto& address : configured_.current().listen.addresses) {
        acceptors_.push_back(std::make_unique<net::acceptor>(
            workers_.at(0).reactor(), workers_.at(0).deadlines(), address,
            [this](base::unique_fd socket, const net::socket_address& peer) { accept(std::move(socket), peer); },
            [this] { workers_.at(0).count_refused(metrics::rejection_reason::descriptors); }));
        base::log::event(base::log::level::info, "listening",
                         {{"address", address}, {"port", std::to_string(acceptors_.back()->local_port())}});
    }
    const std::string& socket = configured_.current().admin.socket;
    if (socket.empty()) return;
    console_socket_ = std::make_unique<admin::console_socket>(workers_.at(relay::first_worker), console_, socket);
    base::log::event(base::log::level::info, "console_listening", {{"socket", socket}});
}

service::~service() {
    http_.reset();
    workers_.join();
    console_socket_.reset();
    acceptors_.clear();
    workers_.destroy();
}

int service::run() {
    workers_.start();
    serve_by_current();
    const std::string& http = configured_.current().admin.http;
    if (!http.empty()) {
        exporter_ = std::make_shared<metrics::exporter>([this] { return observer_.metrics_snapshot(); });
        http_ = std::make_unique<admin::http_endpoint>(
            http, exporter_, [this] { return observer_.loops_turn(); }, [this] { return observer_.why_not_ready(); });
        base::log::event(base::log::level::info, "http_listening",
                         {{"address", http}, {"port", std::to_string(http_->bound_port())}});
    }
    base::log::event(base::log::level::info, "started",
                     {{"version", std::string(admin::version())}, {"workers", std::to_string(workers_.size())}});
    await_signal();
    count_periods();
    context_.run();
    http_.reset();
    workers_.join();
    base::log::event(base::log::level::info, "stopped");
    return 0;
}

void service::accept(base::unique_fd socket, const net::socket_address& peer) {
    pool::admission place;
    bool too_many = false;
    // Acceptors live on the first worker, and this runs there.
    const std::uint32_t most = workers_.at(0).settings().max_clients;
    {
        const std::lock_guard lock(directory_.mutex());
        auto admitted = directory_.limits.connect(most + told_they_are_too_many);
        if (admitted) place = std::move(*admitted);
        too_many = directory_.limits.connections() > most;
    }
    if (!place) return workers_.at(0).count_refused(metrics::rejection_reason::max_clients);
    relay::worker& chosen = workers_.at(workers_.least_loaded());
    if (&chosen == &workers_.at(0)) return chosen.accept(std::move(socket), peer, std::move(place), too_many);
    struct newcomer {
        base::unique_fd socket;
        net::socket_address peer;
        pool::admission place;
    };
    auto moved = std::make_shared<newcomer>(newcomer{std::move(socket), peer, std::move(place)});
    chosen.post([&chosen, moved, too_many] {
        chosen.accept(std::move(moved->socket), moved->peer, std::move(moved->place), too_many);
    });
}

void service::await_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error) return;
        if (signal == SIGHUP)
            reload();
        else if (shutting_down_)
            stop_now();
        else
            begin_shutdown();
        await_signal();
    });
}

void service::reload() {
    if (shutting_down_) return;
    const config::settings before = configured_.current();
    if (!configured_.reload()) return observer_.reload_failed();
    base::log::set_level(configured_.current().log.level);
    settings_ = rebuild_service(configured_.current(), before, *settings_);
    for (std::uint32_t index = 0; index < workers_.size(); ++index)
        run_on(index, [this](relay::worker& worker) { worker.set_settings(settings_); });
    serve_by_current();
    workers_.reconfigured();
    observer_.reloaded(configured_.current().listen.max_clients);
    base::log::event(base::log::level::info, "reloaded");
}

// Only when all workers have the settings: then no newcomer can make a pool by older ones.
void service::serve_by_current() {
    run_on(0, [this](relay::worker& worker) { worker.servers().serve_by(settings_); });
    workers_.keep_caches(directory_);
}

// Returns when it has run.
void service::run_on(std::uint32_t index, const std::function<void(relay::worker&)>& work) {
    std::promise<void> done;
    auto answer = done.get_future();
    workers_.post(index, [&worker = workers_.at(index), &work, &done] {
        work(worker);
        done.set_value();
    });
    answer.wait();
}

void service::count_periods() {
    stats_timer_.expires_after(observer::stats_period);
    stats_timer_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        observer_.end_stats_period();
        count_periods();
    });
}

void service::begin_shutdown() {
    shutting_down_ = true;
    observer_.draining();
    shutdown_ends_ = base::clock::now() + configured_.current().shutdown.grace;
    // As a sidecar the application beside us may still connect to say its last words.
    const bool sidecar = configured_.current().shutdown.mode == config::shutdown_mode::sidecar;
    if (!sidecar) {
        stop_accepting();
        for (std::uint32_t index = 0; index < workers_.size(); ++index)
            run_on(index, [](relay::worker& worker) { worker.shut_down(false); });
    }
    base::log::event(base::log::level::info, "shutting_down");
    watch_shutdown();
}

void service::watch_shutdown() {
    std::size_t clients = 0;
    for (std::uint32_t index = 0; index < workers_.size(); ++index) clients += workers_.at(index).load();
    if (clients == 0 || base::clock::now() >= shutdown_ends_) return stop_now();
    shutdown_timer_.expires_after(shutdown_look);
    shutdown_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) watch_shutdown();
    });
}

void service::stop_accepting() {
    // They live on the first worker.
    run_on(0, [this](relay::worker&) {
        for (auto& acceptor : acceptors_) acceptor->stop();
    });
}

std::size_t service::cancels_under_way() {
    std::size_t sum = 0;
    for (std::uint32_t index = 0; index < workers_.size(); ++index)
        run_on(index, [&sum](relay::worker& worker) { sum += worker.servers().cancelling(); });
    return sum;
}

void service::stop_now() {
    stop_accepting();
    if (console_socket_) run_on(relay::first_worker, [this](relay::worker&) { console_socket_->shut_down(); });
    // One last tick for each worker: clients are told, idle servers are told.
    for (std::uint32_t index = 0; index < workers_.size(); ++index) {
        run_on(index, [](relay::worker& worker) {
            worker.shut_down(true);
            worker.servers().close_idle();
        });
    }
    // PostgreSQL would not notice that nobody wants what still runs for clients that were cut off.
    const base::time_point patience_ends = base::clock::now() + cancel_patience;
    while (cancels_under_way() > 0 && base::clock::now() < patience_ends)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    context_.stop();
}

}  // namespace pgweir::runtime
