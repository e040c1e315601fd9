#include "sql/block_command.hpp"

#include "sql/tokens.hpp"
#include "sql/words.hpp"

namespace pgweir::sql {

namespace {

block_command begun_by(const token& first) noexcept {
    const word is = first.kind == token_kind::identifier ? find_word(first.text).id : word::none;
    if (is == word::begin) return block_command::begin;
    if (is == word::start) return block_command::start_transaction;
    if (is == word::commit || is == word::end) return block_command::commit;
    return is == word::rollback || is == word::abort ? block_command::rollback : block_command::none;
}

// Its first words; `current` is what follows them.
block_command take_command(tokens& rest, token& current) noexcept {
    current = rest.next();
    const block_command found = begun_by(current);
    if (found == block_command::none) return found;
    rest.next(current);
    const word second = current.kind == token_kind::identifier ? find_word(current.text).id : word::none;
    if (second == word::transaction || (second == word::work && found != block_command::start_transaction))
        rest.next(current);
    else if (found == block_command::start_transaction)
        return block_command::none;
    return found;
}

bool ends_here(tokens& rest, token& current) noexcept {
    while (current.kind == token_kind::semicolon) rest.next(current);
    return current.kind == token_kind::end && !rest.ended_inside();
}

}  // namespace

block_command find_block_command(std::string_view text) noexcept {
    tokens rest(text);
    token current;
    block_command found = take_command(rest, current);
    if (begins_block(found) && current.kind == token_kind::identifier) {
        for (const std::string_view each : {"isolation", "level", "read", "committed"}) {
            if (current.kind != token_kind::identifier || !same_word(current.text, each)) return block_command::none;
            rest.next(current);
        }
        found =
            found == block_command::begin ? block_command::begin_read_committed : block_command::start_read_committed;
    }
    return found != block_command::none && ends_here(rest, current) ? found : block_command::none;
}

std::string_view command_tag(block_command of) noexcept {
    switch (of) {
        case block_command::begin:
        case block_command::begin_read_committed: return "BEGIN";
        case block_command::start_read_committed:
        case block_command::start_transaction: return "START TRANSACTION";
        case block_command::commit: return "COMMIT";
        case block_command::rollback: return "ROLLBACK";
        case block_command::none: break;
    }
    return {};
}

}  // namespace pgweir::sql
