#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/schema_map.hpp"
#include "sql/memo.hpp"
#include "sql/statement_facts.hpp"

namespace pgweir::relay {

/// Where names without a schema are looked for, and by what map of the database. Immutable, shared by the sessions of
/// one worker that agree on it.
struct judge_scope {
    std::shared_ptr<const catalog::schema_map> map;
    std::vector<std::string> schemas;
};

/// What texts read and write, as far as it was found out: one worker's memory of that. Looking at a text for the first
/// time takes tens of microseconds, a text that differs from known ones in literals only a few, a known one less than
/// one.
class statement_judge {
public:
    struct verdict {
        catalog::read_verdict reads;
        catalog::write_verdict writes;
    };

    /// `seed`: clients cannot know it.
    explicit statement_judge(std::uint64_t seed);

    /// Valid until the next call.
    const verdict& judge(std::string_view text, const std::shared_ptr<const judge_scope>& scope);

private:
    // Texts that clients repeat; what is in the place of another replaces it.
    static constexpr std::size_t slot_count = 4096;
    static constexpr std::size_t longest_kept = 16 * 1024;
    static constexpr std::size_t memo_bytes = std::size_t{4} * 1024 * 1024;

    struct slot {
        std::string text;
        std::shared_ptr<const judge_scope> scope;
        verdict found;
    };

    sql::memo::facts_pointer facts_of(std::string_view text);

    std::uint64_t seed_;
    sql::memo memo_;
    std::string shape_;
    std::vector<slot> slots_;
    verdict unkept_;
};

}  // namespace pgweir::relay
