#pragma once

#include <string>
#include <vector>

#include "config/settings.hpp"

namespace pgweir::config {

/// A key that two configurations differ in. A database or a user that only one of them has is one change.
struct change {
    std::string path;
    bool needs_restart = false;
};

/// Keys of the whole, then users, then databases; each in the order of the table. Values are not told: they may be secret.
std::vector<change> differences(const settings& before, const settings& after);

/// Gives `next` the values that `running` has for what needs a restart, so that it is what holds after a reload.
void keep_what_needs_restart(settings& next, const settings& running);

}  // namespace pgweir::config
