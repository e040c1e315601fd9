#include "sql/tokens.hpp"

#include <cstring>

namespace pgweir::sql {

namespace {

using detail::is;
using enum detail::char_class;

bool ends_line(char c) noexcept {
    return c == '\n' || c == '\r';
}

const char* find(const char* from, const char* end, char wanted) noexcept {
    if (from == end) return nullptr;
    return static_cast<const char*>(std::memchr(from, wanted, static_cast<std::size_t>(end - from)));
}

}  // namespace

// A comment, the end, or anything else than a word.
void tokens::next_of_any_kind(token& found) noexcept {
    if (!skip_space_and_comments()) return stop(found);
    const char first = *position_;
    if (is(first, is_word_start)) return take_word(found);
    if (is(first, is_digit)) return take_number(found);
    switch (first) {
        case ';': return take(found, token_kind::semicolon, position_ + 1);
        case '\'':
            return take_string(found, position_, backslash_in_plain_ ? string_style::escaped : string_style::plain);
        case '"': return take_quoted_identifier(found, position_);
        case '$': return take_dollar(found);
        case '.':
            if (position_ + 1 != end_ && is(position_[1], is_digit)) return take_number(found);
            [[fallthrough]];
        default: return take(found, token_kind::symbol, position_ + 1);
    }
}

// False at the end of the text.
bool tokens::skip_space_and_comments() noexcept {
    while (position_ != end_) {
        const char c = *position_;
        if (is(c, is_space)) {
            ++position_;
            continue;
        }
        if ((c != '-' && c != '/') || position_ + 1 == end_) return true;
        if (c == '-' && position_[1] == '-') {
            skip_line_comment();
        } else if (c == '/' && position_[1] == '*') {
            if (!skip_block_comment()) return false;
        } else {
            return true;
        }
    }
    return false;
}

void tokens::skip_line_comment() noexcept {
    while (position_ != end_ && !ends_line(*position_)) ++position_;
}

// Block comments nest, unlike those of C.
bool tokens::skip_block_comment() noexcept {
    std::size_t depth = 1;
    const char* at = position_ + 2;
    while (depth > 0) {
        if (end_ - at < 2) {
            ended_inside_ = true;
            return false;
        }
        if (at[0] == '*' && at[1] == '/') {
            --depth;
            at += 2;
        } else if (at[0] == '/' && at[1] == '*') {
            ++depth;
            at += 2;
        } else {
            ++at;
        }
    }
    position_ = at;
    return true;
}

void tokens::stop(token& found) noexcept {
    ended_inside_ = ended_inside_ || position_ != end_;
    position_ = end_;
    found = {};
}

// At a word of one letter that touches a quote or an ampersand.
void tokens::take_prefixed(token& found, const char* at) noexcept {
    if (*at == '\'') {
        switch (*position_) {
            case 'e':
            case 'E': return take_string(found, at, string_style::escaped);
            case 'b':
            case 'B':
            case 'x':
            case 'X': return take_string(found, at, string_style::bits);
            case 'n':
            case 'N': return take_string(found, at, backslash_in_plain_ ? string_style::escaped : string_style::plain);
            default: break;
        }
    }
    if (*at == '&' && (*position_ == 'u' || *position_ == 'U') && end_ - at > 1) {
        if (at[1] == '\'') return take_string(found, at + 1, string_style::plain);
        if (at[1] == '"') return take_quoted_identifier(found, at + 1);
    }
    return take(found, token_kind::identifier, at);
}

// Letters that follow are a word of their own: before PostgreSQL 15 `1from` was `1 from`.
void tokens::take_number(token& found) noexcept {
    const char* at = position_;
    while (at != end_ && is(*at, is_digit)) ++at;
    if (at != end_ && *at == '.') {
        ++at;
        while (at != end_ && is(*at, is_digit)) ++at;
    }
    if (at != end_ && (*at == 'e' || *at == 'E')) {
        const char* exponent = at + 1;
        if (exponent != end_ && (*exponent == '+' || *exponent == '-')) ++exponent;
        if (exponent != end_ && is(*exponent, is_digit)) {
            at = exponent;
            while (at != end_ && is(*at, is_digit)) ++at;
        }
    }
    return take(found, token_kind::number, at);
}

// A parameter, a string in dollar quotes, or nothing of the kind.
void tokens::take_dollar(token& found) noexcept {
    const char* at = position_ + 1;
    if (at != end_ && is(*at, is_digit)) {
        while (at != end_ && is(*at, is_digit)) ++at;
        return take(found, token_kind::parameter, at);
    }
    while (at != end_ && is(*at, is_tag)) ++at;
    if (at == end_ || *at != '$') return take(found, token_kind::symbol, position_ + 1);
    ++at;
    const std::string_view tag(position_, static_cast<std::size_t>(at - position_));
    const std::string_view rest(at, static_cast<std::size_t>(end_ - at));
    // Linear for any tag: it has a $ only at its ends, so no two attempts to match it overlap.
    const std::size_t body = rest.find(tag);
    if (body == std::string_view::npos) return stop(found);
    return take(found, token_kind::string, at + body + tag.size());
}

void tokens::take_quoted_identifier(token& found, const char* opening_quote) noexcept {
    const char* at = opening_quote + 1;
    while ((at = find(at, end_, '"')) != nullptr) {
        ++at;
        if (at == end_ || *at != '"') return take(found, token_kind::quoted_identifier, at);
        ++at;
    }
    return stop(found);
}

void tokens::take_string(token& found, const char* opening_quote, string_style style) noexcept {
    const char* at = opening_quote;
    do {
        const char* after = string_part_end(at + 1, style);
        if (after == nullptr) return stop(found);
        const char* more = continued_at(after);
        if (more == nullptr) return take(found, token_kind::string, after);
        at = more;
    } while (true);
}

// Behind the closing quote, or nullptr.
const char* tokens::string_part_end(const char* body, string_style style) const noexcept {
    const char* at = body;
    while (at != end_) {
        if (style != string_style::escaped) {
            at = find(at, end_, '\'');
            if (at == nullptr) return nullptr;
        } else if (*at == '\\') {
            if (end_ - at < 2) return nullptr;
            at += 2;
            continue;
        } else if (*at != '\'') {
            ++at;
            continue;
        }
        ++at;
        // Two quotes are one inside the string; in a bit string they end it and begin another.
        if (at == end_ || *at != '\'' || style == string_style::bits) return at;
        ++at;
    }
    return nullptr;
}

// Literals with nothing but white space and at least one line break between them are one literal (SQL has it so), and
// the second part of E'...' is read like the first. Returns the second part's opening quote, or nullptr.
const char* tokens::continued_at(const char* after_quote) const noexcept {
    bool new_line = false;
    const char* at = after_quote;
    while (at != end_) {
        if (is(*at, is_space)) {
            new_line = new_line || ends_line(*at);
            ++at;
        } else if (*at == '-' && end_ - at > 1 && at[1] == '-') {
            while (at != end_ && !ends_line(*at)) ++at;
        } else {
            return *at == '\'' && new_line ? at : nullptr;
        }
    }
    return nullptr;
}

bool is_in_one_piece(std::string_view literal) noexcept {
    const std::size_t opening_quote = literal.find('\'');
    // A quote that is not doubled is the last.
    for (std::size_t at = opening_quote + 1; at + 1 < literal.size(); ++at) {
        if (literal[at] != '\'') continue;
        ++at;
        if (at + 1 == literal.size() || literal[at] != '\'') return false;
    }
    return true;
}

std::string identifier_value(std::string_view as_written) {
    const std::size_t quote = as_written.find('"');
    std::string value;
    if (quote == std::string_view::npos || as_written.size() < quote + 2) {
        value = as_written;
        for (char& c : value)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        return value;
    }
    const std::string_view body = as_written.substr(quote + 1, as_written.size() - quote - 2);
    for (std::size_t i = 0; i < body.size(); ++i) {
        value.push_back(body[i]);
        if (body[i] == '"') ++i;
    }
    return value;
}

}  // namespace pgweir::sql
