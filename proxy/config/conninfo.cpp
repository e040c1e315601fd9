#include "config/conninfo.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "config/addresses.hpp"
#include "config/names.hpp"
#include "config/problem.hpp"

namespace pgweir::config {

namespace {

/// A keyword that changes nothing with this value, so that a URL made for another tool can be used as it is.
struct harmless {
    std::string_view keyword;
    std::string_view value;
};

constexpr std::array<harmless, 8> harmless_settings{{
    {"sslmode", "disable"},
    {"sslmode", "allow"},
    {"sslmode", "prefer"},
    {"gssencmode", "disable"},
    {"gssencmode", "prefer"},
    {"channel_binding", "disable"},
    {"channel_binding", "prefer"},
    {"target_session_attrs", "any"},
}};

struct hint {
    std::string_view keyword;
    std::string_view text;
};

constexpr std::string_view no_tls = "needs TLS to the server, which is not available in this version";

constexpr std::array<hint, 12> hints{{
    {"sslmode", no_tls},
    {"channel_binding", no_tls},
    {"sslrootcert", no_tls},
    {"sslcert", no_tls},
    {"sslkey", no_tls},
    {"sslcrl", no_tls},
    {"connect_timeout", "is not taken from here: set server.connect_timeout of the database"},
    {"passfile", "is not read: write upstream as a map with password_file"},
    {"options", "is not supported here: clients send their own options"},
    {"application_name", "is not supported here: clients send their own application_name"},
    {"client_encoding", "is not supported here: clients send their own client_encoding"},
    {"hostaddr", "is not supported: write the address as host"},
}};

constexpr std::string_view expected_form =
    "is neither a URL (postgres://user:password@host:port/database) nor keyword=value text";

bool is_scheme(std::string_view text) {
    return !text.empty() && text.size() < 32 &&
           std::all_of(
               text.begin(), text.end(),
               [](char c) {
                   return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
                          c == '-' || c == '.';
               });
}

bool is_keyword(std::string_view text) {
    return !text.empty() && text.size() < 40 &&
           std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

/// `postgresql+psycopg2://` and the like are what other tools put into DATABASE_URL.
std::string scheme_complaint(std::string_view text) {
    const std::string_view scheme = text.substr(0, text.find("://"));
    if (scheme.size() == text.size() || !is_scheme(scheme) || scheme == "postgres" || scheme == "postgresql") return {};
    return "has the unknown URL scheme " + cited(scheme) + ": write postgres://";
}

/// libpq's messages repeat the text, password and all, so they are told apart here and said anew.
std::string explain(std::string_view message) {
    for (const std::string_view start : {"invalid connection option \"", "invalid URI query parameter: \""}) {
        if (message.substr(0, start.size()) != start) continue;
        const std::string_view rest = message.substr(start.size());
        const std::string_view name = rest.substr(0, rest.find('"'));
        if (is_keyword(name)) return "has the unknown keyword " + cited(name);
    }
    if (message.find("percent-encoded") != std::string_view::npos)
        return "has a broken percent-encoding: a literal % is written %25";
    if (message.find("missing \"=\" after") == 0) return std::string(expected_form);
    if (message.find("unterminated quoted string") == 0) return "has an opening quote without a closing one";
    return "is not a valid connection URL: a / @ : ? # or % inside a user name or password is written as %2F %40 %3A "
           "%3F "
           "%23 or %25";
}

/// Empty if the setting can be ignored because it asks for what happens anyway.
std::string refusal(std::string_view keyword, std::string_view value) {
    for (const harmless& each : harmless_settings)
        if (each.keyword == keyword && each.value == value) return {};
    std::string text(keyword);
    if (keyword == "sslmode") {
        // The value is repeated only if it is one: see above.
        for (const std::string_view strict : {"require", "verify-ca", "verify-full"})
            if (value == strict) return text + "=" + std::string(value) + " " + std::string(no_tls);
        return text + " has to be disable, allow or prefer";
    }
    for (const hint& each : hints)
        if (each.keyword == keyword) return text + " " + std::string(each.text);
    return text + " is not supported";
}

void take_name(std::string_view what, const char* value, std::string& target, conninfo_result& out) {
    const auto name = parse_name(value);
    if (name)
        target = *name;
    else
        out.complaints.push_back("the " + std::string(what) + " " + name.error());
}

void take(std::string_view keyword, const char* value, conninfo_result& out) {
    if (keyword == "host") {
        const auto host = parse_upstream_host(value);
        if (host)
            out.value.host = *host;
        else
            out.complaints.push_back(host.error());
    } else if (keyword == "port") {
        const auto port = parse_port(value);
        if (port)
            out.value.port = *port;
        else if (std::string_view(value).find(',') == std::string_view::npos)  // else the hosts were complained about
            out.complaints.push_back(port.error() + "; a / or : inside a password is written as %2F or %3A");
    } else if (keyword == "dbname") {
        take_name("database", value, out.value.database, out);
    } else if (keyword == "user") {
        take_name("user", value, out.value.user, out);
    } else if (keyword == "password") {
        out.value.password = value;
    } else if (const std::string why = refusal(keyword, value); !why.empty()) {
        out.complaints.push_back(why);
    }
}

struct free_options {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

}  // namespace

conninfo_result parse_conninfo(const std::string& text) {
    conninfo_result out;
    if (text.find('\0') != std::string::npos) {
        out.complaints.emplace_back(expected_form);
        return out;
    }
    if (std::string why = scheme_complaint(text); !why.empty()) {
        out.complaints.push_back(std::move(why));
        return out;
    }
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, free_options> options(PQconninfoParse(text.c_str(), &message));
    if (!options) {
        out.complaints.push_back(explain(message != nullptr ? message : ""));
        PQfreemem(message);
        return out;
    }
    for (const PQconninfoOption* each = options.get(); each->keyword != nullptr; ++each)
        if (each->val != nullptr && *each->val != '\0') take(each->keyword, each->val, out);
    return out;
}

}  // namespace pgweir::config
