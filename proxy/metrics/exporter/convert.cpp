#include "metrics/exporter/convert.hpp"

#include <cstddef>
#include <limits>
#include <utility>

#include "base/utf8.hpp"

namespace pgweir::metrics {

namespace {

constexpr double nanoseconds_per_second = 1e9;

prometheus::MetricType type_of(metric_type type) {
    switch (type) {
        case metric_type::counter: return prometheus::MetricType::Counter;
        case metric_type::gauge: return prometheus::MetricType::Gauge;
        case metric_type::histogram: return prometheus::MetricType::Histogram;
    }
    return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric::Histogram cumulated(const histogram_sample& from) {
    prometheus::ClientMetric::Histogram made;
    made.bucket.reserve(from.counts.size());
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < from.counts.size(); ++i) {
        count += from.counts[i];
        // Divided, not multiplied by 1e-9, so that the bound 0.0025 does not read 0.0025000000000000001.
        const double bound = i < from.bounds.size()
                                 ? static_cast<double>(from.bounds[i].count()) / nanoseconds_per_second
                                 : std::numeric_limits<double>::infinity();
        made.bucket.push_back({count, bound});
    }
    made.sample_count = count;
    made.sample_sum = static_cast<double>(from.nanoseconds) / nanoseconds_per_second;
    return made;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
    std::string valid;
    valid.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = base::utf8_character_length(text);
        if (length == 0)
            valid.push_back('?');
        else
            valid.append(text.substr(0, length));
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return valid;
}

prometheus::MetricFamily convert(const family& definition, const snapshot& from) {
    prometheus::MetricFamily made;
    made.name = definition.name;
    made.help = definition.help;
    made.type = type_of(definition.type);
    for (const sample& one : definition.collect(from)) {
        prometheus::ClientMetric& metric = made.metric.emplace_back();
        for (const auto& [name, value] : one.labels) metric.label.push_back({std::string(name), valid_utf8(value)});
        switch (definition.type) {
            case metric_type::counter: metric.counter.value = one.value; break;
            case metric_type::gauge: metric.gauge.value = one.value; break;
            case metric_type::histogram: metric.histogram = cumulated(one.histogram); break;
        }
    }
    return made;
}

prometheus::MetricFamily single_value(std::string_view name, metric_type type, std::string_view help, double value) {
    prometheus::MetricFamily made;
    made.name = name;
    made.help = help;
    made.type = type_of(type);
    prometheus::ClientMetric& metric = made.metric.emplace_back();
    if (type == metric_type::counter)
        metric.counter.value = value;
    else
        metric.gauge.value = value;
    return made;
}

}  // namespace pgweir::metrics
