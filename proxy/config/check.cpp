#include "config/check.hpp"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "auth/secret.hpp"
#include "config/addresses.hpp"
#include "config/key_table.hpp"
#include "config/read_value.hpp"

namespace pgweir::config {

namespace {

const node* find(const node& from, std::initializer_list<std::string_view> path) {
    const node* here = &from;
    for (const std::string_view name : path)
        if (here != nullptr) here = here->find(name);
    return here;
}

const member* find_member(const node* section, std::string_view name) {
    if (section == nullptr) return nullptr;
    for (const member& each : section->members)
        if (each.name == name) return &each;
    return nullptr;
}

/// A value that is written but could not be read says nothing about what was meant.
bool is_readable(const node* written, std::string_view pattern) {
    if (written == nullptr) return true;
    problems ignored;
    return read_value(*find_key(pattern), *written, {}, ignored).has_value();
}

class checker {
public:
    checker(const node& root, const settings& all, problems& found) : root_(root), all_(all), found_(found) {}

    void run() {
        check_databases();
        if (is_readable(find(root_, {"auth", "method"}), "auth.method")) {
            check_users();
            check_trust();
        }
        check_http();
        check_cache_rules();
    }

private:
    void check_databases() {
        const member* databases = find_member(&root_, "databases");
        const bool is_section = databases != nullptr && databases->value.kind == node::shape::map;
        if (databases == nullptr || databases->value.kind == node::shape::null ||
            (is_section && databases->value.members.empty())) {
            report(found_, databases != nullptr ? databases->where : root_.where, "databases",
                   "nothing to serve: name at least one database with its upstream");
            return;
        }
        for (const member& each : databases->value.members) check_database(each);
    }

    void check_database(const member& written) {
        const auto configured = all_.databases.find(written.name);
        if (configured == all_.databases.end()) return;  // a name that was refused
        const std::string path = join_path("databases", written.name);
        if (written.name == "pgweir" || written.name == "pgbouncer")
            report(found_, written.where, path,
                   "this name is the console's: choose another, and name the server's database in upstream");
        check_upstream(written, configured->second.upstream, path);
        check_min_idle(written.value, configured->second.pool, path);
    }

    void check_upstream(const member& database, const upstream::settings& configured, const std::string& path) {
        const node* upstream = database.value.find("upstream");
        const bool has_section = database.value.kind == node::shape::map || database.value.kind == node::shape::null;
        if (upstream == nullptr) {
            if (has_section) report(found_, database.where, path, "needs upstream, the server to connect to");
            return;
        }
        const std::string full = path + ".upstream";
        if (upstream->kind == node::shape::map && upstream->members.empty())
            report(found_, upstream->where, full, "needs at least a host");
        check_two_spellings(*upstream, full);
        if (!configured.password.empty() && configured.user.empty() && upstream->find("user") == nullptr)
            report(found_, upstream->where, full,
                   "has a password but no user: without a user the clients' own are used");
    }

    void check_min_idle(const node& database, const pool::settings& configured, const std::string& path) {
        const node* min_idle = find(database, {"pool", "min_idle"});
        const node* size = find(database, {"pool", "size"});
        const node* servers = find(database, {"limits", "servers"});
        if (min_idle == nullptr || !is_readable(min_idle, "databases.<name>.pool.min_idle")) return;
        if (is_readable(size, "databases.<name>.pool.size") && configured.min_idle > configured.size)
            report(found_, min_idle->where, path + ".pool.min_idle",
                   "is more than pool.size, which is " + std::to_string(configured.size));
        if (is_readable(servers, "databases.<name>.limits.servers") && configured.max_servers != pool::unlimited &&
            configured.min_idle > configured.max_servers)
            report(found_, min_idle->where, path + ".pool.min_idle",
                   "is more than limits.servers, which is " + std::to_string(configured.max_servers));
    }

    void check_two_spellings(const node& section, const std::string& path) {
        const member* file = find_member(&section, "password_file");
        if (file != nullptr && section.find("password") != nullptr)
            report(found_, file->where, path + ".password_file", "is given beside password: give one of the two");
    }

