#include "metrics/worker_counters.hpp"

#include "metrics/sums.hpp"

namespace pgweir::metrics {

void add(worker_counters_sum& sum, const worker_counters& part) noexcept {
    add(sum.client_connects, part.client_connects);
    add(sum.rejections, part.rejections);
    add(sum.busy_nanoseconds, part.busy_nanoseconds);
}

}  // namespace pgweir::metrics
