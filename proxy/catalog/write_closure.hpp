#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "catalog/schema_contents.hpp"
#include "sql/row_event.hpp"

namespace pgweir::catalog {

/// Follows what is done to rows of some relations to the rows of others. One use.
class write_closure {
public:
    explicit write_closure(const schema_contents& contents) : contents_(contents), states_(contents.groups.size()) {}

    /// `events` happen to rows of the relation. To a materialized view none do: it is written as a whole.
    void add(const schema_contents::relation& target, sql::row_event events);

    /// Goes on until nothing new is found. False: anything may be written.
    bool follow();

    /// Sorted, each once.
    std::vector<relation_id> written() const;

private:
    void reach(std::uint32_t group, sql::row_event events);
    void follow_keys(const schema_contents::group& from, sql::row_event events);

    struct state {
        sql::row_event seen = sql::row_event::none;
        bool reached = false;
    };

    const schema_contents& contents_;
    std::vector<state> states_;  // by group
    std::vector<std::uint32_t> reached_;
    std::vector<std::pair<std::uint32_t, sql::row_event>> next_;
    bool opaque_ = false;
};

}  // namespace pgweir::catalog
