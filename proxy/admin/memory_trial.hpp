#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "admin/state_source.hpp"
#include "admin/store_trial.hpp"
#include "base/time.hpp"
#include "cache/result_cache.hpp"
#include "cache/settings.hpp"

namespace pgweir::admin {

/// Tries the store in process memory.
class memory_trial final : public store_trial {
public:
    /// `how`: as it is configured. `at_least`: how long it is measured.
    memory_trial(state_source& source, const cache::settings& how,
                 base::duration at_least = std::chrono::milliseconds(300));

    std::string_view store() const override { return "memory"; }
    void run(std::uint32_t worker, result done) override;

private:
    struct measured;

    state_source& source_;
    cache::settings how_;
    base::duration at_least_;
};

/// What the protocol promises, tried on a cache that nobody else uses. `hash`: one that collides, for tests of the
/// trial itself.
std::vector<trial_line> try_protocol(const cache::settings& how, cache::memory_store::hash_function hash = nullptr);

}  // namespace pgweir::admin
