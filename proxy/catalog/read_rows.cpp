#include "catalog/read_rows.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>
#include <utility>

namespace pgweir::catalog {

namespace {

/// The fields of a row, read in order. When one of them is not what it should be, none of the row counts.
class fields {
public:
    fields(const text_row& row, std::size_t size) : row_(row), sound_(row.size() == size) {}

    std::string text() {
        const auto* field = next();
        if (field == nullptr || !*field) sound_ = false;
        return sound_ ? **field : std::string();
    }
    std::optional<std::string> perhaps() {
        const auto* field = next();
        return field == nullptr ? std::nullopt : *field;
    }
    bool flag() {
        const std::string value = text();
        if (value != "t" && value != "f") sound_ = false;
        return value == "t";
    }
    char letter() {
        const std::string value = text();
        if (value.size() != 1) sound_ = false;
        return sound_ ? value.front() : ' ';
    }
    oid number() {
        const auto value = read_oid(text());
        if (!value) sound_ = false;
        return value.value_or(0);
    }
    oid number_or_none() {
        const auto value = perhaps();
        if (!value) return 0;
        const auto known = read_oid(*value);
        if (!known) sound_ = false;
        return known.value_or(0);
    }
    std::vector<oid> numbers();

    template <class Read>
    std::optional<Read> result(Read read) const {
        return sound_ ? std::optional(std::move(read)) : std::nullopt;
    }

private:
    const std::optional<std::string>* next() {
        if (at_ >= row_.size()) sound_ = false;
        return sound_ ? &row_[at_++] : nullptr;
    }

    const text_row& row_;
    std::size_t at_ = 0;
    bool sound_;
};

// An array: {1,2}
std::vector<oid> fields::numbers() {
    const std::string array = text();
    std::vector<oid> found;
    if (array.size() < 2 || array.front() != '{' || array.back() != '}') {
        sound_ = false;
        return found;
    }
    std::string_view rest = std::string_view(array).substr(1, array.size() - 2);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        const auto one = read_oid(std::string(rest.substr(0, end)));
        if (!one) sound_ = false;
        found.push_back(one.value_or(0));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return found;
}

using link_kind = schema_rows::link_kind;

constexpr std::array<std::pair<char, link_kind>, 12> letters{{
    {'i', link_kind::inherits},
    {'v', link_kind::view},
    {'k', link_kind::key},
    {'t', link_kind::trigger},
    {'c', link_kind::calls},
    {'w', link_kind::watches},
    {'a', link_kind::analyzes},
    {'y', link_kind::column},
    {'p', link_kind::component},
    {'r', link_kind::routine},
    {'h', link_kind::hidden},
    {'s', link_kind::sorts},
}};

}  // namespace

std::optional<oid> read_oid(const std::string& text) {
    oid number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<schema_rows::relation> read_relation(const text_row& row) {
    fields next(row, 7);
    schema_rows::relation read;
    read.id = next.number();
    read.schema = next.text();
    read.name = next.text();
    read.kind = next.letter();
    read.persistence = next.letter();
    read.row_security = next.flag();
    read.rules = next.flag();
    return next.result(std::move(read));
}

std::optional<schema_rows::routine> read_routine(const text_row& row) {
    fields next(row, 10);
    schema_rows::routine read;
    read.id = next.number();
    read.schema = next.text();
    read.name = next.text();
    read.kind = next.letter();
    read.volatility = next.letter();
    read.of_extension = next.flag();
    read.takes_row = next.flag();
    read.callable = next.flag();
    read.language = next.text();
    read.body = next.perhaps();
    return next.result(std::move(read));
}

std::optional<schema_rows::operation> read_operator(const text_row& row) {
    fields next(row, 3);
    schema_rows::operation read;
    read.schema = next.text();
    read.name = next.text();
    read.routine = next.number();
    return next.result(std::move(read));
}

std::optional<schema_rows::type> read_type(const text_row& row) {
    fields next(row, 8);
    schema_rows::type read;
    read.id = next.number();
    read.schema = next.text();
    read.name = next.text();
    read.kind = next.letter();
    read.checked = next.flag();
    read.made_of = next.number_or_none();
    read.row_of = next.number();
    read.routines = next.numbers();
    return next.result(std::move(read));
}

std::optional<schema_rows::cast> read_cast(const text_row& row) {
    fields next(row, 4);
    schema_rows::cast read;
    read.implicit = next.flag();
    read.schema = next.text();
    read.name = next.text();
    read.routine = next.number();
    return next.result(std::move(read));
}

std::optional<schema_rows::link> read_link(const text_row& row) {
    fields next(row, 4);
    const char letter = next.letter();
    const auto known = std::ranges::find(letters, letter, &std::pair<char, link_kind>::first);
    if (known == letters.end()) return std::nullopt;
    schema_rows::link read;
    read.kind = known->second;
    read.from = next.number_or_none();
    read.to = next.number();
    read.detail = next.perhaps().value_or("");
    return next.result(std::move(read));
}

}  // namespace pgweir::catalog
