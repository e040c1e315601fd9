#include "config/show.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/key_table.hpp"
#include "config/values.hpp"

namespace pgweir::config {

namespace {

constexpr std::string_view mask = "\"****\"";

std::string in_quotes(std::string_view text) {
    constexpr std::array<char, 17> hex{"0123456789abcdef"};
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            out += "\\x";
            out += hex.at(byte >> 4U);
            out += hex.at(byte & 0xfU);
        } else {
            if (c == '"' || c == '\\') out += '\\';
            if (c == '$') out += '$';  // `$$` is a literal dollar
            out += c;
        }
    }
    return out + '"';
}

/// Names are not subject to `${...}`, and most of them need no quotes.
std::string as_key(std::string_view name) {
    const bool is_plain = name != "null" && !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
                              return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
                          });
    if (is_plain) return std::string(name);
    std::string text = in_quotes(name);
    for (std::size_t at = text.find("$$"); at != std::string::npos; at = text.find("$$", at + 1)) text.erase(at, 1);
    return text;
}

std::string list_text(const std::vector<std::string>& items) {
    std::string out;
    for (const std::string& item : items) out += (out.empty() ? "" : ", ") + in_quotes(item);
    return "[" + out + "]";
}

/// Empty: there is nothing to show.
std::string value_text(const key& k, const value& held) {
    if (const auto* items = std::get_if<std::vector<std::string>>(&held)) return list_text(*items);
    if (const auto* length = std::get_if<base::duration>(&held)) return format_duration(*length);
    if (const auto* text = std::get_if<std::string>(&held)) {
        if (text->empty()) return k.can_be_off ? "off" : "";
        return k.type == value_type::secret ? std::string(mask) : in_quotes(*text);
    }
    if (const auto* number = std::get_if<std::uint64_t>(&held)) {
        if (k.type == value_type::choice) return *number < k.choices.size() ? std::string(k.choices[*number]) : "";
        return *number == 0 && k.can_be_off ? "off" : format_number(k.type, *number);
    }
    return {};
}

class writer {
public:
    explicit writer(settings& all) : all_(all) {}

    void section(std::string_view pattern, const scope& at, std::size_t depth) {
        for (const std::string_view part : children_of(pattern)) {
            if (part == any_name)
                named(pattern, depth);
            else
                fixed(extend(pattern, part), part, at, depth);
        }
    }

    std::string take() { return std::move(out_); }

private:
    void line(std::size_t depth, std::string_view name, std::string_view text) {
        out_.append(depth * 2, ' ').append(name).append(text.empty() ? ":" : ": ").append(text).append("\n");
    }

    void fixed(const std::string& pattern, std::string_view name, const scope& at, std::size_t depth) {
        if (!children_of(pattern).empty()) {
            const bool is_empty = (pattern == "auth.users" && all_.auth.users.empty()) ||
                                  (pattern == "databases" && all_.databases.empty()) ||
                                  (pattern == "cache.rules" && all_.cache.rules.empty());
            line(depth, name, is_empty ? "{}" : "");
            section(pattern, at, depth + 1);
        } else if (const key* k = find_key(pattern)) {
            const std::string text = value_text(*k, k->target.read(at));
            if (!text.empty()) line(depth, name, text);
        }
    }

    void named(std::string_view pattern, std::size_t depth) {
        const std::string below = extend(pattern, any_name);
        if (pattern == "databases") {
            for (auto& [name, database] : all_.databases) {
                line(depth, as_key(name), "");
                section(below, {&all_, &database, nullptr}, depth + 1);
            }
            return;
        }
        if (pattern == "cache.rules") {
            for (cache::rule& rule : all_.cache.rules) {
                line(depth, as_key(rule.name), "");
                section(below, {&all_, nullptr, nullptr, &rule}, depth + 1);
            }
            return;
        }
        for (auto& [name, user] : all_.auth.users) {
            line(depth, as_key(name), user.secret.empty() ? "{}" : "");
            section(below, {&all_, nullptr, &user}, depth + 1);
        }
    }

    settings& all_;
    std::string out_;
};

}  // namespace

std::string show(const settings& effective) {
    settings copy = effective;  // the table's accessors write as well as read
    writer write(copy);
    write.section("", {&copy, nullptr, nullptr}, 0);
    return write.take();
}

}  // namespace pgweir::config
