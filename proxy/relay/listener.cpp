#include "relay/listener.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "base/log.hpp"
#include "net/fault_points.hpp"

namespace pgweir::relay {

namespace {

// An answer takes no longer than this; and this long nothing is heard before the server is asked for a sign of life.
constexpr base::duration longest_answer = std::chrono::seconds(10);
constexpr base::duration longest_silence = std::chrono::seconds(30);
// Without clients it stays for those that come back.
constexpr base::duration kept_unused = std::chrono::seconds(10);
constexpr base::duration first_pause = std::chrono::milliseconds(100);
constexpr base::duration longest_pause = std::chrono::seconds(5);

}  // namespace

listener::listener(const parts& with, shared_pool& like, std::string encoding, std::uint64_t entropy,
                   deliver to_clients)
    : with_(with),
      like_(like),
      encoding_(std::move(encoding)),
      hub_(entropy, with.names),
      to_clients_(std::move(to_clients)),
      deadline_(*this, 0) {}

void listener::ask(std::uint64_t client, const session::hub_request& what) {
    hub_.ask(client, what, unsent_.storage());
    if (!connection_.is_open() && !connecting_) {
        if (pause_ > base::duration{}) {
            hub_.lost();  // it has just failed: nobody waits for the next attempt
        } else if (hub_.needed()) {
            connect();
        }
    }
    settle();
}

void listener::leave(std::uint64_t client) {
    hub_.leave(client, unsent_.storage());
    settle();
}

void listener::reconfigured() {
    if (!connection_.is_open()) return;
    if (!with_.servers.settings_of(like_)->upstream.leads_to_same(connected_by_->upstream))
        lost("its upstream was changed");
}

void listener::connect() {
    connecting_ = true;
    connected_by_ = with_.servers.settings_of(like_);
    std::vector<std::pair<std::string, std::string>> parameters{{"application_name", "pgweir listener"}};
    if (!encoding_.empty()) parameters.emplace_back("client_encoding", encoding_);
    with_.servers.open_dedicated(like_, std::move(parameters),
                                 [this](upstream::open_result result) { opened(std::move(result)); });
}

void listener::opened(upstream::open_result result) {
    connecting_ = false;
    if (auto* failed = std::get_if<upstream::opening_failure>(&result)) {
        pause_ = std::clamp<base::duration>(pause_ * 2, first_pause, longest_pause);
        next_attempt_ = with_.reactor.now() + pause_;
        base::log::event(base::log::level::warning, "listener_failed",
                         {{"pool", like_.servers.name()}, {"message", failed->words.message}});
        hub_.lost();
        settle();
        return;
    }
    pause_ = {};
    connection_ = std::move(std::get<upstream::opened>(result).connection);
    watched_ = with_.reactor.watch(connection_.fd(), *this, 0);
    if (!watched_) return lost("it cannot be watched");
    hub_.connected(unsent_.storage());
    base::log::event(base::log::level::info, "listener_connected", {{"pool", like_.servers.name()}});
    settle();
    read();
}

void listener::on_ready(int, net::readiness ready) {
    if (ready.writable) write();
    if (connection_.is_open()) read();
}

void listener::on_deadline(int, base::time_point) {
    if (!connection_.is_open()) {
        if (hub_.needed() && !connecting_) connect();
    } else if (!hub_.needed()) {
        disconnect();
    } else if (hub_.busy()) {
        return lost("it does not answer");
    } else {
        hub_.probe(unsent_.storage());
    }
    settle();
}

void listener::read() {
    const auto scratch = with_.reactor.scratch();
    while (connection_.is_open()) {
        const net::io_result result = connection_.read(scratch);
        if (result.status == net::io_status::want_read || result.status == net::io_status::want_write) break;
        if (result.status != net::io_status::done) return lost("it was closed");
        unread_.append({scratch.data(), result.bytes});
        std::size_t consumed = 0;
        const bool sound = hub_.receive(unread_.view(), consumed, unsent_.storage());
        unread_.consume(consumed);
        if (!sound) return lost("it sent what makes no sense");
    }
    settle();
}

void listener::write() {
    while (!unsent_.empty() && connection_.is_open()) {
        net::pass(net::fault_point::listener_due);
        const net::io_result result = connection_.write(unsent_.view());
        if (result.status == net::io_status::want_write || result.status == net::io_status::want_read) return;
        if (result.status != net::io_status::done) return lost("it was closed");
        net::pass(net::fault_point::listener_sent);
        unsent_.consume(result.bytes);
    }
}

void listener::lost(const char* why) {
    base::log::event(base::log::level::warning, "listener_lost",
                     {{"pool", like_.servers.name()}, {"message", std::string(why)}});
    disconnect();
    hub_.lost();
    pause_ = first_pause;
    next_attempt_ = with_.reactor.now() + pause_;
    settle();
}

void listener::disconnect() {
    watched_.reset_before_close();
    connection_.close();
    unread_.clear();
    unsent_.clear();
}

// After each event: what is to be told is told, and the time until the next look is set.
void listener::settle() {
    if (std::exchange(settling_, true)) return;
    write();
    for (const auto& each : hub_.take_deliveries()) to_clients_(each.to, each.what);
    settling_ = false;
    arm();
}

// What is awaited keeps its time, however much happens meanwhile.
void listener::arm() {
    const base::time_point now = with_.reactor.now();
    if (std::exchange(questions_, hub_.questions()) != hub_.questions()) asked_at_ = now;
    base::time_point next = now + longest_silence;
    if (!connection_.is_open()) {
        if (!hub_.needed()) pause_ = {};
        if (connecting_ || !hub_.needed()) return deadline_.clear();
        next = next_attempt_;
    } else if (!hub_.needed()) {
        next = now + kept_unused;
    } else if (hub_.busy()) {
        next = asked_at_ + longest_answer;
    }
    with_.deadlines.arm(deadline_, next);
}

}  // namespace pgweir::relay
