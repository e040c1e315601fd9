#pragma once

#include <functional>
#include <utility>

#include "config/load.hpp"
#include "config/settings.hpp"

namespace pgweir::runtime {

/// The configuration in use, and the way to read it again. Main thread.
class configuration {
public:
    /// Reads from where `first` came from.
    using loader = std::function<config::outcome()>;

    configuration(config::settings first, loader again) : current_(std::move(first)), again_(std::move(again)) {}

    const config::settings& current() const noexcept { return current_; }

    /// Reads everything again and logs what is wrong with it, or what has changed. False: nothing is to be done with
    /// it, and current() is as it was. What needs a restart stays as it is in any case.
    bool reload();

private:
    config::settings current_;
    loader again_;
};

}  // namespace pgweir::runtime
