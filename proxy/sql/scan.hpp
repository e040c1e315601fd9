#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sql/effect.hpp"

namespace pgweir::sql {

/// All views point into the scanned text.
struct scan_result {
    effect flags = effect::none;

    /// What SET and RESET name: without quotes, case as written (settings are compared without case); TIME ZONE is
    /// `timezone`, NAMES `client_encoding`, SCHEMA `search_path`, XML OPTION `xmloption`.
    std::array<std::string_view, 8> set_targets;
    std::uint8_t set_target_count = 0;
    bool too_many_targets = false;  ///< some did not fit into set_targets

    /// What set_config() is given as a name, in quotes and as written.
    std::array<std::string_view, 4> config_names;
    std::uint8_t config_name_count = 0;
    /// Some name of a setting could not be read, or did not fit.
    bool unread_names = false;

    /// Of the first PREPARE, as written with its quotes.
    std::string_view prepare_name;
    /// Of the first DEALLOCATE that has a name, as written with its quotes: see identifier_value().
    std::string_view deallocate_name;
    bool more_deallocated = false;  ///< another DEALLOCATE names a statement as well
};

/// What a text may do, from its words alone: one pass over the tokens, no grammar, no allocation. Made to err on one
/// side: an effect it does not report did not happen, unless a function that is not built in caused it. The name of a
/// suspicious function counts wherever it stands as an identifier; nothing inside strings, comments or
/// dollar-quoted bodies does. Also see `tokens` about encodings.
scan_result scan(std::string_view text, bool standard_conforming_strings = true) noexcept;

/// Whether behind blanks the text begins with a letter, as statements do. So it is not an empty one.
bool begins_with_word(std::string_view text) noexcept;

}  // namespace pgweir::sql
