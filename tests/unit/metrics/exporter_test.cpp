#include "metrics/exporter/exporter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <memory>
#include <stdexcept>
#include <thread>

#include "metrics/exporter/convert.hpp"
#include "metrics/exporter/process_metrics.hpp"
#include "metrics/sample_snapshot.hpp"

namespace pgweir::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(const exporter& from) {
    return prometheus::TextSerializer().Serialize(from.Collect());
}

const prometheus::MetricFamily& find(const std::vector<prometheus::MetricFamily>& in, const std::string& name) {
    const auto found = std::ranges::find(in, name, &prometheus::MetricFamily::name);
    if (found == in.end()) throw std::runtime_error("no family " + name);
    return *found;
}

TEST(exporter, histograms_are_cumulative_seconds) {
    const auto families = exporter(test::sample_snapshot).Collect();
    const auto& wait = find(families, "pgweir_pool_wait_duration_seconds").metric.at(0).histogram;
    ASSERT_EQ(wait.bucket.size(), 18U);
    EXPECT_EQ(wait.bucket[0].upper_bound, 0.0001);
    EXPECT_EQ(wait.bucket[0].cumulative_count, 5U);
    EXPECT_EQ(wait.bucket[4].upper_bound, 0.0025);
    EXPECT_EQ(wait.bucket[16].cumulative_count, 5U);
    EXPECT_EQ(wait.bucket[17].upper_bound, std::numeric_limits<double>::infinity());
    EXPECT_EQ(wait.bucket[17].cumulative_count, 6U);
    EXPECT_EQ(wait.sample_count, 6U);
    EXPECT_EQ(wait.sample_sum, 31.0);
}

TEST(exporter, text) {
    const std::string text = text_of(exporter(test::sample_snapshot));
    EXPECT_THAT(text, HasSubstr("pgweir_pool_wait_duration_seconds_bucket{pool=\"app\",le=\"0.0025\"} 5\n"));
    EXPECT_THAT(text, HasSubstr("pgweir_pool_wait_duration_seconds_bucket{pool=\"app\",le=\"+Inf\"} 6\n"));
    EXPECT_THAT(text, HasSubstr("pgweir_pool_checkouts_total{pool=\"app\",result=\"timeout\"} 4\n"));
    EXPECT_THAT(text, HasSubstr("pgweir_build_info{version=\"1.2.3\",revision=\"abc\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("\nprocess_cpu_seconds_total "));
    EXPECT_THAT(text, HasSubstr("\npgweir_scrape_errors_total 0\n"));
    EXPECT_THAT(text, HasSubstr("\npgweir_scrape_duration_seconds "));
    EXPECT_THAT(text, Not(HasSubstr("exposer_")));
}

TEST(exporter, counts_a_source_that_throws) {
    bool broken = true;
    const exporter tested([&broken] {
        if (broken) throw std::runtime_error("no");
        return test::sample_snapshot();
    });
    std::string text = text_of(tested);
    EXPECT_THAT(text, HasSubstr("pgweir_scrape_errors_total 1\n"));
    EXPECT_THAT(text, HasSubstr("process_open_fds "));
    EXPECT_THAT(text, Not(HasSubstr("pgweir_pool_size")));
    broken = false;
    text = text_of(tested);
    EXPECT_THAT(text, HasSubstr("pgweir_scrape_errors_total 1\n"));
    EXPECT_THAT(text, HasSubstr("pgweir_pool_size{pool=\"app\"} 20\n"));
}

TEST(exporter, exports_a_pool_once) {
    const exporter tested([] {
        snapshot twice = test::sample_snapshot();
        twice.pools.push_back(twice.pools[0]);
        return twice;
    });
    const auto families = tested.Collect();
    EXPECT_EQ(find(families, "pgweir_pool_size").metric.size(), 1U);
    EXPECT_EQ(find(families, "pgweir_scrape_errors_total").metric.at(0).counter.value, 1);
}

TEST(exporter, without_pools) {
    const auto families = exporter([] { return snapshot{}; }).Collect();
    EXPECT_THROW(find(families, "pgweir_pool_size"), std::runtime_error);
    EXPECT_NO_THROW(find(families, "pgweir_client_connects_total"));
}

TEST(exporter, labels_are_valid_utf8) {
    EXPECT_EQ(valid_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    EXPECT_EQ(valid_utf8("\xff"
                         "a\xc3"),
              "?a?");
    EXPECT_EQ(valid_utf8("\xc0\xaf"), "??");          // overlong
    EXPECT_EQ(valid_utf8("\xed\xa0\x80"), "???");     // surrogate
    EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"), "????");  // beyond the last character
    EXPECT_EQ(valid_utf8("\xe2\x82"), "??");
}

TEST(process_metrics, are_this_process) {
    const auto families = process_metrics();
    EXPECT_GT(find(families, "process_resident_memory_bytes").metric.at(0).gauge.value, 1e6);
    EXPECT_GE(find(families, "process_cpu_seconds_total").metric.at(0).counter.value, 0);
    EXPECT_GT(find(families, "process_max_fds").metric.at(0).gauge.value, 0);

    const double started = find(families, "process_start_time_seconds").metric.at(0).gauge.value;
    const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    EXPECT_GT(started, now - 3600);
    EXPECT_LE(started, now + 2);

    const double descriptors = find(families, "process_open_fds").metric.at(0).gauge.value;
    std::FILE* one_more = std::tmpfile();
    EXPECT_EQ(find(process_metrics(), "process_open_fds").metric.at(0).gauge.value, descriptors + 1);
    std::fclose(one_more);

    const double threads = find(families, "process_threads").metric.at(0).gauge.value;
    std::atomic<bool> done{false};
    std::jthread other([&done] { done.wait(false); });
    EXPECT_EQ(find(process_metrics(), "process_threads").metric.at(0).gauge.value, threads + 1);
    done = true;
    done.notify_all();
}

// promtool (package prometheus) knows the rules that a reader of these metrics relies on.
TEST(exporter, promtool_has_no_complaint) {
    const std::string path = testing::TempDir() + "pgweir_metrics_" + std::to_string(::getpid());
    std::ofstream(path) << text_of(exporter(test::sample_snapshot));
    const int outcome = std::system(("promtool check metrics <" + path).c_str());
    std::remove(path.c_str());
    EXPECT_TRUE(WIFEXITED(outcome));
    EXPECT_EQ(WEXITSTATUS(outcome), 0) << "127: promtool is not installed (apt install prometheus)";
}

}  // namespace
}  // namespace pgweir::metrics
