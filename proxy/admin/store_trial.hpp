#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pgweir::admin {

/// What CACHE TEST tells of one thing that it tried.
struct trial_line {
    std::string what;
    bool passed = false;
    std::uint64_t per_second = 0;  ///< 0: it was not measured
};

/// Tries a store of the result cache: how fast it is, and whether it keeps to the protocol of ARCHITECTURE.md, "The
/// result cache". Works on a place of its own, never on what is served.
class store_trial {
public:
    using result = std::function<void(std::vector<trial_line>)>;

    virtual ~store_trial() = default;

    /// As it is called in the configuration.
    virtual std::string_view store() const = 0;

    /// On the thread of that worker, without holding it up. `done` is called once, there, and may end the trial.
    virtual void run(std::uint32_t worker, result done) = 0;
};

}  // namespace pgweir::admin
