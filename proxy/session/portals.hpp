#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sql/effect.hpp"

namespace pgweir::session {

/// What may happen when a portal is executed: that of the statement that was bound to it.
struct bound_portal {
    std::string name{};
    sql::effect effects = sql::effect::none;
    std::string text{};  ///< of the statement, if its end has a follow-up; empty: nobody has it
    sql::effect commits = sql::effect::none;  ///< what matters to mark_execute()
    bool several = false;  ///< statements have been bound to it

    /// Of several, or of a long one for each of many portals, none is kept.
    void keep(std::string_view of_statement) {
        constexpr std::size_t longest = 16 * 1024;
        const bool another = several || (!name.empty() && of_statement.size() > longest);
        text = another ? std::string_view() : of_statement;
    }

    bool only_reads() const noexcept { return !several && sql::has(effects, sql::effect::plain_read); }
};

/// The portals that a client has bound since its transaction began. Those that DECLARE made are not among them: what
/// they do was seen in that text.
class bound_portals {
public:
    /// The caller adds what is bound to it. Of a name that was bound before the Bind fails, or the Close in between may
    /// have been skipped: what is executed may be the one or the other. Valid until the next call.
    bound_portal& bind(std::string_view name) {
        last_ = place_of(name);
        bound_portal& of = all_[last_];
        if (name.empty()) {
            of.effects = of.commits = sql::effect::none;
            of.text.clear();
        }
        return of;
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

    /// The transaction has ended.
    void clear() {
        all_.resize(1);
        last_ = 0;
        forgetful_ = false;
    }

    static constexpr std::size_t most = 256;

private:
    std::size_t place_of(std::string_view name) {
        if (name.empty()) return 0;
        if (const bound_portal* known = find(name)) {
            const auto place = static_cast<std::size_t>(known - all_.data());
            all_[place].several = true;
            all_[place].text.clear();
            return place;
        }
        if (all_.size() < most)
            all_.emplace_back();
        else
            forgetful_ = true;
        all_.back() = {};
        all_.back().name = name;
        return all_.size() - 1;
    }

    std::vector<bound_portal> all_ = std::vector<bound_portal>(1);  // in front the one without a name
    std::size_t last_ = 0;
    bool forgetful_ = false;
};

}  // namespace pgweir::session
