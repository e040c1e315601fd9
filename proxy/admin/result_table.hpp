#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgweir::admin {

/// A result as a client of the simple protocol gets it.
class result_table {
public:
    enum class type { text, number };
    struct column {
        std::string name;
        result_table::type type = result_table::type::text;
    };

    explicit result_table(std::vector<column> columns) : columns_(std::move(columns)) {}

    /// Requires one cell for each column.
    void add(std::vector<std::optional<std::string>> row) { rows_.push_back(std::move(row)); }

    /// RowDescription, DataRows and CommandComplete.
    void append_to(std::string& out) const;

private:
    std::vector<column> columns_;
    std::vector<std::vector<std::optional<std::string>>> rows_;
};

}  // namespace pgweir::admin
