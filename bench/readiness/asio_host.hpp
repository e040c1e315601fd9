#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "readiness/epoll_set.hpp"

namespace pgweir::bench {

/// Asio as pgweir's workers would use it: one thread runs the context, so no lock for each descriptor.
inline constexpr int concurrency = BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO;

/// Runs a private epoll set inside an Asio loop: for Asio the whole set is one descriptor, and one wait for it is paid
/// per turn of the loop, however many sockets became ready.
class asio_host {
public:
    /// `set` must outlive the host.
    asio_host(boost::asio::io_context& context, epoll_set& set) : set_(set), epoll_(context, set.fd()) { arm(); }
    asio_host(const asio_host&) = delete;
    asio_host& operator=(const asio_host&) = delete;
    ~asio_host() { epoll_.release(); }

private:
    /// Bounds how long other work of the context (timers, posted messages) waits for busy sockets.
    static constexpr int max_rounds = 8;

    void arm() {
        epoll_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                          [this](const boost::system::error_code& error) {
                              if (error) return;
                              for (int round = 0; round < max_rounds && set_.dispatch(0) != 0; ++round) {}
                              // Asks the kernel anew, so what became ready since the last round is reported at once.
                              arm();
                          });
    }

    epoll_set& set_;
    boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> epoll_;
};

}  // namespace pgweir::bench
