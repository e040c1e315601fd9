#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "admin/console_connection.hpp"
#include "base/unique_fd.hpp"
#include "net/acceptor.hpp"
#include "net/reactor.hpp"
#include "relay/virtual_database.hpp"
#include "relay/worker.hpp"
#include "session/outcome.hpp"

namespace pgweir::admin {

/// The unix socket of admin.socket: the console, for root and the user that this process runs as, whatever happens at
/// the doors for clients. Its connections are no clients: they count to no limit, are in no list of clients, and no
/// shutdown waits for them. All of it on the first worker's thread, except construction and destruction, which need
/// that worker not to run.
class console_socket final : net::deferred {
public:
    /// Throws std::system_error when the file cannot be bound.
    console_socket(relay::worker& first, relay::virtual_database& console, const std::string& path);
    console_socket(const console_socket&) = delete;
    console_socket& operator=(const console_socket&) = delete;
    ~console_socket();

    /// Removes the file, and tells those who are connected that the process ends.
    void shut_down();

private:
    void accept(base::unique_fd socket);
    static void refuse(const base::unique_fd& socket, const session::failure& why);
    void run() override;

    relay::worker& home_;
    relay::virtual_database& console_;
    std::unordered_map<std::uint64_t, std::unique_ptr<console_connection>> connections_;
    std::vector<std::uint64_t> over_;  ///< connections that end with the tick
    std::uint64_t next_ = 0;
    net::acceptor acceptor_;
};

}  // namespace pgweir::admin
