#include "catalog/routine_reading.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "catalog/routine_queries.hpp"
#include "sql/routine_body.hpp"

namespace pgweir::catalog {

namespace {

using sql::effect;

// Functions that call each other in a longer chain are not worth more questions.
constexpr unsigned most_rounds = 16;
// With which statements begin that event triggers answer to (manual, section 40.2).
constexpr std::array<std::string_view, 9> changes_of_schema{"create",  "alter",   "drop",     "grant", "revoke",
                                                            "comment", "refresh", "security", "into"};

std::optional<effect> read_flags(std::string_view text) {
    std::uint64_t flags = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), flags);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return static_cast<effect>(flags);
}

std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

}  // namespace

std::string routine_reading::question() const {
    switch (step_) {
        case step::comparing: return std::string(fingerprint_query);
        case step::reading_bodies: return bodies_query(server_version_);
        case step::following: {
            std::string classes = "{";
            std::string oids = "{";
            std::string flags = "{";
            for (const routine& each : routines_) {
                if (each.flags == effect::none) continue;
                const std::string_view comma = oids.size() > 1 ? "," : "";
                classes.append(comma).append(each.catalog);
                oids.append(comma).append(each.oid);
                flags.append(comma).append(std::to_string(static_cast<std::uint64_t>(each.flags)));
            }
            return led_there_query(classes + "}", oids + "}", flags + "}");
        }
        case step::ended: break;
    }
    return {};
}

bool routine_reading::take(const std::vector<row>& rows) {
    switch (step_) {
        case step::comparing: return take_fingerprint(rows);
        case step::reading_bodies: return take_bodies(rows);
        case step::following: return take_led_there(rows);
        case step::ended: break;
    }
    return false;
}

bool routine_reading::take_fingerprint(const std::vector<row>& rows) {
    if (rows.size() != 1 || rows[0].size() != 1) return false;
    fingerprint_ = rows[0][0].value_or("nothing");
    step_ = fingerprint_ == known_ ? step::ended : step::reading_bodies;
    return true;
}

bool routine_reading::take_bodies(const std::vector<row>& rows) {
    found_ = std::make_shared<sql::suspects>();
    step_ = step::ended;
    if (rows.size() > most_routines) {
        found_->add_everything(effect::own_routine | effect::draws);
        return true;
    }
    for (const row& each : rows) {
        if (each.size() != 4 || !each[0] || !each[1] || !each[2]) return false;
        routine& read = routines_.emplace_back(routine{*each[0], each[3].value_or("")});
        if (each[2]->starts_with(calling_class)) {
            read.catalog = each[2]->substr(calling_class.size());
            read.flags = sql::left_by_function(*each[1]);
            continue;
        }
        if (!each[3]) {
            read.flags = effect::own_routine | effect::draws;
            continue;
        }
        sql::routine_body body = sql::read_routine_body(*each[2], *each[3]);
        read.flags = body.flags;
        for (std::string& setting : body.custom_settings) found_->add_setting(lower_case(std::move(setting)));
    }
    next_round();
    return true;
}

bool routine_reading::take_led_there(const std::vector<row>& rows) {
    for (const row& each : rows) {
        if (each.size() != 3 || !each[0] || !each[2]) return false;
        const auto flags = read_flags(*each[2]);
        if (!flags) return false;
        // A trigger that defines something, once in a while, would make a change of the schema of each look at its table.
        const effect unless_called = *flags & ~effect::defines;
        if (*each[0] == "everything") {
            found_->add_everything(unless_called);
        } else if (*each[0] == "schema") {
            for (const std::string_view word : changes_of_schema) found_->add(word, unless_called);
        } else if (each[1]) {
            found_->add(*each[1], *each[0] == "name" ? *flags : unless_called);
        }
    }
    next_round();
    return true;
}

// A body that names what was found leads there as well.
void routine_reading::next_round() {
    bool more = false;
    for (routine& each : routines_) {
        const effect before = each.flags;
        each.flags |= found_->look(each.body);
        more = more || each.flags != before || (rounds_ == 0 && each.flags != effect::none);
    }
    step_ = more ? step::following : step::ended;
    if (!more || ++rounds_ <= most_rounds) return;
    found_->add_everything(effect::own_routine | effect::draws);
    step_ = step::ended;
}

}  // namespace pgweir::catalog
