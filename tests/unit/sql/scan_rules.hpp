#pragma once

#include <string>
#include <string_view>

#include "sql/scan.hpp"
#include "sql/tokens.hpp"

/// What must hold for every text; shared by the unit tests and the fuzz target. Each returns the broken rule or "".
namespace pgweir::test {

inline bool lies_within(std::string_view part, std::string_view text) {
    return part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size();
}

inline std::string broken_token_rule(std::string_view text, bool standard_conforming_strings) {
    sql::tokens source(text, standard_conforming_strings);
    const char* end_of_last = text.data();
    for (sql::token t = source.next(); t.kind != sql::token_kind::end; t = source.next()) {
        if (t.text.empty()) return "a token has text";
        if (!lies_within(t.text, text)) return "a token lies within the text";
        if (t.text.data() < end_of_last) return "tokens come in order";
        end_of_last = t.text.data() + t.text.size();
    }
    return source.next().kind == sql::token_kind::end ? "" : "the end is the end";
}

inline std::string broken_scan_rule(std::string_view text, bool standard_conforming_strings) {
    using sql::effect;
    const auto flags_of = [=](const std::string& changed) {
        return sql::scan(changed, standard_conforming_strings).flags;
    };
    const sql::scan_result result = sql::scan(text, standard_conforming_strings);

    for (std::size_t i = 0; i < result.set_target_count; ++i)
        if (const auto target = result.set_targets[i]; !lies_within(target, text) && target != "timezone" &&
                                                       target != "client_encoding" && target != "search_path" &&
                                                       target != "xmloption")
            return "a setting lies within the text";
    if (!result.deallocate_name.empty() && !lies_within(result.deallocate_name, text))
        return "a statement's name lies within the text";
    if (has(result.flags, effect::empty) && result.flags != effect::empty) return "an empty text does nothing";
    if (has(result.flags, effect::plain_read) && has(result.flags, effect::data_modifying))
        return "a read does not write";
    if (has(result.flags, effect::set_named | effect::reset) != (result.set_target_count > 0))
        return "a SET that can be named has a name";

    const std::string copy(text);
    if (flags_of(" /* c */ -- d\n" + copy) != result.flags) return "comments in front change nothing";

    constexpr effect kind =
        effect::empty | effect::plain_read | effect::data_modifying | effect::multi_statement | effect::copy;
    if ((flags_of("SELECT 1;" + copy) & ~kind) != (result.flags & ~kind)) return "a statement hides none behind it";

    // The text's own $ could end the tag, and its last byte could become part of it.
    if (copy.find("$fuzz") == std::string::npos &&
        (flags_of("SELECT $fuzz$" + copy + " $fuzz$") & ~effect::time_literal) != effect::plain_read)
        return "nothing inside a string has an effect";
    return "";
}

}  // namespace pgweir::test
