#include "cache/audit.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/hash.hpp"
#include "cache/messages.hpp"
#include "cache/total_order.hpp"

namespace pgweir::cache {

namespace {

std::optional<std::vector<std::string_view>> sorted_messages(std::string_view rows) {
    std::vector<std::string_view> all;
    if (!for_each_message(rows, [&all](std::string_view each) { all.push_back(each); })) return std::nullopt;
    std::sort(all.begin(), all.end());
    return all;
}

}  // namespace

// splitmix64: every state is another one, and what comes out looks like chance to who does not know it.
bool audit_choice::takes(std::uint64_t share) noexcept {
    if (share == 0) return false;
    state_ += 0x9e37'79b9'7f4a'7c15;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58'476d'1ce4'e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d0'49bb'1331'11eb;
    return (mixed ^ (mixed >> 31)) % share == 0;
}

reply_print print_of(std::string_view rows) {
    reply_print print{.rows = 0, .bytes = rows.size(), .digest = 0};
    for_each_message(rows, [&print](std::string_view each) {
        if (each.front() == 'D') ++print.rows;
        print.digest += base::fingerprint(each);
    });
    return print;
}

metrics::cache_audit compare(std::string_view kept, std::string_view found, const audit_terms& of) {
    using metrics::cache_audit;
    if (kept == found) return cache_audit::same;
    const auto these = sorted_messages(kept);
    const auto those = sorted_messages(found);
    if (!these || !those) return cache_audit::unknown;
    if (*these == *those)
        return is_in_total_order(kept, of.description, of.sorted_by) ? cache_audit::different : cache_audit::same;
    return of.varies ? cache_audit::unknown : cache_audit::different;
}

}  // namespace pgweir::cache
