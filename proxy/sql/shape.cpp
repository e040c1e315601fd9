#include "sql/shape.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "sql/tokens.hpp"
#include "sql/words.hpp"

namespace pgweir::sql {

namespace {

// The grammar's integers are those that fit 32 bits; any other number it takes in fewer places.
bool is_integer(std::string_view number) noexcept {
    constexpr std::string_view largest = "2147483647";
    if (number.find_first_not_of("0123456789") != std::string_view::npos) return false;
    const std::size_t zeros = number.find_first_not_of('0');
    if (zeros == std::string_view::npos) return true;
    number.remove_prefix(zeros);
    return number.size() < largest.size() || (number.size() == largest.size() && number <= largest);
}

bool is_symbol(const token& each, char wanted) noexcept {
    return each.kind == token_kind::symbol && each.text.front() == wanted;
}

bool is_word(const token& each, std::string_view wanted) noexcept {
    return each.kind == token_kind::identifier && each.text.size() == wanted.size() && same_word(each.text, wanted);
}

// Statements in which a literal stands for a value and nothing else.
bool has_plain_literals(std::string_view first_word) noexcept {
    static constexpr std::array<std::string_view, 9> words{"select", "with", "insert", "update", "delete",
                                                           "values", "call", "merge",  "execute"};
    for (const std::string_view word : words)
        if (same_word(first_word, word)) return true;
    return false;
}

class shape_writer {
public:
    shape_writer(std::string_view text, std::string& shape, integer_places& places) noexcept
        : text_(text), shape_(shape), places_(places), source_(text), not_copied_(text.data()) {}

    shape_writer(const shape_writer&) = delete;  // it points into itself
    shape_writer& operator=(const shape_writer&) = delete;

    // False: something in the text is never closed.
    bool run();

private:
    // The tokens before the current one are looked at where they are: copying each would cost more than finding it.
    const token& current() const noexcept { return *current_; }
    const token& previous() const noexcept { return *previous_; }
    const token& before_previous() const noexcept { return *before_previous_; }
    void advance() noexcept {
        token* const oldest = before_previous_;
        before_previous_ = previous_;
        previous_ = current_;
        current_ = oldest;
    }
    const char* begin_of_current() const noexcept { return current().text.data(); }
    const char* end_of_current() const noexcept { return begin_of_current() + current().text.size(); }
    bool touches_previous() const noexcept { return begin_of_current() == end_of_previous_; }

    void take_gap();
    void take_current();
    void take_literal();
    void begin_rows();
    void follow_rows();
    void follow_list();
    void end_item(std::size_t begin);
    void copy_until(const char* end) { shape_.append(not_copied_, end); }
    std::string_view instead_of_string() const noexcept;
    std::string_view instead_of_number() const noexcept;
    bool is_precision_of_float() const noexcept;

    std::string_view text_;
    std::string& shape_;
    integer_places& places_;
    tokens source_;
    std::array<token, 3> last_three_;
    token* current_ = last_three_.data();
    token* previous_ = current_ + 1;
    token* before_previous_ = current_ + 2;
    const char* end_of_previous_ = nullptr;  // null: there is none
    const char* not_copied_;  // up to here the text is in the shape
    bool at_statement_begin_ = true;
    bool plain_literals_ = false;

