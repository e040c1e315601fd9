#include "cache/look_choice.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgweir::cache {
namespace {

constexpr std::string_view cold = "SELECT abalance FROM pgbench_accounts WHERE aid = ";
constexpr std::string_view warm = "SELECT name FROM customer WHERE id = ";

/// Reads that begin like `text`, of which every `useful`-th that is asked about is of use (0: none). Returns how many
/// were asked about.
unsigned read(look_choice& looks, std::string_view text, unsigned count, unsigned useful = 0) {
    unsigned asked = 0;
    for (unsigned i = 0; i < count; ++i) {
        const std::string one = std::string(text) + std::to_string(i);
        if (!looks.takes(one)) continue;
        ++asked;
        looks.note(one, useful != 0 && asked % useful == 0);
    }
    return asked;
}

TEST(look_choice_test, what_is_new_is_asked_about) {
    look_choice looks(1);
    EXPECT_EQ(read(looks, cold, look_choice::measure), look_choice::measure);
}

TEST(look_choice_test, of_what_is_never_of_use_few_are_asked_about) {
    look_choice looks(1);
    read(looks, cold, look_choice::measure);
    EXPECT_EQ(read(looks, cold, 160000), 160000 / look_choice::few);
    EXPECT_EQ(read(looks, warm, 1000, 10), 1000U) << "texts that begin otherwise are not concerned";
}

TEST(look_choice_test, a_little_use_is_enough) {
    for (const unsigned useful : {1U, 10U, look_choice::share}) {
        look_choice looks(1);
        EXPECT_EQ(read(looks, warm, 50000, useful), 50000U) << useful;
    }
    look_choice looks(1);
    EXPECT_LT(read(looks, warm, 50000, look_choice::share * 2), 10000U);
}

TEST(look_choice_test, what_comes_to_be_of_use_is_noticed_by_the_few) {
    look_choice looks(1);
    read(looks, cold, look_choice::measure);
    read(looks, cold, look_choice::measure_of_few * look_choice::few, 10);
    EXPECT_EQ(read(looks, cold, 1000, 10), 1000U);
}

}  // namespace
}  // namespace pgweir::cache
