#pragma once

#include <cstdint>

#include "metrics/counter.hpp"
#include "metrics/labels.hpp"

namespace pgweir::metrics {

/// What one worker counts outside any pool.
template <class Number>
struct basic_worker_counters {
    enum_array<client_connect_result, Number> client_connects;  ///< counted when the login ends
    enum_array<rejection_reason, Number> rejections;
    Number busy_nanoseconds{};  ///< time the event loop did not sleep
};

/// One for each worker: only that worker writes.
struct alignas(64) worker_counters : basic_worker_counters<counter> {};

using worker_counters_sum = basic_worker_counters<std::uint64_t>;

void add(worker_counters_sum& sum, const worker_counters& part) noexcept;

}  // namespace pgweir::metrics