    // Of VALUES (...), (...): where we are, and the open parentheses inside of a row.
    enum class rows : std::uint8_t { none, before_row, in_row, behind_row };
    rows rows_ = rows::none;
    std::size_t row_begin_ = 0;  // in the shape, as are the following
    std::size_t open_parentheses_ = 0;
    bool in_list_ = false;  // of IN (1, 2), as long as there is nothing but literals
    std::size_t item_begin_ = 0;  // of the last row, or of the last literal in a list
    std::size_t item_end_ = 0;  // 0: there is none
};

bool shape_writer::run() {
    for (source_.next(*current_); current().kind != token_kind::end; source_.next(*current_)) {
        take_gap();
        take_current();
        end_of_previous_ = end_of_current();
        advance();
    }
    if (end_of_previous_ != nullptr) copy_until(end_of_previous_);
    return !source_.ended_inside();
}

// Where tokens touch they stay together: `<-` is one operator, `< -` are two.
void shape_writer::take_gap() {
    const char* begin = begin_of_current();
    if (end_of_previous_ == nullptr) {
        not_copied_ = begin;
    } else if (begin != end_of_previous_ && (begin != end_of_previous_ + 1 || *end_of_previous_ != ' ')) {
        copy_until(end_of_previous_);
        shape_ += ' ';
        not_copied_ = begin;
    }
}

void shape_writer::take_current() {
    const token_kind kind = current().kind;
    if (at_statement_begin_ && !is_symbol(current(), '(')) {
        plain_literals_ = kind == token_kind::identifier && has_plain_literals(current().text);
        at_statement_begin_ = false;
    }
    if (kind == token_kind::semicolon) {
        at_statement_begin_ = true;
        in_list_ = false;
        rows_ = rows::none;
    }
    if (!plain_literals_) return;
    // Most of a text.
    if (kind == token_kind::identifier && !in_list_ && rows_ == rows::none) return begin_rows();
    if (in_list_) follow_list();
    if (kind == token_kind::number || kind == token_kind::string) take_literal();
    follow_rows();
    if (is_symbol(current(), '(') && is_word(previous(), "in")) {
        in_list_ = rows_ != rows::in_row;
        item_end_ = 0;
    }
}

void shape_writer::take_literal() {
    const bool number = current().kind == token_kind::number;
    const std::string_view instead = number ? instead_of_number() : instead_of_string();
    if (instead.empty() && !in_list_) return;
    if (instead == "0")
        places_.note(static_cast<std::size_t>(begin_of_current() - text_.data()), current().text.size());
    copy_until(begin_of_current());
    const std::size_t begin = shape_.size();
    shape_ += instead.empty() ? current().text : instead;
    not_copied_ = end_of_current();
    if (in_list_) end_item(begin);
}

// What is said twice says no more than once: of rows or literals that look alike, one behind the other, one is kept.
void shape_writer::end_item(std::size_t begin) {
    const std::string_view shape = shape_;
    if (item_end_ != 0 && shape.substr(item_begin_, item_end_ - item_begin_) == shape.substr(begin)) {
        shape_.resize(item_end_);
    } else {
        item_begin_ = begin;
        item_end_ = shape_.size();
    }
}

void shape_writer::follow_list() {
    const auto is_literal = [](token_kind kind) { return kind == token_kind::number || kind == token_kind::string; };
    if (is_literal(current().kind))
        in_list_ = is_symbol(previous(), ',') || is_symbol(previous(), '(');
    else
        in_list_ = is_symbol(current(), ',') && is_literal(previous().kind);
}

void shape_writer::begin_rows() {
    if (!is_word(current(), "values") || is_symbol(previous(), '.')) return;
    rows_ = rows::before_row;
    item_end_ = 0;
}

void shape_writer::follow_rows() {
    const std::string_view text = current().text;
    switch (rows_) {
        case rows::none: return begin_rows();
        case rows::before_row:
            rows_ = text == "(" ? rows::in_row : rows::none;
            if (rows_ == rows::none) return;
            copy_until(begin_of_current());
            not_copied_ = begin_of_current();
            row_begin_ = shape_.size();
            open_parentheses_ = 1;
            return;
        case rows::in_row:
            if (text == "(") ++open_parentheses_;
            if (text != ")" || --open_parentheses_ > 0) return;
            copy_until(end_of_current());
            not_copied_ = end_of_current();
            end_item(row_begin_);
            rows_ = rows::behind_row;
            return;
        case rows::behind_row: rows_ = text == "," ? rows::before_row : rows::none; return;
    }
}

// Empty: it is kept.
std::string_view shape_writer::instead_of_string() const noexcept {
    const std::string_view literal = current().text;
    if (literal.front() != '\'' || !is_in_one_piece(literal) || names_moment(literal)) return {};
    // What stands behind UESCAPE decides what the string or the name before it says.
    const bool escape = is_word(previous(), "uescape");
    return escape ? std::string_view() : "''";
}

// Without blanks around it a number is read in one way by one version of PostgreSQL and in another by the next.
std::string_view shape_writer::instead_of_number() const noexcept {
    const char* end = end_of_current();
    if (end != text_.data() + text_.size() && (detail::is(*end, detail::is_word) || *end == '.')) return {};
    if (touches_previous() && (previous().kind != token_kind::symbol || is_symbol(previous(), '.'))) return {};
    if (is_precision_of_float()) return {};
    return is_integer(current().text) ? "0" : ".0";
}

// float(24) is another type than float(25).
bool shape_writer::is_precision_of_float() const noexcept {
    return is_symbol(previous(), '(') && is_word(before_previous(), "float");
}

}  // namespace

void integer_places::note(std::size_t begin, std::size_t size) noexcept {
    if (count_ == places_.size() || size > most_digits || begin > UINT32_MAX) return;
    places_[count_++] = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(size)};
}

// In front of a place all is the same, so the lexer comes there in the same state; digits alone are again an integer, and
// it ends where the rest goes on as it does there.
bool integer_places::are_all_that_differs(std::string_view text, std::string_view noted) const noexcept {
    std::size_t seen = 0;  // of noted
    for (std::size_t i = 0; i < count_; ++i) {
        const std::size_t same = places_[i].begin - seen;
        if (text.substr(0, same) != noted.substr(seen, same)) return false;
        text.remove_prefix(same);
        seen += same + places_[i].size;
        std::size_t digits = 0;
        while (digits < text.size() && detail::is(text[digits], detail::is_digit)) ++digits;
        if (digits == 0 || digits > most_digits) return false;
        text.remove_prefix(digits);
    }
    return text == noted.substr(seen);
}

void write_shape(std::string_view text, std::string& shape) {
    integer_places places;
    write_shape(text, shape, places);
}

void write_shape(std::string_view text, std::string& shape, integer_places& places) {
    shape.clear();
    places.clear();
    // A vertical tab is white space since PostgreSQL 16 and an error before; a NUL is the end of the text.
    if (text.find('\v') == std::string_view::npos && text.find('\0') == std::string_view::npos) {
        shape.reserve(text.size());
        if (shape_writer(text, shape, places).run()) return;
    }
    shape = text;
    places.clear();
}

}  // namespace pgweir::sql
