#include "redis/identity.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

#include "base/hash.hpp"
#include "redis/hex.hpp"

namespace pgweir::redis {
namespace {

/// Longer is no value that we ask for, and these texts are logged.
constexpr std::size_t longest_value = 80;

constexpr std::array<std::pair<std::string_view, std::string server_identity::*>, 6> fields{{
    {"run_id", &server_identity::run_id},
    {"master_replid", &server_identity::replication_id},
    {"role", &server_identity::role},
    {"redis_mode", &server_identity::mode},
    {"redis_version", &server_identity::version},
    {"maxmemory_policy", &server_identity::eviction_policy},
}};

}  // namespace

std::string epoch::to_string() const {
    std::string text;
    append_hex(text, high);
    append_hex(text, low);
    return text;
}

epoch make_epoch(std::string_view run_id, std::string_view replication_id) {
    std::string both(run_id);
    both.append(1, '\n').append(replication_id);
    return {.high = base::fingerprint(both, 1), .low = base::fingerprint(both, 2)};
}

void server_identity::read(std::string_view info) {
    while (!info.empty()) {
        const std::string_view line = info.substr(0, info.find('\n'));
        info.remove_prefix(std::min(line.size() + 1, info.size()));
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const auto known = std::find_if(fields.begin(), fields.end(), [name = line.substr(0, colon)](const auto& each) {
            return each.first == name;
        });
        if (known == fields.end()) continue;
        std::string_view value = line.substr(colon + 1);
        if (value.ends_with('\r')) value.remove_suffix(1);
        this->*known->second = value.substr(0, longest_value);
    }
}

}  // namespace pgweir::redis
