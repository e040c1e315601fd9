#include "admin/console_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <utility>

#include "base/log.hpp"
#include "net/listener.hpp"
#include "net/peer_user.hpp"
#include "net/transport.hpp"
#include "relay/client_id.hpp"

namespace pgweir::admin {

using session::outcome;

namespace {

constexpr mode_t owner_only = S_IRUSR | S_IWUSR;

/// For people and their scripts; who forgets to close must not take every descriptor.
constexpr std::size_t most_connections = 64;

std::vector<net::listener> open(const std::string& path) {
    std::vector<net::listener> only;
    only.push_back(net::open_unix_listener(path, owner_only));
    return only;
}

}  // namespace

console_socket::console_socket(relay::worker& first, relay::virtual_database& console, const std::string& path)
    : home_(first),
      console_(console),
      acceptor_(first.reactor(), first.deadlines(), open(path),
                [this](base::unique_fd socket, const net::socket_address&) { accept(std::move(socket)); }) {}

console_socket::~console_socket() = default;

// The mode of the file keeps others out only as long as nobody changes it.
void console_socket::accept(base::unique_fd socket) {
    const auto user = net::peer_user(socket.get());
    if (!user || (*user != 0 && *user != ::geteuid())) {
        const std::string who = user ? std::to_string(*user) : "unknown";
        base::log::event(base::log::level::warning, "console_refused", {{"uid", who}});
        return refuse(socket, {.reason = outcome::not_allowed,
                               .message = "user id " + who + " may not use the console's socket",
                               .hint = "It is for root and for the user that pgweir runs as."});
    }
    if (connections_.size() >= most_connections)
        return refuse(socket, {.reason = outcome::too_many_clients,
                               .message = "sorry, too many clients already: no more connections allowed to the "
                                          "console's socket",
                               .hint = "Close some of the " + std::to_string(most_connections) + " that are open."});
    const std::uint64_t id = next_++;
    auto fresh = std::make_unique<console_connection>(
        console_connection::parts{home_.reactor(), home_.deadlines(), console_, relay::first_worker}, std::move(socket),
        [this, id] {
            over_.push_back(id);
            home_.reactor().defer(*this);
        });
    console_connection& added = *fresh;
    connections_.emplace(id, std::move(fresh));
    added.begin(base::deadline_after(home_.reactor().now(), home_.settings().login_timeout));
}

// An answer so short fits into a new socket, and can be read from it though nobody reads what was asked.
void console_socket::refuse(const base::unique_fd& socket, const session::failure& why) {
    std::string words;
    session::append_failure(words, why, session::severity::fatal);
    static_cast<void>(::send(socket.get(), words.data(), words.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

void console_socket::shut_down() {
    acceptor_.stop();
    for (auto& [id, connection] : connections_) connection->shut_down();
}

void console_socket::run() {
    for (const std::uint64_t id : over_) connections_.erase(id);
    over_.clear();
}

}  // namespace pgweir::admin
