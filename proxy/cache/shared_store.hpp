#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "cache/stamp_table.hpp"
#include "cache/write_set.hpp"

namespace pgweir::cache {

/// What is to be known of a statement before it is answered from memory, or executed and kept.
struct store_question {
    std::string_view database;               ///< its name in the store
    std::span<const relation_id> relations;  ///< beside whole_database, which is always asked for
    std::string_view key;                    ///< of the reply that is wanted; empty: none
    bool make_stamps = false;                ///< for those that have none
    /// Who would execute it, unique for ever: takes the lease of the reply if nobody has it. Empty: it is not asked for.
    std::string_view holder{};
    base::duration lease{};  ///< how long nobody else can take it
};

/// What a store that others share says of a relation.
struct shared_stamp {
    stamp now = no_stamp;
    bool marked = false;  ///< somebody is about to change its rows
};

/// Valid inside of the callback that is given it.
struct store_answer {
    std::span<const shared_stamp> stamps;  ///< whole_database's, then one for each relation
    stamp catalogs = no_stamp;  ///< of what the catalogs say
    std::string_view reply;  ///< as it was kept; empty: there is none
    base::duration left{};  ///< how long the reply may be served yet
    bool leased = false;  ///< the holder has the lease: to be released
    bool leased_to_another = false;  ///< who executes it now
};

/// A store of replies, stamps and marks that several pgweirs share: one worker's way to it. Databases have names there
/// that are the same for all who speak of the same rows, and another one whenever rows that were committed may be gone.
///
/// What is asked for, marked and bumped takes effect in the order of the calls. All callbacks come on the worker's
/// thread, once each, and from inside of the call when the store cannot be reached.
class shared_store {
public:
    using answered = std::function<void(const base::result<store_answer>&)>;
    using done = std::function<void(base::status)>;
    /// Of what is written also the catalogs' stamp behind it: what a name means may have changed. no_stamp: nobody knows.
    using written = std::function<void(const base::result<stamp>& catalogs)>;

    /// False: every call fails at once.
    virtual bool is_reachable() const = 0;
    /// The answer is what the store held at some moment after this call.
    virtual void ask(const store_question& what, answered told) = 0;
    /// Nobody waits for it, or minds if it is lost.
    virtual void keep(std::string_view database, std::string_view key, std::string_view reply, base::duration ttl) = 0;
    /// Nobody waits for it. What another holder has stays.
    virtual void release(std::string_view database, std::string_view key, std::string_view holder) = 0;
    /// A reply, whoever has kept it.
    virtual void drop(std::string_view database, std::string_view key, done told) = 0;
    /// What is marked is neither served nor kept by anybody until unmark(). `writer` is unique for ever, and begins with
    /// the process id of the backend that writes and a colon.
    virtual void mark(std::string_view database, std::string_view writer, const write_set& what, written told) = 0;
    virtual void bump(std::string_view database, const write_set& what, written told) = 0;
    virtual void unmark(std::string_view database, std::string_view writer, const write_set& what, done told) = 0;

    /// Who has marked a relation, in all pgweirs. Nobody, when that cannot be found out.
    using writers = std::function<void(const std::vector<std::string>&)>;
    virtual void find_writers(std::string_view database, relation_id which, writers told) = 0;

protected:
    ~shared_store() = default;
};

}  // namespace pgweir::cache
