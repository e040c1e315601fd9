#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "cache/settings.hpp"
#include "cache/stamp_table.hpp"
#include "catalog/schema_map.hpp"
#include "sql/memo.hpp"
#include "sql/shape.hpp"
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
    bool rules_by_text = false;  ///< some rule has a pattern
    std::uint64_t number = 0;  ///< of this one
};

/// What texts read and write, as far as it was found out: one worker's memory of that. Looking at a text for the first
/// time takes tens of microseconds, one that differs from known ones in literals only a fraction of one.
class statement_judge {
public:
    /// What reads of one shape have taken, for whoever executes them.
    struct experience {
        base::duration took = base::off;  ///< the server, for the last of them; off: nobody knows
        /// When the server has answered the scope's user, with no role taken on, last. Rights may have changed since.
        std::optional<cache::moment> answered;
    };
    struct verdict {
        catalog::read_verdict reads;
        catalog::write_verdict writes;
        std::uint32_t rule = 0;  ///< the first that is about this read; 0: none
        std::shared_ptr<experience> of_shape = std::make_shared<experience>();
    };
    using scope_pointer = std::shared_ptr<const judge_scope>;

    /// `seed`: clients cannot know it.
    statement_judge(std::uint64_t seed, std::deque<cache::rule> rules);

    /// `wanted` without rules.
    scope_pointer scope_of(judge_scope wanted);

    /// Valid until the next call. A read goes by rules as they match `text`, so it has no comments then: those are in no
    /// key, either.
    const verdict& judge(std::string_view text, const scope_pointer& scope);

    /// The same, found out anew and not remembered.
    verdict work_out(std::string_view text, const judge_scope& scope);

private:
    using verdict_pointer = std::shared_ptr<const verdict>;

    /// One that falls on the place of another replaces it.
    class verdict_table {
    public:
        struct slot {
            std::string text;
            scope_pointer scope;
            verdict_pointer found;

            // Of texts that follow each other most differ in literals only: then no reference is counted.
            void keep(std::string_view of, const scope_pointer& by, const verdict_pointer& what) {
                text = of;
                if (scope != by) scope = by;
                if (found != what) found = what;
            }
        };
        explicit verdict_table(std::size_t slots) : slots_(slots) {}

        slot& at(std::uint64_t hash) { return slots_[hash % slots_.size()]; }
        static bool is_of(const slot& place, std::string_view text, const scope_pointer& scope) {
            return place.scope == scope && place.text == text;
        }

    private:
        std::vector<slot> slots_;
    };

    // Few texts, for those that are looked at twice, as a read that is forwarded is, and small enough to stay in the
    // processor's cache; texts that differ in every literal would push out any number.
    static constexpr std::size_t texts_kept = 128;
    static constexpr std::size_t shapes_kept = 2048;
    static constexpr std::size_t longest_kept = 16 * 1024;
    static constexpr std::size_t memo_bytes = std::size_t{4} * 1024 * 1024;
    static constexpr std::size_t most_scopes = 64;

    // Texts that an application puts together differ in numbers again and again.
    struct alike {
        std::string text;
        scope_pointer scope;
        verdict_pointer found;
        sql::integer_places integers;
    };

    std::size_t place_by_begin(std::string_view text) const;
    std::uint64_t place_by_ends(std::string_view text) const;
    std::uint64_t place_of(std::string_view text, const scope_pointer& scope) const;
    // Valid until the next call.
    const verdict_pointer& find_by_shape(std::string_view text, const scope_pointer& scope);
    const verdict_pointer& of_shape(const scope_pointer& scope);
    verdict work_out_shape(const judge_scope& scope);
    static std::uint32_t rule_of(std::string_view text, const verdict& of, const judge_scope& scope);

    std::uint64_t seed_;
    std::deque<cache::rule> rules_;
    sql::memo memo_;
    std::string shape_;  // of the text that is looked at
    sql::integer_places integers_;  // of that text
    verdict_table texts_{texts_kept};
    std::array<alike, 64> alike_;
    verdict_table shapes_{shapes_kept};
    std::vector<scope_pointer> scopes_;  // used last in front
    std::uint64_t scopes_made_ = 0;
    verdict_pointer unkept_;
};

}  // namespace pgweir::relay
