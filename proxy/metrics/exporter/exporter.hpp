#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "metrics/snapshot.hpp"

namespace pgweir::metrics {

/// Turns snapshots into what prometheus-cpp can serialise: every family of families(), process_* of this process, and
/// how the collection itself went. Its metrics exist only while they are asked for.
class exporter : public prometheus::Collectable {
public:
    /// `take` is called once for each scrape, on the scraping thread, by several at a time if several scrape. When it
    /// throws, the scrape has only what does not come from it, and the error is counted.
    explicit exporter(std::function<snapshot()> take) : take_(std::move(take)) {}

    std::vector<prometheus::MetricFamily> Collect() const override;  // NOLINT(readability-identifier-naming)

private:
    bool take_snapshot(snapshot& into) const;

    std::function<snapshot()> take_;
    mutable std::atomic<std::uint64_t> errors_{0};
};

}  // namespace pgweir::metrics
