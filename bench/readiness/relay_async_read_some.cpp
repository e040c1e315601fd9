// Asio coroutines that read with async_read_some: no epoll_ctl, but a recv that finds nothing after each short read
// (Asio in Boost 1.81), and a buffer bound to each direction of each session, however idle.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "readiness/asio_host.hpp"
#include "readiness/asio_session.hpp"

namespace pgweir::bench {
namespace {

/// `from` and `to` are the two sockets of `owner`.
task copy(const std::shared_ptr<socket_pair> owner, socket& from, socket& to) {
    std::vector<char> buffer(scratch_size);
    boost::system::error_code error;
    for (;;) {
        const auto [failed, received] = co_await from.async_read_some(asio::buffer(buffer), as_result);
        if (failed) break;
        const std::span<const char> bytes(buffer.data(), received);
        const std::size_t sent = send_now(to, bytes, error);
        if (error) break;
        if (sent == received) continue;
        std::string rest(bytes.begin() + static_cast<std::ptrdiff_t>(sent), bytes.end());
        const bool delivered = co_await send_rest(to, std::move(rest));
        if (!delivered) break;
    }
    owner->close();
}

}  // namespace
}  // namespace pgweir::bench

int main(int argc, char** argv) {
    using namespace pgweir::bench;
    const ports where = parse_arguments(argc, argv);
    asio::io_context context(concurrency);
    const auto start = [&](const std::shared_ptr<socket_pair>& pair) {
        asio::co_spawn(context.get_executor(), copy(pair, pair->client, pair->server), asio::detached);
        asio::co_spawn(context.get_executor(), copy(pair, pair->server, pair->client), asio::detached);
    };
    asio::co_spawn(context.get_executor(), accept_clients(context.get_executor(), where, start), asio::detached);
    context.run();
}
