#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "session/messages.hpp"
#include "wire/backend.hpp"

namespace pgweir::admin::test {

/// The rows of an answer, each as its values with | between them; ~ stands for NULL.
inline std::vector<std::string> rows_of(std::string answer) {
    std::vector<std::string> rows;
    std::vector<std::optional<std::string_view>> values;
    for (const auto& message : pgweir::test::take_messages(answer, pgweir::test::direction::from_server)) {
        if (message.tag != 'D') continue;
        static_cast<void>(wire::decode_data_row(message.body(), values));
        std::string& row = rows.emplace_back();
        for (const auto& value : values) row.append(row.empty() ? "" : "|").append(value.value_or("~"));
    }
    return rows;
}

}  // namespace pgweir::admin::test
