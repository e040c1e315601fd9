#include "relay/listener.hpp"

#include <chrono>
#include <utility>

#include "base/log.hpp"
#include "net/fault_points.hpp"

namespace pgweir::relay {

namespace {

// An answer takes no longer than this; and this long nothing is heard before the server is asked for a sign of life.
constexpr base::duration longest_answer = std::chrono::seconds(10);
constexpr base::duration longest_silence = std::chrono::seconds(30);
// Without clients it stays for those that come back.
constexpr base::duration kept_unused = std::chrono::seconds(10);

constexpr dedicated_connection::description description{
    .failed = "listener_failed",
    .lost = "listener_lost",
    .due = net::fault_point::listener_due,
    .sent = net::fault_point::listener_sent,
};

}  // namespace

listener::listener(const parts& with, shared_pool& like, std::string encoding, std::uint64_t entropy,
                   deliver to_clients)
    : with_(with),
      like_(like),
      encoding_(std::move(encoding)),
      hub_(entropy, with.names),
      to_clients_(std::move(to_clients)),
      connection_(with.reactor, with.servers, like, description, *this),
      deadline_(*this, 0) {}

void listener::ask(std::uint64_t client, const session::hub_request& what) {
    hub_.ask(client, what, connection_.unsent());
    if (!connection_.is_open() && !connection_.is_connecting()) {
        if (connection_.has_failed()) {
            hub_.lost();  // it has just failed: nobody waits for the next attempt
        } else if (hub_.needed()) {
            connect();
        }
    }
    settle();
}

void listener::leave(std::uint64_t client) {
    hub_.leave(client, connection_.unsent());
    settle();
}

void listener::reconfigured() {
    if (!connection_.is_open()) return;
    if (!with_.servers.settings_of(like_)->upstream.leads_to_same(connected_by_->upstream))
        connection_.lose("its upstream was changed");
}

void listener::connect() {
    connected_by_ = with_.servers.settings_of(like_);
    dedicated_connection::parameters startup{{"application_name", "pgweir listener"}};
    if (!encoding_.empty()) startup.emplace_back("client_encoding", encoding_);
    connection_.connect(std::move(startup));
}

void listener::on_connected() {
    hub_.connected(connection_.unsent());
    base::log::event(base::log::level::info, "listener_connected", {{"pool", like_.servers.name()}});
}

bool listener::on_received(base::bytes_view input, std::size_t& consumed) {
    return hub_.receive(input, consumed, connection_.unsent());
}

void listener::on_deadline(int, base::time_point) {
    if (!connection_.is_open()) {
        if (hub_.needed() && !connection_.is_connecting()) connect();
    } else if (!hub_.needed()) {
        connection_.disconnect();
        hub_.lost();  // or who listens next would be asked for on what is no connection
    } else if (hub_.busy()) {
        return connection_.lose("it does not answer");
    } else {
        hub_.probe(connection_.unsent());
    }
    settle();
}

// After each event: what is to be told is told, and the time until the next look is set.
void listener::settle() {
    if (std::exchange(settling_, true)) return;
    connection_.write();
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
        if (!hub_.needed()) connection_.forget_failures();
        if (connection_.is_connecting() || !hub_.needed()) return deadline_.clear();
        next = connection_.next_attempt();
    } else if (!hub_.needed()) {
        next = now + kept_unused;
    } else if (hub_.busy()) {
        next = asked_at_ + longest_answer;
    }
    with_.deadlines.arm(deadline_, next);
}

}  // namespace pgweir::relay
