#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "admin/state_source.hpp"

namespace pgweir::admin {

/// Calls `step` on that worker until it says that there is no more to do: once now, then once in each turn of the event
/// loop, so that clients are served in between. On the worker's thread.
inline void run_in_steps(state_source& source, std::uint32_t worker, std::function<bool()> step) {
    if (!step()) return;
    source.run_on(
        worker, [&source, worker, step = std::move(step)]() mutable { run_in_steps(source, worker, std::move(step)); });
}

}  // namespace pgweir::admin
