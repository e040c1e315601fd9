#pragma once

#include <cstdint>
#include <string_view>

namespace pgweir::sql {

/// A text that begins or ends a transaction block and says nothing else.
enum class block_command : std::uint8_t {
    none,  ///< any other text
    begin,
    start_transaction,
    commit,    ///< or END
    rollback,  ///< or ABORT
};

/// Only what has no option and is alone in its text, with WORK or TRANSACTION, semicolons behind it and comments as one
/// likes. Of any other text only the first words are read.
block_command find_block_command(std::string_view text) noexcept;

/// Likewise BEGIN and START TRANSACTION with ISOLATION LEVEL READ COMMITTED and no other option.
block_command find_read_committed_begin(std::string_view text) noexcept;

/// As its CommandComplete calls it; requires one.
std::string_view command_tag(block_command of) noexcept;

}  // namespace pgweir::sql
