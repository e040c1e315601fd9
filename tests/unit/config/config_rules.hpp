#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "config/load.hpp"
#include "config/show.hpp"

namespace pgweir::test {

/// What holds for every text that is loaded as a configuration. Empty, or the rule that this text breaks.
inline std::string broken_config_rule(std::string_view text) {
    const config::source from{"", {}, {{"SET", "value"}, {"EMPTY", ""}}};
    const config::outcome loaded = config::load_text("c.yaml", std::string(text), from);
    // yaml-cpp also breaks lines at a lone CR.
    const auto lines = std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }) + 1;
    for (const config::problem& each : loaded.problems) {
        if (each.message.empty()) return "a problem says what is wrong";
        if (each.line < 0 || each.line > lines) return "a problem lies in the text";
        if ((each.line == 0) != (each.column == 0)) return "line and column go together";
        if (each.message.find("cannot be loaded") == 0) return "nothing unexpected is thrown: " + each.message;
    }
    if (!loaded.ok()) return "";
    const std::string shown = config::show(loaded.value);
    const config::outcome again = config::load_text("shown", shown, {});
    if (!again.ok()) return "what is shown can be loaded: " + to_string(again.problems.front()) + "\n" + shown;
    return config::show(again.value) == shown ? "" : "what is shown is read back as the same";
}

}  // namespace pgweir::test
