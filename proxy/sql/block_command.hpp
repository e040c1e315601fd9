#pragma once

#include <cstdint>
#include <string_view>

namespace pgweir::sql {

/// A text that is about a transaction block as a whole and says nothing else.
enum class block_command : std::uint8_t {
    none,  ///< any other text
    begin,
    start_transaction,
    set_transaction,  ///< SET TRANSACTION of modes
    commit,           ///< or END
    rollback,         ///< or ABORT
};

struct block_statement {
    block_command is = block_command::none;
    std::string_view modes;  ///< ISOLATION LEVEL, READ ONLY and so on, as written; empty: none
    bool isolates = false;   ///< they name another level than READ COMMITTED
    bool needs_primary = false;  ///< a standby refuses them

    bool begins() const noexcept { return is == block_command::begin || is == block_command::start_transaction; }
};

/// Only what is alone in its text, with WORK or TRANSACTION, semicolons behind it and comments as one likes, and has no
/// option but modes. Of any other text only the first words are read.
block_statement find_block_statement(std::string_view text) noexcept;

/// As its CommandComplete calls it; requires one.
std::string_view command_tag(block_command of) noexcept;

}  // namespace pgweir::sql
