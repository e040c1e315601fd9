// Many clients in one thread, each with one request on its way at any time, and the latency of every request.
//
// pgbench polls all its sockets at each turn, which at 1,000 clients costs more than the proxy under test; and it
// counts its connects into the same window. Here all clients log in first. Then each line of standard input, a number
// of seconds, is one window of load, answered by one line of JSON; the end of the input ends the program.

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "load/frames.hpp"
#include "readiness/epoll_set.hpp"
#include "readiness/sockets.hpp"

namespace pgweir::bench {
namespace {

using clock = std::chrono::steady_clock;

struct plan {
    std::uint16_t port = 0;
    std::size_t clients = 0;
    std::size_t batch = 0;  ///< 0: one simple query at a time; else so many statements per Sync
    int rows = 1'000'000;   ///< of pgbench_accounts
};

/// As an object mapper writes it, about 1,500 bytes: a proxy has to look through it, the other two only copy it.
std::string mapped_select() {
    std::string columns;
    for (int i = 0; i < 40; ++i) {
        if (i != 0) columns += ", ";
        columns += R"("shop_order"."attribute_)" + std::to_string(i) + '"';
    }
    return "SELECT " + columns +
           R"( FROM "shop_order" INNER JOIN "shop_customer" ON ("shop_order"."customer_id" = "shop_customer"."id") )"
           R"(WHERE ("shop_order"."state" IN ('paid', 'packed') AND "shop_order"."total" >= 100 AND )"
           R"("shop_customer"."joined_at" < '2024-01-01') ORDER BY "shop_order"."created_at" DESC LIMIT 20)";
}

/// What all clients have in common.
struct crew {
    explicit crew(const plan& from) : to_do(from) {
        const std::string parse = message('P', '\0' + mapped_select() + std::string(3, '\0'));
        const std::string bind = message('B', std::string(8, '\0'));
        const std::string execute = message('E', std::string("\0\0\0\0\0", 5));
        for (std::size_t i = 0; i < from.batch; ++i) pipeline += parse + bind + execute;
        pipeline += message('S', {});
    }

    std::string next_request() {
        if (to_do.batch != 0) return pipeline;
        const int aid = std::uniform_int_distribution(1, to_do.rows)(random);
        const std::string text = "SELECT abalance FROM pgbench_accounts WHERE aid = " + std::to_string(aid) + ";";
        return message('Q', {text.c_str(), text.size() + 1});
    }

    plan to_do;
    std::string pipeline;
    std::minstd_rand random{7};
    std::vector<char> scratch = std::vector<char>(scratch_size);
    std::vector<double> latencies;  ///< microseconds
    bool loading = false;
    std::size_t busy = 0;    ///< clients that wait for an answer
    std::size_t errors = 0;  ///< ErrorResponses of the window
    std::size_t lost = 0;    ///< clients that the other side has left
};

class client final : watcher {
public:
    /// Connects and begins to log in.
    client(epoll_set& set, crew& all) : all_(all), socket_(connect_to(all.to_do.port)) {
        if (!socket_) {
            ++all_.lost;
            return;
        }
        set.add(socket_.get(), *this);
        std::string packet;
        append_uint32(packet, 3U << 16);
        packet += std::string("user\0postgres\0database\0postgres\0\0", 33);
        send(message(0, packet));
    }

    void request() { send(all_.next_request()); }

private:
    /// A loopback socket with nothing else on its way takes any request of ours as a whole.
    void send(std::string_view bytes) {
        if (!socket_) return;
        set_busy(true);
        started_ = clock::now();
        const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent != static_cast<ssize_t>(bytes.size())) lose();
    }

    void lose() {
        ++all_.lost;
        set_busy(false);
        socket_.reset();
    }

    void set_busy(bool now) {
        if (now && !busy_) ++all_.busy;
        if (!now && busy_) --all_.busy;
        busy_ = now;
    }

