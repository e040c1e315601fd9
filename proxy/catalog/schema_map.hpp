#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catalog/schema_contents.hpp"
#include "sql/reason.hpp"
#include "sql/statement_facts.hpp"

namespace pgweir::catalog {

/// Where names without a schema are looked for: search_path in its order, "$user" replaced. pg_catalog comes first
/// unless it is among them. Those that are temporary, that do not exist or that may not be used do no harm.
struct name_scope {
    std::span<const std::string> schemas;
};

struct read_verdict {
    sql::reason reasons = sql::reason::none;  ///< none: the result may be cached
    /// What the result depends on, as group_of() names it; sorted, each once. Complete when there is no reason.
    std::vector<relation_id> depends_on;
    bool by_user = false;  ///< it depends on who asks, beside what they may read
};

struct write_verdict {
    bool everything = false;  ///< nobody knows what is written
    /// As group_of() names them; sorted, each once. Empty when `everything`.
    std::vector<relation_id> relations;

    bool nothing() const noexcept { return !everything && relations.empty(); }
};

/// What a database's catalogs say about its relations, functions, operators and types at one time, as far as a result
/// cache has to know. Immutable but for read_at, and cheap to copy: copies share what was read. Any thread.
///
/// Verdicts err on one side: a result that is called cacheable changes only by writes to what it depends on (and by what
/// the fingerprint covers), and a text writes nothing but what is said. They hold for texts that are executed while the
/// map is of now, in sessions that have no temporary objects; what is not known is not cached, and may write everything.
class schema_map {
public:
    explicit schema_map(std::shared_ptr<const schema_contents> what) : what_(std::move(what)) {}

    /// Of a SELECT: what it reads, views looked through. Costs some hundred nanoseconds for each name.
    read_verdict reads_of(const sql::statement_facts& facts, const name_scope& scope) const;

    /// Of all statements of a text, and of what they lead to: foreign keys' actions, triggers, rules, partitions,
    /// functions. What is done to rows of catalogs (sequences and large objects, too) is not among it.
    write_verdict writes_of(const sql::statement_facts& facts, const name_scope& scope) const;

    /// What stands for the relation in verdicts: the same for all that share rows by inheritance or partitioning.
    /// Nothing when the relation is not known.
    std::optional<relation_id> group_of(relation_id relation) const;
    /// What the relations are called, in the same order; those that are not known are left out. Looks at every name: for
    /// people who ask, not for statements.
    std::vector<sql::qualified_name> names_of(std::span<const relation_id> relations) const;
    /// What stands for the relations of that name; sorted, each once.
    std::vector<relation_id> relations_named(const sql::qualified_name& name, const name_scope& scope) const;

    /// There is something in it.
    bool has_schema(std::string_view name) const;

    /// Equal as long as nothing has changed that matters for any verdict, or for who may see what; the same for all that
    /// read the same database as the same role.
    const std::string& fingerprint() const noexcept { return what_->fingerprint; }
    bool too_large() const noexcept { return what_->too_large; }
    std::size_t size() const noexcept { return what_->relations.size(); }  ///< relations
    std::size_t bytes() const { return bytes_of(*what_); }

    /// When this was read, by the counter of changes of the schema.
    std::uint64_t read_at = 0;

private:
    std::shared_ptr<const schema_contents> what_;
};

}  // namespace pgweir::catalog
