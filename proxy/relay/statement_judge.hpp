#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/settings.hpp"
#include "catalog/schema_map.hpp"
#include "sql/memo.hpp"
#include "sql/statement_facts.hpp"

namespace pgweir::relay {

/// What a verdict on a text depends on beside the text: by what map of the database, where names without a schema are
/// looked for, and whose statement it is. Immutable; sessions of one worker that agree on it share one.
struct judge_scope {
    struct applicable_rule {
        std::uint32_t number = 0;  ///< from 1 on, in the order of the configuration
        const cache::rule* what = nullptr;
        std::vector<catalog::relation_id> tables;
    };

    std::shared_ptr<const catalog::schema_map> map;
    std::vector<std::string> schemas;
    std::string user;
    std::string database;
    std::vector<applicable_rule> rules;
};

/// What texts read and write, as far as it was found out: one worker's memory of that. Looking at a text for the first
/// time takes tens of microseconds, one that differs from known ones in literals only takes a few, a known one less
/// than one.
class statement_judge {
public:
    struct verdict {
        catalog::read_verdict reads;
        catalog::write_verdict writes;
        std::uint32_t rule = 0;  ///< the first that is about this read; 0: none
    };
    using scope_pointer = std::shared_ptr<const judge_scope>;

    /// `seed`: clients cannot know it.
    statement_judge(std::uint64_t seed, std::deque<cache::rule> rules);

    /// `wanted` without rules.
    scope_pointer scope_of(judge_scope wanted);

    /// Valid until the next call.
    const verdict& judge(std::string_view text, const scope_pointer& scope);

    /// The same, found out anew and not remembered.
    verdict work_out(std::string_view text, const judge_scope& scope);

private:
    // Texts that clients repeat; one that falls on the place of another replaces it.
    static constexpr std::size_t slot_count = 4096;
    static constexpr std::size_t longest_kept = 16 * 1024;
    static constexpr std::size_t memo_bytes = std::size_t{4} * 1024 * 1024;
    static constexpr std::size_t most_scopes = 64;

    struct slot {
        std::string text;
        scope_pointer scope;
        verdict found;
    };

    sql::memo::facts_pointer facts_of(std::string_view text);

    std::uint64_t seed_;
    std::deque<cache::rule> rules_;
    sql::memo memo_;
    std::string shape_;
    std::vector<slot> slots_;
    std::vector<scope_pointer> scopes_;  // used last in front
    verdict unkept_;
};

}  // namespace pgweir::relay
