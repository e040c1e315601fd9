#pragma once

#include <string>
#include <string_view>

namespace pgweir::sql {

/// Appends the text with one blank in place of each stretch of comments and white space that has a comment in it, and
/// none at either end: tools write a trace's number into comments, and make every text another one. What is left means
/// the same, and two texts that differ in more than that stay different. Not for encodings that `tokens` excludes.
void append_without_comments(std::string& out, std::string_view text, bool standard_conforming_strings);

}  // namespace pgweir::sql
