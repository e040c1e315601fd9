#include "metrics/families.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <stdexcept>

#include "metrics/sample_snapshot.hpp"

namespace pgweir::metrics {
namespace {

const family& find(std::string_view name) {
    const auto found = std::ranges::find(families(), name, &family::name);
    if (found == families().end()) throw std::runtime_error("no family " + std::string(name));
    return *found;
}

// "label=value label=value" to value, without the pool's label.
std::map<std::string, double> values(std::string_view name, const snapshot& from) {
    std::map<std::string, double> found;
    for (const sample& one : find(name).collect(from)) {
        std::string key;
        for (const auto& [label, value] : one.labels)
            if (label != "pool") key += (key.empty() ? "" : " ") + std::string(label) + "=" + value;
        found[key] = one.value;
    }
    return found;
}

TEST(families, are_named_by_the_rules) {
    std::set<std::string_view> seen;
    for (const family& one : families()) {
        const std::string name(one.name);
        EXPECT_TRUE(seen.insert(one.name).second) << name;
        EXPECT_TRUE(name.starts_with("pgweir_") && !name.ends_with('_')) << name;
        EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos) << name;
        EXPECT_EQ(name.ends_with("_total"), one.type == metric_type::counter) << name;
        EXPECT_TRUE(one.help.ends_with('.') && one.help.find('\n') == std::string_view::npos) << name;
    }
}

TEST(families, no_series_twice) {
    const snapshot from = test::sample_snapshot();
    for (const family& one : families()) {
        std::set<std::vector<label>> seen;
        for (const sample& s : one.collect(from)) EXPECT_TRUE(seen.insert(s.labels).second) << one.name;
    }
}

TEST(families, of_a_pool) {
    const snapshot from = test::sample_snapshot();
    EXPECT_THAT(values("pgweir_pool_size", from), testing::ElementsAre(testing::Pair("", 20)));
    EXPECT_THAT(values("pgweir_pool_busy_seconds_total", from), testing::ElementsAre(testing::Pair("", 1.5)));
    EXPECT_THAT(values("pgweir_pool_info", from),
                testing::ElementsAre(testing::Pair("database=app user=alice upstream=db:5432 mode=transaction", 1)));
    EXPECT_EQ(values("pgweir_pool_connections", from).at("state=pinned"), 2);
    EXPECT_EQ(values("pgweir_clients", from).at("state=waiting"), 3);
    EXPECT_EQ(values("pgweir_pool_checkouts_total", from).at("result=timeout"), 4);
    EXPECT_EQ(values("pgweir_server_held_seconds_total", from).at("phase=executing"), 0.25);
    EXPECT_EQ(values("pgweir_client_bytes_total", from).at("direction=received"), 100);
    EXPECT_EQ(values("pgweir_client_bytes_total", from).at("direction=sent"), 200);
    EXPECT_EQ(values("pgweir_pinned_clients", from).at("reason=listen"), 1);
}

TEST(families, of_the_process) {
    const snapshot from = test::sample_snapshot();
    EXPECT_EQ(values("pgweir_client_rejections_total", from).at("reason=max_clients"), 6);
    EXPECT_EQ(values("pgweir_client_connects_total", from).at("result=abandoned"), 0);
    EXPECT_EQ(values("pgweir_worker_busy_seconds_total", from).at("worker=1"), 2);
    EXPECT_EQ(values("pgweir_build_info", from).at("version=1.2.3 revision=abc"), 1);
    EXPECT_EQ(values("pgweir_config_reloads_total", from).at("result=failure"), 2);
    EXPECT_EQ(values("pgweir_config_last_reload_success_timestamp_seconds", from).at(""), 1700000000.5);
}

TEST(families, known_label_values_are_there_from_the_start) {
    snapshot from;
    from.pools.emplace_back().name = "idle";
    EXPECT_EQ(values("pgweir_session_pins_total", from).size(), enum_size<pin_reason>);
    EXPECT_EQ(values("pgweir_server_disconnects_total", from).size(), enum_size<server_disconnect_reason>);
    EXPECT_EQ(values("pgweir_errors_total", from).at("source=proxy class=53"), 0);
    EXPECT_EQ(values("pgweir_client_wait_seconds_total", from), (std::map<std::string, double>{{"app=other", 0}}));
}

TEST(families, of_a_cache_and_its_store) {
    snapshot from = test::sample_snapshot();
    cache_snapshot& cache = from.caches.emplace_back();
    cache.name = "db:5432/app";
    cache.stored_bytes = 70;
    cache.rejections[cache_rejection::written] = 3;
    cache.invalidations[cache_invalidation::schema] = 2;
    store_snapshot& store = from.store.emplace();
    store.latency[store_op::invalidate][store_result::error].buckets.front() = 5;
    EXPECT_EQ(values("pgweir_cache_stored_bytes_total", from).at("cache=db:5432/app"), 70);
    EXPECT_EQ(values("pgweir_cache_entries_rejected_total", from).at("cache=db:5432/app reason=written"), 3);
    EXPECT_EQ(values("pgweir_cache_invalidations_total", from).at("cache=db:5432/app reason=schema"), 2);
    EXPECT_EQ(values("pgweir_cache_cost_seconds_total", from),
              (std::map<std::string, double>{{"op=get", 0}, {"op=set", 0.5}, {"op=invalidate", 0}}));
    EXPECT_EQ(values("pgweir_cache_served_bytes_total", from).at(""), 9);
    const std::vector<sample> found = find("pgweir_cache_store_duration_seconds").collect(from);
    ASSERT_EQ(found.size(), enum_size<store_op> * enum_size<store_result>);
    EXPECT_EQ(found[5].labels, (std::vector<label>{{"op", "invalidate"}, {"result", "error"}}));
    EXPECT_EQ(found[5].histogram.counts.front(), 5U);
    EXPECT_EQ(found[4].histogram.counts.front(), 0U);
}

TEST(families, errors_of_rare_classes_appear_with_the_first) {
    snapshot from = test::sample_snapshot();
    EXPECT_FALSE(values("pgweir_errors_total", from).contains("source=server class=2F"));
    from.pools[0].counters.errors[error_source::server][sqlstate_class_of("2F000")] = 1;
    EXPECT_EQ(values("pgweir_errors_total", from).at("source=server class=2F"), 1);
}

TEST(families, waits_by_application) {
    const std::map<std::string, double> found = values("pgweir_client_wait_seconds_total", test::sample_snapshot());
    EXPECT_EQ(found, (std::map<std::string, double>{{"app=web", 3}, {"app=jobs", 0}, {"app=other", 0.5}}));
}

TEST(families, histograms) {
    const snapshot from = test::sample_snapshot();
    const std::vector<sample> found = find("pgweir_pool_wait_duration_seconds").collect(from);
    ASSERT_EQ(found.size(), 1U);
    const histogram_sample& h = found[0].histogram;
    EXPECT_EQ(h.bounds.size(), 17U);
    ASSERT_EQ(h.counts.size(), 18U);
    EXPECT_EQ(h.counts[0], 5U);
    EXPECT_EQ(h.counts[17], 1U);
    EXPECT_EQ(h.nanoseconds, 31'000'000'000U);
    EXPECT_EQ(find("pgweir_proxy_overhead_seconds").collect(from)[0].histogram.bounds.size(), 11U);
}

}  // namespace
}  // namespace pgweir::metrics
