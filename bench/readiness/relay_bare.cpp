// Bare epoll, no Asio: the least a relay in user space can cost. Every later benchmark names it "byte relay floor".

#include "readiness/callback_relay.hpp"

int main(int argc, char** argv) {
    using namespace pgweir::bench;
    const ports where = parse_arguments(argc, argv);
    epoll_set set;
    const callback_relay relay(set, where);
    for (;;) set.dispatch(-1);
}
