#pragma once

#include <string>
#include <string_view>

namespace pgweir::auth {

/// A password as SCRAM hashes it. Like PostgreSQL: ASCII stays as it is, and text that is not UTF-8, contains what
/// RFC 4013 section 2.3 prohibits or would become empty is used as the raw bytes. Of section 2.1 both mappings are
/// done (other spaces to U+0020, "commonly mapped to nothing" removed).
///
/// A stated limit: NFKC (section 2.2) and the checks for bidirectional text and unassigned code points are left
/// out, as their tables are large. A password with compatibility or decomposed characters (ligatures, full-width
/// letters) therefore needs a ready verifier instead of clear text in the configuration.
std::string saslprep(std::string_view password);

}  // namespace pgweir::auth
