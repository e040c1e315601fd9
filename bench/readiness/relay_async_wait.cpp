// Asio coroutines that wait with async_wait and then use the socket directly: no buffer is bound while a client is
// idle, at the price of an epoll_ctl for each wait (Asio in Boost 1.81).

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

/// One read and what follows from it.
enum class step { drained, more, over };

struct moved {
    step next;
    std::string rest;  // what `to` did not take yet
};

moved move_once(socket& from, socket& to, std::span<char> scratch) {
    boost::system::error_code error;
    const std::size_t received = from.read_some(asio::buffer(scratch.data(), scratch.size()), error);
    if (error == asio::error::would_block) return {step::drained, {}};
    if (error) return {step::over, {}};
    const std::span<const char> bytes = scratch.first(received);
    const std::size_t sent = send_now(to, bytes, error);
    if (error) return {step::over, {}};
    const step next = received == scratch.size() ? step::more : step::drained;
    return {next, std::string(bytes.begin() + static_cast<std::ptrdiff_t>(sent), bytes.end())};
}

/// `from` and `to` are the two sockets of `owner`.
task copy(const std::shared_ptr<socket_pair> owner, socket& from, socket& to, const std::span<char> scratch) {
    for (;;) {
        const auto [failed] = co_await from.async_wait(socket::wait_read, as_result);
        if (failed) break;
        moved result{step::more, {}};
        while (result.next == step::more) {
            result = move_once(from, to, scratch);
            if (result.rest.empty()) continue;
            const bool sent = co_await send_rest(to, std::move(result.rest));
            if (!sent) result.next = step::over;
        }
        if (result.next == step::over) break;
    }
    owner->close();
}

}  // namespace
}  // namespace pgweir::bench

int main(int argc, char** argv) {
    using namespace pgweir::bench;
    const ports where = parse_arguments(argc, argv);
    asio::io_context context(concurrency);
    std::vector<char> scratch(scratch_size);
    const auto start = [&](const std::shared_ptr<socket_pair>& pair) {
        asio::co_spawn(context.get_executor(), copy(pair, pair->client, pair->server, scratch), asio::detached);
        asio::co_spawn(context.get_executor(), copy(pair, pair->server, pair->client, scratch), asio::detached);
    };
    asio::co_spawn(context.get_executor(), accept_clients(context.get_executor(), where, start), asio::detached);
    context.run();
}
