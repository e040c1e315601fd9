#include "sql/reason.hpp"

namespace pgweir::sql {

const reason_description* describe(reason reasons) noexcept {
    for (const reason_description& one : reason_descriptions)
        if (has(reasons, one.value)) return &one;
    return nullptr;
}

}  // namespace pgweir::sql
