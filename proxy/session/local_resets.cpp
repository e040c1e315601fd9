#include "session/local_resets.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "sql/reset_commands.hpp"
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

}  // namespace

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
