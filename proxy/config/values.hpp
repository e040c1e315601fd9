#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/time.hpp"

namespace pgweir::config {

/// Why a text is no value, in words that follow the key's name.
struct complaint {
    std::string text;
};

/// A value, or a complaint. Configuration speaks to people, so that an error_code would say too little.
template <class T>
class [[nodiscard]] parsed {
public:
    parsed(T value) : held_(std::move(value)) {}
    parsed(complaint why) : held_(std::move(why)) {}

    explicit operator bool() const noexcept { return std::holds_alternative<T>(held_); }

    /// Requires a value.
    const T& operator*() const { return *std::get_if<T>(&held_); }
    const T* operator->() const { return std::get_if<T>(&held_); }

    /// The empty text when there is a value.
    std::string error() const {
        const auto* why = std::get_if<complaint>(&held_);
        return why != nullptr ? why->text : std::string();
    }

private:
    std::variant<T, complaint> held_;
};

/// Decimal digits only: no sign, no `_`, no leading zero (which YAML 1.1 reads as octal).
parsed<std::uint64_t> parse_count(std::string_view text);

/// `250ms`, `5s`, `1h30m`: whole numbers with the units d h m s ms us, larger units first. A bare number is refused.
parsed<base::duration> parse_duration(std::string_view text);

/// In the form that parse_duration reads, to the microsecond; `off` for zero.
std::string format_duration(base::duration);

/// Bytes: `512B 64KiB 64MiB 1GiB 1TiB` (powers of 1024), `64kB 64MB 1GB 1TB` (powers of 1000). A bare number is refused.
parsed<std::uint64_t> parse_size(std::string_view text);

/// In the form that parse_size reads, by the largest power of 1024 that gives a whole number.
std::string format_size(std::uint64_t bytes);

/// `true` and `false`, nothing else.
parsed<bool> parse_bool(std::string_view text);

}  // namespace pgweir::config
