#include "sql/reset_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace pgweir::sql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using enum reset_command;

std::vector<reset_command> found(std::string_view text) {
    const reset_commands in = reset_commands::find(text);
    return {in.all().begin(), in.all().end()};
}

TEST(reset_commands, what_pools_say) {
    EXPECT_THAT(found("SELECT pg_advisory_unlock_all();\nCLOSE ALL;\nUNLISTEN *;\nRESET ALL;"),
                ElementsAre(unlock_all, close_all, unlisten_all, reset_all));
    EXPECT_THAT(found("DISCARD ALL"), ElementsAre(discard_all));
    EXPECT_THAT(found(" discard /* all */ all ;; -- so"), ElementsAre(discard_all));
    EXPECT_THAT(found("ROLLBACK"), IsEmpty());
}

TEST(reset_commands, anything_else_is_none) {
    for (const char* text :
         {"", ";", "RESET work_mem", "RESET ALL 1", "CLOSE c", "CLOSE", "UNLISTEN news", "DISCARD PLANS", "SELECT 1",
          "SELECT pg_advisory_unlock_all() FROM t", "SELECT pg_advisory_unlock_all", "SELECT pg_advisory_unlock(1)",
          "RESET ALL; SELECT 1", "SELECT 1; RESET ALL", "RESET 'all'", "RESET \"all\"", "RESET ALL /* never closed"})
        EXPECT_THAT(found(text), IsEmpty()) << text;
}

TEST(reset_commands, more_than_pools_say_is_none) {
    std::string many;
    for (int i = 0; i < 8; ++i) many += "RESET ALL;";
    EXPECT_EQ(found(many).size(), 8U);
    EXPECT_THAT(found(many + "RESET ALL"), IsEmpty());
}

}  // namespace
}  // namespace pgweir::sql
