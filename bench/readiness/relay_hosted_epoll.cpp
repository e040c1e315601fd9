// A private epoll set hosted by one Asio wait per turn of the loop; sessions are plain callbacks.

#include "readiness/asio_host.hpp"
#include "readiness/callback_relay.hpp"

int main(int argc, char** argv) {
    using namespace pgweir::bench;
    const ports where = parse_arguments(argc, argv);
    boost::asio::io_context context(concurrency);
    epoll_set set;
    const callback_relay relay(set, where);
    const asio_host host(context, set);
    context.run();
}
