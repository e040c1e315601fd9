#include "sql/setting_commands.hpp"

#include <algorithm>

#include "sql/word_reader.hpp"

namespace pgweir::sql {

namespace {

// Anybody may set them, at any time, and whether a value is one is said by a list, a range or the time zones that came
// with the server. Not among them: what names relations, roles, files or locales.
constexpr std::array<std::string_view, 22> by_value_alone{"application_name",
                                                          "bytea_output",
                                                          "client_encoding",
                                                          "client_min_messages",
                                                          "datestyle",
                                                          "default_transaction_deferrable",
                                                          "default_transaction_isolation",
                                                          "default_transaction_read_only",
                                                          "escape_string_warning",
                                                          "extra_float_digits",
                                                          "idle_in_transaction_session_timeout",
                                                          "idle_session_timeout",
                                                          "intervalstyle",
                                                          "jit",
                                                          "lock_timeout",
                                                          "row_security",
                                                          "standard_conforming_strings",
                                                          "statement_timeout",
                                                          "synchronize_seqscans",
                                                          "synchronous_commit",
                                                          "timezone",
                                                          "work_mem"};

constexpr std::size_t longest_text = 256;

// How its bytes are read depends on no setting.
bool is_plain(std::string_view text) noexcept {
    return text.size() <= longest_text && std::all_of(text.begin(), text.end(), [](char c) {
               return c == '\n' || c == '\r' || c == '\t' || (c >= ' ' && c <= '~' && c != '\\');
           });
}

bool is_plain_string(const token& one) noexcept {
    return one.kind == token_kind::string && one.text.front() == '\'' && std::ranges::count(one.text, '\'') == 2;
}

}  // namespace

bool setting_commands::add(std::string_view name) noexcept {
    if (count_ == targets_.size()) return false;
    targets_[count_++] = name;
    return true;
}

/// Reads one statement after the other; what it does not know ends it.
class setting_reader : word_reader {
public:
    using word_reader::word_reader;

    bool is_set() const noexcept { return is("set"); }

    bool read_all() noexcept {
        for (std::size_t statements = 0; now().kind != token_kind::end; ++statements) {
            found.several_ = statements > 0;
            if (!take("set") || !read_set()) return false;
            if (now().kind != token_kind::semicolon && now().kind != token_kind::end) return false;
            skip_semicolons();
        }
        return ended();
    }

    setting_commands found;

private:
    bool read_set() noexcept {
        if (take("session") && take("characteristics")) return read_characteristics();
        if (take("time")) return take("zone") && found.add("timezone") && read_zone();
        if (take("names")) return found.add("client_encoding") && read_value();
        if (!at_word()) return false;
        const auto known = std::ranges::find_if(by_value_alone, [this](auto name) { return is(name); });
        if (known == by_value_alone.end() || !found.add(*known)) return false;
        next();
        if (now().text != "=" && !is("to")) return false;
        next();
        return read_values();
    }

    bool read_values() noexcept {
        if (!read_value()) return false;
        while (now().text == ",") {
            next();
            if (!read_value()) return false;
        }
        return true;
    }

    bool read_value() noexcept {
        if (now().text == "-" || now().text == "+") {
            next();
            if (now().kind != token_kind::number) return false;
        }
        // What the default is the configuration says.
        const bool word = at_word() && !is("default") && !is("local");
        if (!word && now().kind != token_kind::number && !is_plain_string(now())) return false;
        next();
        return true;
    }

    bool read_zone() noexcept {
        if (!take("interval")) return read_value();
        if (!is_plain_string(now())) return false;
        // '+05:30' means the same whatever IntervalStyle is.
        const std::string_view offset = now().text.substr(1, now().text.size() - 2);
        if (offset.size() != 6 || (offset[0] != '+' && offset[0] != '-') || offset[3] != ':') return false;
        next();
        return take("hour") && take("to") && take("minute");
    }

    bool read_characteristics() noexcept {
        if (!take("as") || !take("transaction") || !at_word()) return false;
        while (at_word() || now().text == ",") next();
        return found.add("default_transaction_isolation") && found.add("default_transaction_read_only") &&
               found.add("default_transaction_deferrable");
    }
};

setting_commands setting_commands::find(std::string_view text) noexcept {
    setting_reader reader(text);
    if (!reader.is_set() || !is_plain(text) || !reader.read_all()) return {};
    return reader.found;
}

}  // namespace pgweir::sql
