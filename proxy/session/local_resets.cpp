#include "session/local_resets.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sql/reset_commands.hpp"
#include "sql/tokens.hpp"
#include "sql/words.hpp"
#include "wire/backend.hpp"

namespace pgweir::session {

namespace {

using sql::reset_command;

// Without a server and without a pin there is no lock, no cursor and no temporary object.
bool has_nothing(const exchange& x) {
    return x.at_rest() && !x.deferred.active && !x.listening.any() && !x.names_unknown && x.initial.key() != nullptr &&
           x.desired.key() == x.initial.key();
}

void append_nothing_locked(std::string& out) {
    constexpr std::uint32_t void_type = 2278;
    const wire::column returned{.name = "pg_advisory_unlock_all", .type_oid = void_type, .type_size = 4};
    wire::append_row_description(out, std::array{returned});
    wire::append_data_row(out, std::array{std::optional<std::string>("")});
    wire::append_command_complete(out, "SELECT 1");
}

void append_answer(std::string& out, reset_command command) {
    switch (command) {
        case reset_command::unlock_all: return append_nothing_locked(out);
        case reset_command::close_all: return wire::append_command_complete(out, "CLOSE CURSOR ALL");
        case reset_command::unlisten_all: return wire::append_command_complete(out, "UNLISTEN");
        case reset_command::reset_all: return wire::append_command_complete(out, "RESET");
        case reset_command::discard_all: return wire::append_command_complete(out, "DISCARD ALL");
    }
}

/// The setting that a text resets and does nothing else; none: it is no such text.
std::string only_reset_of(std::string_view text, const sql::scan_result& found) {
    if (found.flags == sql::effect::reset && found.set_target_count == 1) return lower_case(found.set_targets[0]);
    sql::tokens all(text);
    const std::string_view verb = all.next().text;
    std::string_view what = all.next().text;
    std::string name(sql::same_word(what, "role") ? "role" : "");
    if (sql::same_word(what, "session") && sql::same_word(all.next().text, "authorization"))
        name = "session_authorization";
    sql::token end = all.next();
    if (sql::same_word(verb, "set")) {
        if (!sql::same_word(end.text, name == "role" ? "none" : "default")) return {};
        end = all.next();
    } else if (!sql::same_word(verb, "reset")) {
        return {};
    }
    while (end.kind == sql::token_kind::semicolon) end = all.next();
    return end.kind == sql::token_kind::end ? name : std::string();
}

/// What a text resets that does nothing else.
struct reset_settings {
    bool all = false;
    bool identity = false;  ///< the role and the user, too
    std::string name;

    static reset_settings of(std::string_view text, const sql::scan_result& scanned) {
        reset_settings told;
        const sql::reset_commands found = sql::reset_commands::find(text);
        for (const reset_command each : found.all()) {
            told.identity = told.identity || each == reset_command::discard_all;
            told.all = told.all || told.identity || each == reset_command::reset_all;
        }
        if (!told.all) told.name = only_reset_of(text, scanned);
        return told;
    }

    bool has(const std::string& setting) const { return all ? identity || !is_identity(setting) : setting == name; }
};

}  // namespace

bool leave_out_resets(exchange& x, std::string_view text) {
    const auto reset = reset_settings::of(text, x.scan(text));
    if (!reset.all && reset.name.empty()) return false;
    const parameters before = x.desired;
    auto kept = x.desired.entries();
    std::erase_if(kept, [&](const parameters::entry& each) { return reset.has(each.first); });
    for (auto& each : x.initial.entries())
        if (reset.has(each.first)) kept.push_back(std::move(each));
    x.desired = parameters::make(*x.texts, std::move(kept));
    x.desired_changed();
    return x.desired != before;
}

bool answer_resets(exchange& x, std::string_view text) {
    const sql::reset_commands found = sql::reset_commands::find(text);
    if (found.all().empty() || !has_nothing(x)) return false;
    const bool discards = std::ranges::find(found.all(), reset_command::discard_all) != found.all().end();
    // Several statements in one text are a transaction block, in which it is an error.
    if (discards && found.all().size() > 1) return false;
    x.statements.drop_unnamed();  // as any simple query does
    if (discards) {
        x.statements.clear();
        x.prepared_effects = sql::effect::none;
    }
    std::string& out = x.to_client.own();
    for (const reset_command each : found.all()) append_answer(out, each);
    wire::append_ready_for_query(out, x.client_status);
    return true;
}

}  // namespace pgweir::session
