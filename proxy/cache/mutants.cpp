#include "cache/mutants.hpp"

#ifdef PGWEIR_MUTANTS

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pgweir::cache {
namespace {

constexpr std::array<std::string_view, 17> names{"no_marks",
                                                 "no_bumps",
                                                 "late_bumps",
                                                 "stamps_not_compared",
                                                 "stamps_after_query",
                                                 "joiners_ignore_stamps",
                                                 "first_relation_only",
                                                 "sessions_share",
                                                 "doubts_forgotten",
                                                 "unsettled",
                                                 "unmarked_while_off",
                                                 "guard_ignored",
                                                 "gate_ignored",
                                                 "store_not_asked",
                                                 "store_not_marked",
                                                 "store_not_bumped",
                                                 "told_before_bump"};

std::optional<mutant> chosen;
// One database is served by a mutant, so that its lock is enough.
std::vector<std::function<void()>> postponed;

}  // namespace

bool is(mutant which) noexcept {
    return chosen == which;
}

void postpone(std::function<void()> what) {
    postponed.push_back(std::move(what));
}

void catch_up() {
    for (const auto& each : std::exchange(postponed, {})) each();
}

void read_mutant() {
    const char* name = std::getenv("PGWEIR_MUTANT");  // NOLINT(concurrency-mt-unsafe): before any other thread
    if (name == nullptr) return;
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) throw std::invalid_argument("PGWEIR_MUTANT: " + std::string(name));
    chosen = static_cast<mutant>(found - names.begin());
}

}  // namespace pgweir::cache

#endif