    void on_ready(std::uint32_t events) override {
        while (socket_) {
            const ssize_t got = ::recv(socket_.get(), all_.scratch.data(), all_.scratch.size(), 0);
            if (got < 0 && errno == EAGAIN) return;
            if (got <= 0) return lose();
            const auto size = static_cast<std::size_t>(got);
            reader_.read({all_.scratch.data(), size}, [this](char tag) { on_message(tag); });
            // A short read has emptied the socket, and the next edge comes with the next bytes; but not for an end that
            // came together with these.
            if (size < all_.scratch.size() && (events & EPOLLRDHUP) == 0) return;
        }
    }

    void on_message(char tag) {
        if (tag == 'E') ++all_.errors;
        if (tag != 'Z') return;
        set_busy(false);
        if (!all_.loading) return;
        all_.latencies.push_back(std::chrono::duration<double, std::micro>(clock::now() - started_).count());
        request();
    }

    crew& all_;
    base::unique_fd socket_;
    tag_reader reader_;
    clock::time_point started_;
    bool busy_ = false;  ///< waits for a ReadyForQuery
};

class load {
public:
    explicit load(const plan& to_do) : all_(to_do) {
        for (std::size_t i = 0; i < to_do.clients; ++i) {
            clients_.push_back(std::make_unique<client>(set_, all_));
            // Not all at once: a listen queue that overflows costs a second.
            if (i % 50 == 49) settle();
        }
        settle();
    }

    void run(clock::duration length) {
        all_.latencies.clear();
        all_.errors = 0;
        all_.loading = true;
        const auto start = clock::now();
        for (const auto& each : clients_) each->request();
        while (all_.busy != 0 && clock::now() - start < length) set_.dispatch(10);
        all_.loading = false;
        report(clock::now() - start);
        settle();
    }

    std::size_t lost() const noexcept { return all_.lost; }

private:
    /// Until nobody waits for an answer, at most half a minute.
    void settle() {
        const auto start = clock::now();
        while (all_.busy != 0 && clock::now() - start < std::chrono::seconds(30)) set_.dispatch(100);
    }

    void report(clock::duration took) {
        std::vector<double>& latencies = all_.latencies;
        std::sort(latencies.begin(), latencies.end());
        const auto at = [&](double share) {
            if (latencies.empty()) return 0.0;
            return latencies[static_cast<std::size_t>(share * static_cast<double>(latencies.size() - 1))];
        };
        const std::size_t statements = latencies.size() * std::max<std::size_t>(all_.to_do.batch, 1);
        std::printf(
            "{\"queries\": %zu, \"seconds\": %.6f, \"errors\": %zu, \"lost\": %zu, \"p50_us\": %.1f, "
            "\"p99_us\": %.1f, \"max_us\": %.1f}\n",
            statements, std::chrono::duration<double>(took).count(), all_.errors, all_.lost, at(0.5), at(0.99),
            at(1.0));
        std::fflush(stdout);
    }

    epoll_set set_;
    crew all_;
    std::vector<std::unique_ptr<client>> clients_;
};

plan parse_plan(int argc, char** argv) {
    plan to_do;
    if (argc >= 3) {
        to_do.port = parse_port(argv[1]);
        to_do.clients = std::strtoul(argv[2], nullptr, 10);
    }
    if (argc == 4) to_do.batch = std::strtoul(argv[3], nullptr, 10);
    if (to_do.port == 0 || to_do.clients == 0 || argc > 4) {
        std::fprintf(stderr, "usage: %s PORT CLIENTS [STATEMENTS_PER_SYNC]\n", argv[0]);
        std::exit(2);
    }
    return to_do;
}

}  // namespace
}  // namespace pgweir::bench

int main(int argc, char** argv) {
    using namespace pgweir::bench;
    const plan to_do = parse_plan(argc, argv);
    raise_descriptor_limit();
    load all(to_do);
    std::printf("{\"ready\": %zu}\n", to_do.clients - all.lost());
    std::fflush(stdout);
    double seconds = 0;
    while (std::scanf("%lf", &seconds) == 1) {
        all.run(std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds)));
    }
}
