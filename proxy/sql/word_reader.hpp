#pragma once

#include <string_view>

#include "sql/tokens.hpp"
#include "sql/words.hpp"

namespace pgweir::sql {

/// Reads a text word by word, one token ahead.
class word_reader {
public:
    explicit word_reader(std::string_view text) noexcept : rest_(text) { next(); }

    const token& now() const noexcept { return now_; }
    void next() noexcept { rest_.next(now_); }

    bool at_word() const noexcept { return now_.kind == token_kind::identifier; }
    bool is(std::string_view lower_case) const noexcept { return at_word() && same_word(now_.text, lower_case); }
    /// The word is behind us if it was the next one.
    bool take(std::string_view lower_case) noexcept {
        if (!is(lower_case)) return false;
        next();
        return true;
    }

    void skip_semicolons() noexcept {
        while (now_.kind == token_kind::semicolon) next();
    }
    /// Nothing follows, and nothing was left open.
    bool ended() const noexcept { return now_.kind == token_kind::end && !rest_.ended_inside(); }

private:
    tokens rest_;
    token now_;
};

}  // namespace pgweir::sql
