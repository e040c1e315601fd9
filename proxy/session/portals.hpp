#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sql/effect.hpp"

namespace pgweir::session {

/// What will happen when a portal is executed: that of the statement that was bound to it.
struct bound_portal {
    std::string name{};
    sql::effect effects = sql::effect::none;
    std::string text{};  ///< of the statement, if its end has a follow-up
    sql::effect commits = sql::effect::none;  ///< what matters to mark_execute()
};

/// The portals that a client has bound since its transaction began. Those that DECLARE made are not among them: what
/// they do was seen in that text.
class bound_portals {
public:
    /// Forgets what was bound to one of that name. Valid until the next call.
    bound_portal& bind(std::string_view name) {
        last_ = place_of(name);
        bound_portal& fresh = all_[last_];
        fresh.name = name;
        fresh.effects = fresh.commits = sql::effect::none;
        fresh.text.clear();
        return fresh;
    }
    /// The one bound last.
    bound_portal& last() noexcept { return all_[last_]; }

    /// Null when it was not bound, or is_forgetful().
    const bound_portal* find(std::string_view name) const noexcept {
        const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& each) { return each.name == name; });
        return found == all_.end() ? nullptr : &*found;
    }
    /// There were more than are remembered: one that is not found may do anything.
    bool is_forgetful() const noexcept { return forgetful_; }

    void close(std::string_view name) {
        if (name.empty()) return;
        std::erase_if(all_, [&](const bound_portal& each) { return each.name == name; });
        last_ = 0;
    }
    void clear() {
        all_.resize(1);
        last_ = 0;
        forgetful_ = false;
    }

    static constexpr std::size_t most = 256;

private:
    std::size_t place_of(std::string_view name) {
        if (name.empty()) return 0;
        if (const bound_portal* known = find(name)) return static_cast<std::size_t>(known - all_.data());
        if (all_.size() < most)
            all_.emplace_back();
        else
            forgetful_ = true;
        return all_.size() - 1;
    }

    std::vector<bound_portal> all_ = std::vector<bound_portal>(1);  // in front the one without a name
    std::size_t last_ = 0;
    bool forgetful_ = false;
};

}  // namespace pgweir::session
