#include "metrics/labels.hpp"

#include <gtest/gtest.h>

#include <set>

#include "metrics/cache_labels.hpp"
#include "metrics/pin_reason.hpp"
#include "metrics/sqlstate_class.hpp"

namespace pgweir::metrics {
namespace {

// The tables must be as long as their enums and in their order.
TEST(labels, names_of_the_last_values) {
    EXPECT_EQ(name_of(checkout_result::rejected), "rejected");
    EXPECT_EQ(name_of(held_phase::setup), "setup");
    EXPECT_EQ(name_of(server_connect_result::timeout), "timeout");
    EXPECT_EQ(name_of(server_disconnect_reason::state_failed), "state_failed");
    EXPECT_EQ(name_of(prepared_result::evicted), "evicted");
    EXPECT_EQ(name_of(error_source::proxy), "proxy");
    EXPECT_EQ(name_of(client_connect_result::abandoned), "abandoned");
    EXPECT_EQ(name_of(rejection_reason::descriptors), "descriptors");
    EXPECT_EQ(name_of(connection_state::draining), "draining");
    EXPECT_EQ(name_of(client_state::login), "login");
    EXPECT_EQ(name_of(prepared_kind::server), "server");
    EXPECT_EQ(name_of(pin_reason::other), "other");

    EXPECT_EQ(static_cast<std::size_t>(checkout_result::rejected) + 1, enum_size<checkout_result>);
    EXPECT_EQ(static_cast<std::size_t>(held_phase::setup) + 1, enum_size<held_phase>);
    EXPECT_EQ(static_cast<std::size_t>(server_connect_result::timeout) + 1, enum_size<server_connect_result>);
    EXPECT_EQ(static_cast<std::size_t>(server_disconnect_reason::state_failed) + 1,
              enum_size<server_disconnect_reason>);
    EXPECT_EQ(static_cast<std::size_t>(prepared_result::evicted) + 1, enum_size<prepared_result>);
    EXPECT_EQ(static_cast<std::size_t>(error_source::proxy) + 1, enum_size<error_source>);
    EXPECT_EQ(static_cast<std::size_t>(client_connect_result::abandoned) + 1, enum_size<client_connect_result>);
    EXPECT_EQ(static_cast<std::size_t>(rejection_reason::descriptors) + 1, enum_size<rejection_reason>);
    EXPECT_EQ(static_cast<std::size_t>(connection_state::draining) + 1, enum_size<connection_state>);
    EXPECT_EQ(static_cast<std::size_t>(client_state::login) + 1, enum_size<client_state>);
    EXPECT_EQ(static_cast<std::size_t>(prepared_kind::server) + 1, enum_size<prepared_kind>);
    EXPECT_EQ(static_cast<std::size_t>(pin_reason::other) + 1, enum_size<pin_reason>);
}

TEST(labels, names_of_the_last_values_of_the_cache) {
    EXPECT_EQ(name_of(cache_result::error), "error");
    EXPECT_EQ(name_of(cache_invalidation::schema), "schema");
    EXPECT_EQ(name_of(cache_rejection::incomplete), "incomplete");
    EXPECT_EQ(name_of(cache_cost::invalidate), "invalidate");
    EXPECT_EQ(name_of(store_op::other), "other");
    EXPECT_EQ(name_of(store_result::error), "error");

    EXPECT_EQ(static_cast<std::size_t>(cache_result::error) + 1, enum_size<cache_result>);
    EXPECT_EQ(static_cast<std::size_t>(cache_invalidation::schema) + 1, enum_size<cache_invalidation>);
    EXPECT_EQ(static_cast<std::size_t>(cache_rejection::incomplete) + 1, enum_size<cache_rejection>);
    EXPECT_EQ(static_cast<std::size_t>(cache_cost::invalidate) + 1, enum_size<cache_cost>);
    EXPECT_EQ(static_cast<std::size_t>(store_op::other) + 1, enum_size<store_op>);
    EXPECT_EQ(static_cast<std::size_t>(store_result::error) + 1, enum_size<store_result>);
}

TEST(labels, names_lead_back) {
    EXPECT_EQ(from_name<pin_reason>("with_hold_cursor"), pin_reason::with_hold_cursor);
    EXPECT_EQ(from_name<pin_reason>("set"), pin_reason::set);
    EXPECT_EQ(from_name<pin_reason>("nothing of the kind"), std::nullopt);
}

TEST(sqlstate_class, of_codes) {
    EXPECT_EQ(name_of(sqlstate_class_of("53300")), "53");
    EXPECT_EQ(name_of(sqlstate_class_of("57P01")), "57");
    EXPECT_EQ(name_of(sqlstate_class_of("0A000")), "0A");
    EXPECT_EQ(name_of(sqlstate_class_of("XX000")), "XX");
    EXPECT_EQ(name_of(sqlstate_class_of("00000")), "00");
    for (const char* unknown : {"ZZ000", "", "5", "53", "533000",
                                "\xff\xff"
                                "000",
                                "  000", "0a000", "[[000"})
        EXPECT_EQ(name_of(sqlstate_class_of(unknown)), "other") << unknown;
}

TEST(sqlstate_class, the_table_has_no_class_twice) {
    const auto& classes = label_traits<sqlstate_class>::values;
    EXPECT_EQ(std::set(classes.begin(), classes.end()).size(), classes.size());
    for (std::size_t i = 0; i + 1 < classes.size(); ++i)
        EXPECT_EQ(name_of(sqlstate_class_of(std::string(classes[i]) + "000")), classes[i]);
}

TEST(sqlstate_class, watched) {
    EXPECT_TRUE(is_watched(sqlstate_class_of("53300")));
    EXPECT_FALSE(is_watched(sqlstate_class_of("2F000")));
}

}  // namespace
}  // namespace pgweir::metrics
