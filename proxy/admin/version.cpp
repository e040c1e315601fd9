#include "admin/version.hpp"

namespace pgweir::admin {

std::string_view version() noexcept {
    return PGWEIR_VERSION;
}

std::string_view revision() noexcept {
    return PGWEIR_REVISION;
}

}  // namespace pgweir::admin
