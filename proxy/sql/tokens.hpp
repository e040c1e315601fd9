#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pgweir::sql {

enum class token_kind : std::uint8_t {
    end,                ///< of the text, or of what can be understood of it: something is never closed
    identifier,         ///< not quoted; a keyword or a name, case as written
    quoted_identifier,  ///< with its quotes: "name" or U&"name"
    string,  ///< any literal in quotes, E'' B'' X'' N'' U&'' and dollar quotes included, prefix and quotes too
    number,
    parameter,  ///< $1
    symbol,  ///< one byte of punctuation or of an operator
    semicolon,
};

struct token {
    token_kind kind = token_kind::end;
    std::string_view text;  ///< as written; points into the scanned text; empty at the end
};

namespace detail {

enum char_class : std::uint8_t {
    is_space = 1,
    is_digit = 2,
    is_word_start = 4,  // a letter, an underscore, any byte of a multi-byte character
    is_word = 8,  // those, digits and $
    is_tag = 16,  // of a dollar quote: as is_word without $
};

inline constexpr std::array<std::uint8_t, 256> char_classes = [] {
    std::array<std::uint8_t, 256> table{};
    for (const char c : {' ', '\t', '\n', '\r', '\f', '\v'}) table[static_cast<unsigned char>(c)] = is_space;
    for (unsigned c = '0'; c <= '9'; ++c) table[c] = is_digit | is_word | is_tag;
    for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = is_word_start | is_word | is_tag;
    for (unsigned c = 0x80; c <= 0xff; ++c) table[c] = is_word_start | is_word | is_tag;
    table['_'] = is_word_start | is_word | is_tag;
    table['$'] = is_word;
    return table;
}();

inline bool is(char c, char_class wanted) noexcept {
    return (char_classes[static_cast<unsigned char>(c)] & wanted) != 0;
}

}  // namespace detail

/// Splits SQL text as PostgreSQL's own lexer does (manual, section 4.1), comments and white space left out.
/// Never fails: what cannot be understood is one symbol, what is never closed is the end, and in both cases the
/// server will refuse the whole text. O(n) in one pass, no allocation.
///
/// The text has to be in an encoding in which no byte of a multi-byte character can be taken for ASCII. In
/// SJIS, BIG5, GBK, UHC, GB18030 and JOHAB a second byte may be a backslash.
class tokens {
public:
    /// `standard_conforming_strings` as the server's parameter of that name: off makes a backslash an escape in
    /// plain strings too.
    explicit tokens(std::string_view text, bool standard_conforming_strings = true) noexcept
        : position_(text.data()), end_(text.data() + text.size()), backslash_in_plain_(!standard_conforming_strings) {}

    /// The next token; for ever the same `end` once it was returned.
    token next() noexcept {
        token found;
        next(found);
        return found;
    }

    /// The same, without a copy: a copied token is read in larger pieces than it was just written in, and the
    /// processor stalls on that for longer than finding it took.
    void next(token& found) noexcept;

    /// Whether the text ended inside of a comment, a string or a quoted identifier.
    bool ended_inside() const noexcept { return ended_inside_; }

private:
    enum class string_style : std::uint8_t { plain, escaped, bits };

    void next_of_any_kind(token& found) noexcept;
    bool skip_space_and_comments() noexcept;
    bool skip_block_comment() noexcept;
    void skip_line_comment() noexcept;
    void take(token& found, token_kind kind, const char* until) noexcept;
    void take_word(token& found) noexcept;
    void take_prefixed(token& found, const char* at) noexcept;
    void take_number(token& found) noexcept;
    void take_dollar(token& found) noexcept;
    void take_quoted_identifier(token& found, const char* opening_quote) noexcept;
    void take_string(token& found, const char* opening_quote, string_style style) noexcept;
    const char* string_part_end(const char* body, string_style style) const noexcept;
    const char* continued_at(const char* after_quote) const noexcept;
    void stop(token& found) noexcept;

    const char* position_;
    const char* end_;
    bool backslash_in_plain_;
    bool ended_inside_ = false;
};

// Inline, as every message that has a text is scanned, and most of it is words and single spaces.
inline void tokens::next(token& found) noexcept {
    if (position_ != end_ && *position_ == ' ') ++position_;
    if (position_ != end_ && detail::is(*position_, detail::is_word_start)) return take_word(found);
    next_of_any_kind(found);
}

inline void tokens::take(token& found, token_kind kind, const char* until) noexcept {
    found.kind = kind;
    found.text = std::string_view(position_, static_cast<std::size_t>(until - position_));
    position_ = until;
}

inline void tokens::take_word(token& found) noexcept {
    const char* at = position_ + 1;
    while (at != end_ && detail::is(*at, detail::is_word)) ++at;
    // A prefix only when it is the whole word and touches the quote.
    if (at != end_ && at - position_ == 1 && (*at == '\'' || *at == '&')) return take_prefixed(found, at);
    take(found, token_kind::identifier, at);
}

/// Of a string token in quotes: false when it was continued on another line, so that its value is not what stands
/// between its first and its last quote. Backslash escapes may make it false too.
bool is_in_one_piece(std::string_view literal) noexcept;

/// What an identifier token names: folded to lower case, or without its quotes. U& escapes are not resolved.
std::string identifier_value(std::string_view as_written);

}  // namespace pgweir::sql
