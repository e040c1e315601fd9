#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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
    parsed(T value) : value_(std::move(value)) {}
    parsed(complaint why) : why_(std::move(why.text)) {}

    explicit operator bool() const noexcept { return value_.has_value(); }

    /// Requires a value.
    const T& operator*() const { return *value_; }
    const T* operator->() const { return &*value_; }

    const std::string& error() const noexcept { return why_; }

private:
    std::optional<T> value_;
    std::string why_;
};

/// Decimal digits only: no sign, no `_`, no leading zero (which YAML 1.1 reads as octal).
parsed<std::uint64_t> parse_count(std::string_view text);

/// `250ms`, `5s`, `1h30m`: whole numbers with the units d h m s ms us, larger units first. A bare number is refused.
parsed<base::duration> parse_duration(std::string_view text);

/// In the form that parse_duration reads, to the microsecond; `off` for zero.
std::string format_duration(base::duration);

/// Bytes: `512B 64KiB 64MiB 1GiB 1TiB` (powers of 1024), `64kB 64MB 1GB 1TB` (powers of 1000). A bare number is refused.
parsed<std::uint64_t> parse_size(std::string_view text);

/// `true` and `false`, nothing else.
parsed<bool> parse_bool(std::string_view text);

}  // namespace pgweir::config
