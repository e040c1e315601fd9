#include "config/read_value.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "config/addresses.hpp"
#include "config/names.hpp"
#include "config/secret_file.hpp"
#include "config/suggest.hpp"
#include "config/values.hpp"

namespace pgweir::config {

namespace {

constexpr std::string_view off_word = "off";

std::string allowed_range(const key& k) {
    const auto show = [&](std::uint64_t bound) { return format_number(k.type, bound); };
    if (k.allowed.least == k.allowed.most) return "has to be " + show(k.allowed.least);
    return "has to be from " + show(k.allowed.least) + " to " + show(k.allowed.most) + (k.can_be_off ? ", or off" : "");
}

bool within(const range& allowed, std::uint64_t number) {
    return number >= allowed.least && number <= allowed.most;
}

parsed<value> read_count(const key& k, std::string_view text) {
    const auto number = parse_count(text);
    if (!number) return complaint{number.error()};
    if (!within(k.allowed, *number)) return complaint{allowed_range(k)};
    return value(*number);
}

// The whole is one, so that nobody has to think about fractions.
parsed<value> read_share(const key& k, std::string_view text) {
    constexpr std::string_view one_in = "1/";
    if (!text.starts_with(one_in)) return complaint{cited(text) + " is no share: write it as 1/1000"};
    return read_count(k, text.substr(one_in.size()));
}

parsed<value> read_size(const key& k, std::string_view text) {
    const auto bytes = parse_size(text);
    if (!bytes) return complaint{bytes.error()};
    if (!within(k.allowed, *bytes)) return complaint{allowed_range(k)};
    return value(*bytes);
}

parsed<value> read_duration(const key& k, std::string_view text) {
    const auto length = parse_duration(text);
    if (!length) return complaint{length.error()};
    if (*length == base::off && k.zero_is_off) return value(base::off);
    if (*length == base::off && k.can_be_off) return complaint{"must not be zero: write off to switch it off"};
    if (!within(k.allowed, static_cast<std::uint64_t>(length->count()))) return complaint{allowed_range(k)};
    return value(*length);
}

std::string list_of(std::span<const std::string_view> words) {
    std::string text;
    for (const std::string_view word : words) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

parsed<value> read_choice(const key& k, std::string_view text) {
    const auto found = std::find(k.choices.begin(), k.choices.end(), text);
    if (found != k.choices.end()) return value(static_cast<std::uint64_t>(found - k.choices.begin()));
    if (std::find(k.planned_choices.begin(), k.planned_choices.end(), text) != k.planned_choices.end())
        return complaint{cited(text) + " is not available in this version; one of " + list_of(k.choices)};
    std::string why = cited(text) + " is not one of " + list_of(k.choices);
    const std::string_view near = nearest(text, {k.choices.begin(), k.choices.end()});
    if (!near.empty()) why += "; did you mean '" + std::string(near) + "'?";
    return complaint{why};
}

parsed<std::string> read_text(const std::string& text) {
    if (text.empty()) return complaint{"must not be empty"};
    if (text.find('\0') != std::string::npos) return complaint{"must not hold a NUL byte"};
    return text;
}

parsed<std::string> read_address(const std::string& text) {
    const auto address = parse_tcp_address(text);
    if (!address) return complaint{address.error()};
    return text;
}

parsed<std::string> read_listen_address(const std::string& text) {
    const auto address = parse_listen_address(text);
    if (!address) return complaint{address.error()};
    return text;
}

parsed<value> as_value(const parsed<std::string>& text) {
    if (!text) return complaint{text.error()};
    return value(*text);
}

parsed<value> read_scalar(const key& k, const node& written) {
    const std::string& text = written.text;
    switch (k.type) {
        case value_type::count: return read_count(k, text);
        case value_type::duration: return read_duration(k, text);
        case value_type::size: return read_size(k, text);
        case value_type::share: return read_share(k, text);
        case value_type::choice: return read_choice(k, text);
        case value_type::pattern: return as_value(read_text(text));
        case value_type::text: return as_value(parse_name(text));
        case value_type::secret: return as_value(read_text(text));
        case value_type::secret_file:
            return as_value(read_secret_file(text, written.where.line > 0 ? written.where.file : ""));
        case value_type::address: return as_value(read_address(text));
        case value_type::socket_path: return as_value(parse_socket_path(text));
        case value_type::host: return as_value(parse_upstream_host(text));
        case value_type::upstream:
        case value_type::addresses:
        case value_type::names:
        case value_type::networks: break;
    }
    return complaint{"cannot be read"};
}

value off_value(value_type type) {
    if (type == value_type::duration) return base::off;
    const bool is_number = type == value_type::count || type == value_type::share || type == value_type::size;
    if (is_number) return std::uint64_t{0};
    return std::string();
}

bool is_list(value_type type) {
    return type == value_type::addresses || type == value_type::names || type == value_type::networks;
}

parsed<std::string> read_item(value_type type, const std::string& text) {
    if (type == value_type::addresses) return read_listen_address(text);
    return type == value_type::networks ? parse_network(text) : parse_name(text);
}

std::optional<value> read_list(const key& k, const node& written, const std::string& path, problems& found) {
    if (written.kind != node::shape::list) {
        report(found, written.where, path, "has to be a list, as [one, two]");
        return std::nullopt;
    }
    std::vector<std::string> values;
    for (const node& item : written.items) {
        if (item.kind == node::shape::broken) continue;
        if (item.kind != node::shape::scalar) {
            report(found, item.where, path, "each entry of the list has to be text");
            continue;
        }
        const auto read = read_item(k.type, item.text);
        if (!read)
            report(found, item.where, path, read.error());
        else if (std::find(values.begin(), values.end(), *read) != values.end())
            report(found, item.where, path, cited(*read) + " is given twice");
        else
            values.push_back(*read);
    }
    if (k.type == value_type::addresses && written.items.empty())
        report(found, written.where, path, "needs at least one address");
    return value(std::move(values));
}

std::optional<value> read_upstream(const node& written, const std::string& path, problems& found) {
    const conninfo_result read = parse_conninfo(written.text);
    for (const std::string& why : read.complaints) report(found, written.where, path, why);
    if (!read.complaints.empty()) return std::nullopt;
    return value(read.value);
}

}  // namespace

std::optional<value> read_value(const key& k, const node& written, const std::string& path, problems& found) {
    if (written.kind == node::shape::broken) return std::nullopt;
    if (written.kind == node::shape::null) {
        report(found, written.where, path, "needs a value");
        return std::nullopt;
    }
    if (is_list(k.type)) return read_list(k, written, path, found);
    if (written.kind != node::shape::scalar) {
        report(found, written.where, path, "has to be a single value");
        return std::nullopt;
    }
    if (k.type == value_type::upstream) return read_upstream(written, path, found);
    if (written.text == off_word && k.can_be_off) return off_value(k.type);
    const bool is_word = k.type == value_type::count || k.type == value_type::duration || k.type == value_type::size;
    if (written.text == off_word && is_word) {
        report(found, written.where, path, "cannot be switched off; " + allowed_range(k));
        return std::nullopt;
    }
    const auto read = read_scalar(k, written);
    if (read) return *read;
    report(found, written.where, path, read.error());
    return std::nullopt;
}

}  // namespace pgweir::config
