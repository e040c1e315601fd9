#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cache/shared_store.hpp"
#include "net/random.hpp"
#include "net/reactor.hpp"
#include "redis/link.hpp"
#include "redis/lookup_batch.hpp"
#include "redis/store_names.hpp"

namespace pgweir::redis {

/// Stamps, marks and replies in a Redis, over one worker's link to it.
///
/// Names of keys hold the epoch of the data (see redis::epoch), so what a Redis that was restarted or failed over has
/// from before is never found. Since two pgweirs may learn of another epoch at different times there is one key that says
/// which is meant now, and each exchange reads it: what does not find its own there is void. All other keys live for at
/// most a day, so that an epoch that is over goes by itself.
///
/// A key that Redis evicted or flushed is as safe as one that never was: without a stamp nothing is served, and a mark
/// that is lost guards nothing any more, but whoever made it has told nobody yet.
class shared_store final : public cache::shared_store {
public:
    shared_store(net::reactor& host, link& redis, net::random_source& random)
        : link_(redis), lookups_(host, redis), random_(random) {}

    /// To be told by the link: its data are of this epoch now.
    void connected(const epoch& now);

    bool is_reachable() const override { return link_.is_connected(); }
    void ask(const cache::store_question& what, answered told) override;
    void keep(std::string_view database, std::string_view key, std::string_view reply, base::duration ttl) override;
    void release(std::string_view database, std::string_view key, std::string_view holder) override;
    void drop(std::string_view database, std::string_view key, done told) override;
    void mark(std::string_view database, std::string_view writer, const cache::write_set& what, written told) override;
    void bump(std::string_view database, const cache::write_set& what, written told) override;
    void unmark(std::string_view database, std::string_view writer, const cache::write_set& what, done told) override;
    void find_writers(std::string_view database, cache::relation_id which, writers told) override;

private:
    struct asking;
    struct bumping;

    void make_stamps(const store_names& names, const cache::store_question& what);
    void look_up(const store_names& names, const cache::store_question& what, answered told);
    void take_lease(const std::string& name, const cache::store_question& what);
    void tell(const asking& what, const base::result<lookup_batch::values>& found);
    void bump_in(const std::string& epoch_text, std::string database, cache::write_set what, bool again, written told);
    void claim(done told);

    link& link_;
    lookup_batch lookups_;
    net::random_source& random_;
    std::string epoch_;
    std::shared_ptr<bumping> last_bump_;  ///< null: it has ended
    bool claims_ = false;  ///< for look-ups: one serves all that found the epoch's key gone
};

}  // namespace pgweir::redis
