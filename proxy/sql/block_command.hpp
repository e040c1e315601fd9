#pragma once

#include <cstdint>
#include <string_view>

namespace pgweir::sql {

/// A text that begins or ends a transaction block and says nothing else.
enum class block_command : std::uint8_t {
    none,  ///< any other text
    begin,
    start_transaction,
    begin_read_committed,  ///< with ISOLATION LEVEL READ COMMITTED, and no other option
    start_read_committed,
    commit,    ///< or END
    rollback,  ///< or ABORT
};

/// Only what has no option, but for those named above, and is alone in its text, with WORK or TRANSACTION, semicolons behind it and comments as one
/// likes. Of any other text only the first words are read.
block_command find_block_command(std::string_view text) noexcept;

constexpr bool names_read_committed(block_command which) noexcept {
    return which == block_command::begin_read_committed || which == block_command::start_read_committed;
}

constexpr bool begins_block(block_command which) noexcept {
    return which == block_command::begin || which == block_command::start_transaction || names_read_committed(which);
}

/// As its CommandComplete calls it; requires one.
std::string_view command_tag(block_command of) noexcept;

}  // namespace pgweir::sql
