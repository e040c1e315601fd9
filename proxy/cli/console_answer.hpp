#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "cli/console_table.hpp"

namespace pgweir::cli {

/// An ErrorResponse of the console.
struct console_refusal {
    std::string sqlstate;
    std::string message;
    std::string hint;  ///< empty: none
};

/// What a console says up to ReadyForQuery, to a login or to a command, put together from bytes as they come. Knows
/// no socket.
class console_answer {
public:
    /// Takes what messages are whole, up to the end of the answer; `consumed` bytes were taken. An error is what shows
    /// that this is no console: no message of the protocol, one that is broken, a request for a password.
    base::status receive(base::bytes_view input, std::size_t& consumed);

    /// ReadyForQuery has come.
    bool complete() const noexcept { return complete_; }

    /// The first error. It may be the last thing that comes.
    const std::optional<console_refusal>& refusal() const noexcept { return refusal_; }

    /// The last result; without columns when there was none.
    const console_table& table() const noexcept { return table_; }

private:
    base::status take(char tag, base::bytes_view body);
    base::status take_columns(base::bytes_view body);
    base::status take_row(base::bytes_view body);
    base::status take_error(base::bytes_view body);

    console_table table_;
    std::optional<console_refusal> refusal_;
    bool complete_ = false;
};

}  // namespace pgweir::cli
