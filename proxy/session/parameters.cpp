#include "session/parameters.hpp"

#include <algorithm>
#include <array>

namespace pgweir::session {

namespace {

// A dotted name is quoted part by part.
void append_setting_name(std::string& out, std::string_view name) {
    for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
        append_identifier(out, name.substr(0, dot));
        out += '.';
        name.remove_prefix(dot + 1);
    }
    append_identifier(out, name);
}

std::string serialise(const std::vector<parameters::entry>& entries) {
    std::string text;
    for (const auto& [name, value] : entries) {
        text.append(name).push_back('\0');
        text.append(value).push_back('\0');
    }
    return text;
}

bool is_ascii(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// The server reads the whole text by the encoding that its session has before any of it is executed.
void append_value(std::string& out, std::string_view value, std::string_view encoding) {
    if (encoding.empty() || is_ascii(value)) return append_literal(out, value);
    constexpr std::string_view digits = "0123456789abcdef";
    out += "pg_catalog.convert_from(pg_catalog.decode('";
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        out += digits[byte / 16];
        out += digits[byte % 16];
    }
    out += "','hex'),";
    append_literal(out, encoding);
    out += ')';
}

template <class Entries>
auto find_entry(Entries& entries, std::string_view name) {
    return std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.first == name; });
}

const std::string* find_value(const std::vector<parameters::entry>& entries, std::string_view name) {
    const auto found = find_entry(entries, name);
    return found == entries.end() ? nullptr : &found->second;
}

}  // namespace

bool is_identity(std::string_view name) {
    return name == "role" || name == "session_authorization";
}

void append_literal(std::string& out, std::string_view value) {
    out += "E'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') out += c;
        out += c;
    }
    out += '\'';
}

void append_identifier(std::string& out, std::string_view name) {
    out += '"';
    for (const char c : name) {
        if (c == '"') out += c;
        out += c;
    }
    out += '"';
}

std::string lower_case(std::string_view name) {
    std::string folded(name);
    for (char& c : folded) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return folded;
}

bool is_read_only_report(std::string_view name) {
    static constexpr std::array<std::string_view, 6> read_only{"server_version",        "server_encoding",
                                                               "integer_datetimes",     "is_superuser",
                                                               "session_authorization", "in_hot_standby"};
    const std::string folded = lower_case(name);
    return std::find(read_only.begin(), read_only.end(), folded) != read_only.end();
}

parameters parameters::make(base::interner& texts, std::vector<entry> entries) {
    for (auto& [name, value] : entries) name = lower_case(name);
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<entry> unique;
    for (auto& candidate : entries) {
        if (!unique.empty() && unique.back().first == candidate.first)
            unique.back() = std::move(candidate);
        else
            unique.push_back(std::move(candidate));
    }
    parameters made;
    made.text_ = texts.intern(serialise(unique));
    return made;
}

std::vector<parameters::entry> parameters::entries() const {
    std::vector<entry> all;
    for_each([&](std::string_view name, std::string_view value) { all.emplace_back(name, value); });
    return all;
}

std::optional<std::string_view> parameters::find(std::string_view lower_case_name) const {
    std::optional<std::string_view> found;
    for_each([&](std::string_view name, std::string_view value) {
        if (name == lower_case_name) found = value;
    });
    return found;
}

parameters parameters::with(base::interner& texts, std::string_view name, std::string_view value) const {
    const std::string folded = lower_case(name);
    std::string text;
    bool placed = false;
    const auto place = [&](std::string_view key, std::string_view content) {
        text.append(key).push_back('\0');
        text.append(content).push_back('\0');
    };
    for_each([&](std::string_view key, std::string_view content) {
        if (!placed && folded <= key) {
            place(folded, value);
            placed = true;
        }
        if (key != folded) place(key, content);
    });
    if (!placed) place(folded, value);
    parameters made;
    made.text_ = texts.intern(text);
    return made;
}

bool parameters::is_ascii() const {
    return !text_ || session::is_ascii(text_.text());
}

parameters parameters::overlaid(base::interner& texts, const parameters& over) const {
    auto all = entries();
    for (auto& more : over.entries()) all.push_back(std::move(more));
    return make(texts, std::move(all));
}

transition plan_transition(const std::optional<parameters>& from, const parameters& baseline, const parameters& to) {
    transition plan;
    if (from && *from == to) return plan;

    auto present = (from ? *from : baseline).entries();
    auto wanted = to.entries();
    // RESET ALL leaves role and session_authorization alone (GUC_NO_RESET_ALL).
    if (!from)
        plan.sql = "RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL;";
    else if (std::any_of(present.begin(), present.end(), [](const auto& e) { return is_identity(e.first); }))
        plan.sql = "RESET SESSION AUTHORIZATION;RESET ROLE;";
    // What is left to do is done as the user who logged in, and a role is taken on only when all else is set: it need
    // not have the right to do so.
    std::erase_if(present, [](const auto& e) { return is_identity(e.first); });
    std::stable_partition(wanted.begin(), wanted.end(), [](const auto& e) { return !is_identity(e.first); });
    const auto role = find_entry(wanted, "role");
    if (role != wanted.end()) std::rotate(role, role + 1, wanted.end());

    const auto reset = [&plan](std::string_view name) {
        plan.sql += "RESET ";
        append_setting_name(plan.sql, name);
        plan.sql += ';';
    };
    for (const auto& [name, value] : present) {
        if (find_value(wanted, name) != nullptr) continue;
        if (name.find('.') != std::string::npos) plan.needs_other_server = true;
        reset(name);
    }
    const std::string encoding(to.find("client_encoding").value_or(""));
    const std::string* const encoding_before = find_value(present, "client_encoding");
    const bool reads_alike = encoding_before != nullptr && *encoding_before == encoding;
    std::vector<parameters::entry> different;
    for (const auto& [name, value] : wanted) {
        const std::string* has = find_value(present, name);
        if (has != nullptr && *has == value && (reads_alike || is_ascii(value))) continue;
        // Also PostgreSQL's record of what was set in the session is that of a fresh one.
        if (baseline.find(name) == value)
            reset(name);
        else
            different.emplace_back(name, value);
    }
    if (!different.empty()) plan.sql += set_statement(different, encoding);
    return plan;
}

std::string set_statement(const std::vector<parameters::entry>& settings, std::string_view encoding) {
    // set_config() and not SET: only it reads a list such as search_path as the startup packet does.
    std::string sql = "SELECT ";
    for (const auto& [name, value] : settings) {
        if (sql.back() == ')') sql += ',';
        sql += "pg_catalog.set_config(";
        append_literal(sql, name);
        sql += ',';
        append_value(sql, value, encoding);
        sql += ",false)";
    }
    return sql;
}

}  // namespace pgweir::session
