#include "metrics/exporter/exporter.hpp"

#include <chrono>
#include <exception>
#include <iterator>
#include <set>
#include <string>

#include "base/time.hpp"
#include "metrics/exporter/convert.hpp"
#include "metrics/exporter/process_metrics.hpp"
#include "metrics/families.hpp"

namespace pgweir::metrics {

namespace {

// Two pools of one name would be two series with the same labels, for which Prometheus refuses the whole scrape.
std::size_t drop_namesakes(std::vector<pool_snapshot>& pools) {
    std::set<std::string> seen;
    return std::erase_if(pools,
                         [&seen](const pool_snapshot& pool) { return !seen.insert(valid_utf8(pool.name)).second; });
}

}  // namespace

bool exporter::take_snapshot(snapshot& into) const {
    try {
        into = take_();
    } catch (const std::exception&) {
        errors_.fetch_add(1, std::memory_order_relaxed);
        return false;
    }
    errors_.fetch_add(drop_namesakes(into.pools), std::memory_order_relaxed);
    return true;
}

std::vector<prometheus::MetricFamily> exporter::Collect() const {
    const base::time_point started = base::clock::now();
    std::vector<prometheus::MetricFamily> made;
    snapshot current;
    if (take_snapshot(current))
        for (const family& one : families())
            if (prometheus::MetricFamily converted = convert(one, current); !converted.metric.empty())
                made.push_back(std::move(converted));

    std::vector<prometheus::MetricFamily> process = process_metrics();
    made.insert(made.end(), std::make_move_iterator(process.begin()), std::make_move_iterator(process.end()));
    made.push_back(single_value("pgweir_scrape_errors_total", metric_type::counter,
                                "Times that metrics could not be collected, in whole or in part.",
                                static_cast<double>(errors_.load(std::memory_order_relaxed))));
    made.push_back(single_value("pgweir_scrape_duration_seconds", metric_type::gauge,
                                "Time that collecting these metrics took.",
                                base::to_seconds(base::clock::now() - started)));
    return made;
}

}  // namespace pgweir::metrics
