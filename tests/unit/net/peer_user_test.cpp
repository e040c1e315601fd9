#include "net/peer_user.hpp"

#include "net/support.hpp"

namespace pgweir::net {
namespace {

TEST(peer_user_test, is_known_of_a_unix_socket_and_of_no_other) {
    const auto [one, other] = socket_pair();
    EXPECT_EQ(peer_user(one.get()), ::geteuid());
    const auto [near, far] = tcp_pair();
    EXPECT_EQ(peer_user(near.get()), std::nullopt);
    EXPECT_EQ(peer_user(-1), std::nullopt);
}

}  // namespace
}  // namespace pgweir::net
