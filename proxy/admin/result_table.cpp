#include "admin/result_table.hpp"

#include "wire/backend.hpp"

namespace pgweir::admin {

void result_table::append_to(std::string& out) const {
    constexpr std::uint32_t text_oid = 25;
    constexpr std::uint32_t int8_oid = 20;
    std::vector<wire::column> described;
    for (const column& each : columns_) {
        wire::column shown;
        shown.name = each.name;
        shown.type_oid = each.type == type::number ? int8_oid : text_oid;
        described.push_back(shown);
    }
    wire::append_row_description(out, described);
    for (const auto& row : rows_) wire::append_data_row(out, row);
    wire::append_command_complete(out, "SHOW");
}

}  // namespace pgweir::admin
