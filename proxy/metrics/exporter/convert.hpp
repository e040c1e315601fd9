#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>

#include "metrics/families.hpp"

namespace pgweir::metrics {

/// One of our families with its samples as prometheus-cpp wants it: histograms cumulative, in seconds, with +Inf.
prometheus::MetricFamily convert(const family& definition, const snapshot& from);

/// A family with one sample that has no labels.
prometheus::MetricFamily single_value(std::string_view name, metric_type type, std::string_view help, double value);

/// A label must be valid UTF-8, or Prometheus refuses the whole scrape; names in PostgreSQL can be any bytes. What is
/// not valid becomes `?`.
std::string valid_utf8(std::string_view text);

}  // namespace pgweir::metrics
