#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace pgweir::cache {

enum class mode : std::uint8_t {
    off,
    rules,      ///< what a rule names
    automatic,  ///< what is asked for often enough for what it costs the server; rules come first
};

/// What comments in front of a statement may ask for.
enum class hints : std::uint8_t {
    off,     ///< they are no hints
    narrow,  ///< less caching than there would be
    widen,   ///< and more
};

/// How old what is served may be.
enum class consistency : std::uint8_t {
    ttl,    ///< no older than that: nobody looks whether it was written since
    fleet,  ///< as new as every write through any pgweir that names the same store
    as_all,  ///< of a rule: what holds for all
};

/// Who is given a reply.
enum class audience : std::uint8_t {
    one_user,
    all_users,  ///< whom the server has answered the same statement, and nothing in it says who asks
};

/// Which replies are kept, and for how long. Of several the first that matches counts. An empty list matches all.
struct rule {
    std::string name;
    std::vector<std::string> tables;  ///< `table` or `schema.table`: a statement that reads one of them
    std::vector<std::string> users;
    std::vector<std::string> databases;
    std::string pattern = "*";  ///< the whole text, without case and comments; * stands for anything
    base::duration ttl = std::chrono::minutes(5);  ///< off: they are never kept
    cache::consistency consistency = cache::consistency::as_all;
    /// Once too old, or outdated, they are served for so long while somebody makes a new one; off: not at all.
    base::duration stale = base::off;
    std::uint64_t largest_reply = 0;  ///< bytes; 0: as for all
    audience shared_by = audience::one_user;

    bool operator==(const rule&) const = default;
};

/// A Redis that several pgweirs share.
struct redis_settings {
    std::string url;  ///< empty: none
    base::duration timeout = std::chrono::milliseconds(50);  ///< of each request
};

struct settings {
    cache::mode mode = cache::mode::off;
    std::uint64_t memory_size = std::uint64_t{64} * 1024 * 1024;  ///< bytes of entries and their upkeep
    std::uint64_t largest_reply = std::uint64_t{1024} * 1024;     ///< bytes; a larger one is not kept
    /// Of replies that no rule is about, and what is changed by who does not come through pgweir is seen by then.
    base::duration ttl = std::chrono::minutes(1);
    /// Clients that ask for what another client has the server execute wait so long for its reply.
    base::duration wait = std::chrono::seconds(5);
    std::uint64_t audit = 0;  ///< one in so many hits is executed, and compared; 0: none
    cache::consistency consistency = cache::consistency::fleet;
    /// What was compared with a shared store so short a time ago is not compared again; off: it is each time.
    base::duration memory_max_age = base::off;
    cache::hints hints = cache::hints::narrow;
    redis_settings redis;
    std::deque<rule> rules;  ///< in the order of the file; a reference stays good when more are added

    /// By its number, from 1 on; nullptr when there is none.
    const rule* find_rule(std::uint32_t number) const noexcept {
        return number == 0 || number > rules.size() ? nullptr : &rules[number - 1];
    }
    /// Of what is kept by that rule.
    std::uint64_t largest_reply_of(std::uint32_t number) const noexcept {
        const rule* own = find_rule(number);
        return own == nullptr || own->largest_reply == 0 ? largest_reply : own->largest_reply;
    }

    /// What is kept by that rule is served by its age, whatever is written.
    bool is_by_age(std::uint32_t number) const noexcept {
        const rule* own = find_rule(number);
        const bool says = own != nullptr && own->consistency != cache::consistency::as_all;
        return (says ? own->consistency : consistency) == cache::consistency::ttl;
    }
    bool shares_between_users() const noexcept {
        return std::any_of(rules.begin(), rules.end(),
                           [](const rule& r) { return r.shared_by == audience::all_users; });
    }
    bool is_shared() const noexcept { return !redis.url.empty(); }
    /// What is written has to be known, even where nothing is answered from the cache: others share it.
    bool is_wanted() const noexcept { return mode != mode::off || is_shared(); }
};

}  // namespace pgweir::cache
