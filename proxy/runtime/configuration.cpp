#include "runtime/configuration.hpp"

#include <string>
#include <utility>

#include "base/log.hpp"
#include "config/difference.hpp"

namespace pgweir::runtime {

using base::log::level;

bool configuration::reload() {
    config::outcome loaded = again_();
    if (!loaded.ok()) {
        for (const config::problem& each : loaded.problems)
            base::log::event(level::error, "configuration_error", {{"problem", config::to_string(each)}});
        base::log::event(level::error, "reload_failed", {{"problems", std::to_string(loaded.problems.size())}});
        return false;
    }
    for (const config::change& each : config::differences(current_, loaded.value))
        base::log::event(each.needs_restart ? level::warning : level::info,
                         each.needs_restart ? "configuration_needs_restart" : "configuration_changed",
                         {{"key", each.path}});
    config::keep_what_needs_restart(loaded.value, current_);
    current_ = std::move(loaded.value);
    return true;
}

}  // namespace pgweir::runtime
