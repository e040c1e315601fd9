#pragma once

#include <memory>
#include <string>

#include "catalog/schema_contents.hpp"
#include "catalog/schema_rows.hpp"

namespace pgweir::catalog {

/// Puts together what the catalogs' rows say. Rows that name what is not there are left out, as the reading that brought
/// them was not made at one moment; then views refer to what is not known.
std::shared_ptr<const schema_contents> build_contents(const schema_rows& rows, std::string fingerprint);

/// Of a database with more in it than is read: nothing is known.
std::shared_ptr<const schema_contents> build_too_large(std::string fingerprint);

}  // namespace pgweir::catalog
