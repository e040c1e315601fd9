#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "sql/effect.hpp"

namespace pgweir::sql {

/// Names of one database whose mere mention may do more than the text says: functions that may leave something in the
/// session, and what leads to such a function, as a table does by its triggers and a view by its query. Filled once,
/// then shared by threads.
class suspects {
public:
    /// `name`: as PostgreSQL keeps it, folded and cut. `what`: added to what is known of the name.
    void add(std::string_view name, effect what);

    /// An operator or a cast leads there: any text may.
    void add_everything(effect what) noexcept { any_text_ |= what; }

    /// A custom setting, in lower case, that some of them may give a value to.
    void add_setting(std::string name) { custom_settings_.insert(std::move(name)); }
    const std::set<std::string>& custom_settings() const noexcept { return custom_settings_; }

    bool none() const noexcept { return by_name_.empty() && any_text_ == effect::none; }
    std::size_t size() const noexcept { return by_name_.size(); }

    /// What the names in the text may do. One pass, no allocation for names of up to 63 bytes.
    effect look(std::string_view text, bool standard_conforming_strings = true) const;

    /// When this was read, by the counter of changes of the schema.
    std::uint64_t read_at = 0;

private:
    struct text_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    std::unordered_map<std::string, effect, text_hash, std::equal_to<>> by_name_;
    std::set<std::string> custom_settings_;
    effect any_text_ = effect::none;
};

}  // namespace pgweir::sql
