#include "config/reference.hpp"

#include <string_view>

#include "config/key_table.hpp"
#include "config/values.hpp"

namespace pgweir::config {

namespace {

constexpr std::string_view introduction = R"(# Configuration reference

Generated from the table of keys in `proxy/config/key_table.cpp`; a test compares the two.

One YAML file. Every key is optional, except that there has to be a database with its `upstream` and, unless
`auth.method` is `trust`, a user.

- **Precedence**: `--set path.to.key=value`, then the environment (`PGWEIR__PATH__TO__KEY`), then the file, then the default.
  A list or a map given with `--set` or in the environment is written in YAML's flow style and replaces the whole.
- **Durations** need a unit: `250ms`, `5s`, `1h30m`. `off` switches off what can be switched off; zero does
  not, but where it says so.
- **Variables**: `${NAME}` and `${NAME:-default}` are replaced in values, after the YAML has been read; `$$` is a dollar
  sign. A variable that is not set is an error. Values of `PGWEIR__` variables and of `DATABASE_URL` are taken literally.
- **Secrets**: `password_file` names a file that holds the password; a newline at its end is dropped, and a relative path
  is seen from the folder of the configuration file.
- **Without a file** `DATABASE_URL` is enough: its database is served under its own name, and clients have to present its
  user and password. With a file it is not looked at.
- `<name>` is any name: of a database as clients ask for it (`"*"` serves every name that is not listed), or of a user.
  In `--set` a name with a dot stands in double quotes: `--set 'databases."my.db".pool.size=5'`.
- **Reload**: on SIGHUP everything is read again, from the same places. With any error in it nothing changes; else all of
  it holds at once, except for the keys below that need a restart: the log names those that differ.
)";

std::string one_of(std::span<const std::string_view> choices) {
    std::string out;
    for (const std::string_view choice : choices) out.append(out.empty() ? "`" : ", `").append(choice).append("`");
    return out;
}

std::string bounds(const key& k) {
    const auto show = [&](std::uint64_t bound) { return format_number(k.type, bound); };
    if (k.allowed.least == k.allowed.most) return show(k.allowed.least);
    return show(k.allowed.least) + " to " + show(k.allowed.most);
}

std::string kind_of_value(const key& k) {
    switch (k.type) {
        case value_type::count: return bounds(k);
        case value_type::duration: return "duration, " + bounds(k);
        case value_type::share: return "share, " + bounds(k);
        case value_type::size: return "size, " + bounds(k);
        case value_type::pattern: return "text";
        case value_type::choice: return one_of(k.choices);
        case value_type::text: return "name";
        case value_type::secret: return "secret";
        case value_type::secret_file: return "path";
        case value_type::address: return "host:port";
        case value_type::addresses: return "list of addresses";
        case value_type::socket_path: return "path";
        case value_type::names: return "list of names";
        case value_type::networks: return "list of networks";
        case value_type::host: return "host";
        case value_type::upstream: return "URL, text or map";
    }
    return {};
}

std::string_view off_of_value(const key& k) {
    if (!k.can_be_off) return "";
    return k.zero_is_off ? ", or `off` or `0s`" : ", or `off`";
}

std::string row(const key& k) {
    std::string text = "| `" + std::string(k.path) + "` | " + kind_of_value(k) + std::string(off_of_value(k)) + " | ";
    if (!k.fallback.empty()) text += "`" + std::string(k.fallback) + "` ";
    return text + "| " + std::string(k.doc) + (k.needs_restart ? " Needs a restart." : "") + " |\n";
}

}  // namespace

std::string reference() {
    std::string out(introduction);
    std::string_view section = "none yet";
    for (const key& k : key_table()) {
        const bool is_nested = k.path.find('.') != std::string_view::npos;
        const std::string_view top = is_nested ? k.path.substr(0, k.path.find('.')) : "";
        if (top != section) {
            section = top;
            out += "\n## " + std::string(is_nested ? top : k.path) +
                   "\n\n| key | value | default | meaning |\n|---|---|---|---|\n";
        }
        out += row(k);
    }
    out +=
        "\n## Not available in this version\n\nThese are refused, never ignored.\n\n| key or value | meaning "
        "|\n|---|---|\n";
    for (const planned_key& each : planned_keys())
        out += "| `" + std::string(each.path) + "` | " + std::string(each.doc) + " |\n";
    for (const key& k : key_table())
        if (!k.planned_choices.empty())
            out += "| `" + std::string(k.path) + "`: " + one_of(k.planned_choices) + " | |\n";
    return out;
}

}  // namespace pgweir::config
