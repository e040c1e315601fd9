#pragma once

#include <cassert>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

namespace pgweir::base {

/// A value or the reason there is none. Every module that can fail has its own `error_code` enum, registered
/// with std::error_code, so that a reason keeps its module's name in a log line and can still be compared with
/// an enumerator. Nothing below start-up and configuration throws.
template <class T>
class [[nodiscard]] result {
public:
    result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    result(std::error_code error) : state_(std::in_place_index<1>, error) { assert(error); }

    template <class Enum>
        requires std::is_error_code_enum_v<Enum>
    result(Enum error) : result(std::error_code(error)) {}

    explicit operator bool() const noexcept { return state_.index() == 0; }
    bool has_value() const noexcept { return state_.index() == 0; }

    /// Requires has_value().
    T& value() & { return *std::get_if<0>(&state_); }
    const T& value() const& { return *std::get_if<0>(&state_); }
    T&& value() && { return std::move(*std::get_if<0>(&state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    /// The empty error_code when there is a value.
    std::error_code error() const noexcept {
        const auto* held = std::get_if<1>(&state_);
        return held != nullptr ? *held : std::error_code{};
    }

private:
    std::variant<T, std::error_code> state_;
};

/// What an operation without a value returns: empty means it worked.
using status = std::error_code;

}  // namespace pgweir::base