    void check_users() {
        const node* users = find(root_, {"auth", "users"});
        const bool needs_secret = all_.auth.method != auth::method::trust;
        if (needs_secret && all_.auth.users.empty() && (users == nullptr || users->members.empty())) {
            const member* at = find_member(&root_, "auth");
            report(found_, at != nullptr ? at->where : root_.where, "auth.users",
                   "nobody can log in: name at least one user");
        }
        if (users == nullptr) return;
        for (const member& each : users->members) check_user(each, needs_secret);
    }

    void check_user(const member& written, bool needs_secret) {
        const auto configured = all_.auth.users.find(written.name);
        if (configured == all_.auth.users.end()) return;  // a name that was refused
        const std::string path = join_path("auth.users", written.name);
        check_two_spellings(written.value, path);
        const bool has_section = written.value.kind == node::shape::map || written.value.kind == node::shape::null;
        const bool is_written =
            written.value.find("password") != nullptr || written.value.find("password_file") != nullptr;
        if (needs_secret && has_section && !is_written)
            report(found_, written.where, path, "needs password or password_file");
        if (!configured->second.secret.empty()) check_secret(written, configured->second.secret, path);
    }

    void check_secret(const member& written, const std::string& text, const std::string& path) {
        using kind = auth::secret::kind_type;
        const kind found = auth::secret::parse(text).kind();
        if (found == kind::unusable)
            report(found_, written.where, path, "has a broken verifier: copy it whole, or give the password");
        if (found == kind::md5 && all_.auth.method == auth::method::scram_sha_256)
            report(found_, written.where, path,
                   "has an md5 verifier, with which scram-sha-256 cannot work: give the password or a SCRAM-SHA-256 "
                   "verifier");
    }

    void check_trust() {
        if (all_.auth.method != auth::method::trust || !all_.auth.allow_trust_from.empty()) return;
        if (!is_readable(find(root_, {"auth", "allow_trust_from"}), "auth.allow_trust_from")) return;
        if (!is_readable(find(root_, {"listen", "addresses"}), "listen.addresses")) return;
        for (const std::string& text : all_.listen.addresses) {
            const auto address = parse_listen_address(text);
            if (!address || address->is_local()) continue;
            const node* method = find(root_, {"auth", "method"});
            report(found_, method != nullptr ? method->where : root_.where, "auth.method",
                   "trust would let anybody in at " + text +
                       ": listen on loopback or a unix socket only, or name the "
                       "networks in auth.allow_trust_from");
            return;
        }
    }

    void check_http() {
        const auto& addresses = all_.listen.addresses;
        if (all_.admin.http.empty() ||
            std::find(addresses.begin(), addresses.end(), all_.admin.http) == addresses.end())
            return;
        const node* written = find(root_, {"admin", "http"});
        if (written == nullptr) written = find(root_, {"listen", "addresses"});
        report(found_, written != nullptr ? written->where : root_.where, "admin.http",
               all_.admin.http + " is also in listen.addresses");
    }

    // What is served although it is outdated may be older than the right of who asks.
    void check_cache_rules() {
        const member* written = find_member(find(root_, {"cache"}), "rules");
        std::uint32_t number = 0;
        for (const cache::rule& each : all_.cache.rules) {
            const bool by_age = all_.cache.is_by_age(++number);
            if (each.shared_by != cache::audience::all_users || (!by_age && each.stale == base::off)) continue;
            report(found_, written != nullptr ? written->where : root_.where,
                   join_path("cache.rules", each.name) + ".shared_by",
                   std::string("all_users is not possible with ") +
                       (by_age ? "consistency: ttl" : "stale_while_revalidate") +
                       ", as users would see rows from before they were given the right");
        }
    }

    const node& root_;
    const settings& all_;
    problems& found_;
};

}  // namespace

void check(const node& root, const settings& all, problems& found) {
    checker(root, all, found).run();
}

}  // namespace pgweir::config
