#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "admin/cache_commands.hpp"
#include "admin/console.hpp"
#include "admin/console_socket.hpp"
#include "admin/http_endpoint.hpp"
#include "metrics/exporter/exporter.hpp"
#include "net/acceptor.hpp"
#include "relay/cancel_registry.hpp"
#include "relay/pool_directory.hpp"
#include "runtime/configuration.hpp"
#include "runtime/observer.hpp"
#include "runtime/worker_group.hpp"

namespace pgweir::runtime {

/// The running program: signals and the end of it all on the main thread; everything else on the workers. The first
/// worker accepts, and hands newcomers to the one with the fewest clients, which with one worker is no way at all.
class service {
public:
    /// Throws std::exception with a message for the operator when it cannot start.
    explicit service(configuration configured);
    ~service();

    /// Serves until it is told to stop by SIGTERM or SIGINT. Returns the exit code.
    int run();

private:
    void listen();
    void accept(base::unique_fd socket, const net::socket_address& peer);
    void await_signal();
    void reload();
    void serve_by_current();
    void run_on(std::uint32_t index, const std::function<void(relay::worker&)>& work);
    void count_periods();
    void begin_shutdown();
    void watch_shutdown();
    void stop_accepting();
    void stop_now();
    std::size_t cancels_under_way();

    configuration configured_;
    boost::asio::io_context context_;
    boost::asio::signal_set signals_;
    boost::asio::steady_timer shutdown_timer_;
    boost::asio::steady_timer stats_timer_;
    relay::pool_directory directory_;
    relay::cancel_registry cancels_;
    metrics::application_names applications_;
    std::shared_ptr<const relay::service_settings> settings_;
    worker_group workers_;
    observer observer_;
    admin::console console_;
    admin::cache_commands cache_commands_;
    std::shared_ptr<metrics::exporter> exporter_;
    std::unique_ptr<admin::http_endpoint> http_;
    std::vector<std::unique_ptr<net::acceptor>> acceptors_;
    std::unique_ptr<admin::console_socket> console_socket_;  ///< null: none was asked for
    base::time_point shutdown_ends_ = base::never;
    bool shutting_down_ = false;
};

}  // namespace pgweir::runtime
