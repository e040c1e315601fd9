#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

/// PostgreSQL's own MD5 method: manual section 55.2.1. Each function has no value where this OpenSSL refuses MD5
/// (a FIPS provider does).
namespace pgweir::auth {

/// `md5` and 32 lower-case digits: what pg_authid.rolpassword holds.
std::optional<std::string> md5_hash(std::string_view password, std::string_view user);

/// What the client sends: the stored hash, hashed again with the server's four bytes of salt.
/// Requires a text for which is_md5_hash() holds.
std::optional<std::string> md5_response(std::string_view stored, base::bytes_view salt);

bool is_md5_hash(std::string_view text) noexcept;

}  // namespace pgweir::auth
