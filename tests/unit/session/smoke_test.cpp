#include <gmock/gmock.h>

#include "session/lab.hpp"

namespace pgweir::test {
using testing::ElementsAre;
TEST(Lab, SimpleQuery) {
    lab l;
    l.add_client();
    l.client_says(0, query("SELECT 1"));
    l.run();
    EXPECT_THAT(said(l.at(0).received), ElementsAre("T SELECT 1", "D SELECT 1", "C SELECT 1", "Z I"));
    EXPECT_EQ(l.at(0).server, nullptr);
    l.expect_rest(l.at(0));
    EXPECT_THAT(l.broken, ElementsAre());
}
}  // namespace pgweir::test
