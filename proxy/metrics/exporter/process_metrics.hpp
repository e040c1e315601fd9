#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace pgweir::metrics {

/// The standard process_* metrics of this process, read from /proc/self: CPU, memory, descriptors and their limit,
/// start, threads. One that cannot be read is left out.
std::vector<prometheus::MetricFamily> process_metrics();

}  // namespace pgweir::metrics
