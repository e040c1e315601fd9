#include "redis/shared_store.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <utility>

#include "redis/error.hpp"
#include "redis/hex.hpp"

namespace pgweir::redis {

namespace {

using cache::relation_id;
using cache::whole_database;
using metrics::store_op;

// What is kept longer has no ttl that is allowed, and marks of one write do not take so long.
constexpr std::string_view longest_life = "86400";
constexpr std::int64_t longest_life_in_milliseconds = 86'400'000;

// Of a writer that was not the last one the mark stays. KEYS: of each relation its writers and its mark.
constexpr std::string_view unmark_script =
    "for i = 1, #KEYS, 2 do redis.call('HDEL', KEYS[i], ARGV[1]) "
    "if redis.call('EXISTS', KEYS[i]) == 0 then redis.call('UNLINK', KEYS[i + 1]) end end";

/// Commands that are sent together, with the words that they are made of.
class command_list {
public:
    /// Valid as long as the list.
    std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }
    void add(std::initializer_list<std::string_view> words) { commands_.emplace_back(words); }
    std::vector<std::string_view>& add() { return commands_.emplace_back(); }

    void send(metrics::store_op op, link& over, answer_callback done) const {
        std::vector<command> all(commands_.begin(), commands_.end());
        over.send_all(op, all, std::move(done));
    }

private:
    std::deque<std::string> texts_;
    std::vector<std::vector<std::string_view>> commands_;
};

// Of what nobody waits for.
void ignore(const answer&) {}

cache::shared_store::done behind_claim(cache::shared_store::written told) {
    return [told = std::move(told)](base::status failed) {
        if (failed) return told(failed);
        told(cache::no_stamp);
    };
}

base::status failure_of(const answer& told) {
    if (!told) return told.error();
    return told->is_error() ? base::status(error_code::command_refused) : base::status();
}

// What a write looks at behind itself.
struct surroundings {
    bool is_whole = false;
    std::optional<std::string_view> epoch;
    cache::stamp catalogs = cache::no_stamp;

    static surroundings read(const reply& said) {
        std::array<std::string_view, 2> texts;
        surroundings found;
        found.is_whole = said.size() == texts.size();
        std::size_t at = 0;
        for (const reply each : said) {
            if (at < texts.size()) texts[at] = each.text();
            if (at == 0 && !each.is_nil()) found.epoch = each.text();
            ++at;
        }
        found.catalogs = from_hex(texts[1]);
        return found;
    }
};

// What another holder has taken since stays.
constexpr std::string_view release_script =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('UNLINK', KEYS[1]) end";

// The fields of a lookup: the epoch, the stamp of the catalogs, then stamp and mark of each relation, then the reply and
// its lease.
constexpr std::size_t stamp_at(std::size_t index) {
    return 2 + 2 * index;
}

}  // namespace

struct shared_store::asking {
    answered told;
    std::string epoch;
    std::size_t stamps = 0;  ///< of relations, and of the whole database
    bool with_reply = false;
    std::string holder;  ///< empty: no lease is asked for
    base::duration left{};  ///< to the reply's end
};

/// A bump for all who have asked for the same before it left.
struct shared_store::bumping {
    std::string database;
    cache::write_set what;
    std::uint64_t before_write;
    std::vector<written> told;
};

void shared_store::connected(const epoch& now) {
    epoch_ = now.to_string();
    const std::array<std::string_view, 3> words{"SET", epoch_key, epoch_};
    link_.send(store_op::other, words, ignore);
}

// The key is gone, evicted or flushed, and everybody waits until it is there again. Who has not noticed yet that the data
// are of another epoch must not say that they are of his: what he bumps then, in the wrong one, others would serve again
// as soon as theirs is back.
void shared_store::claim(done told) {
    const std::array<std::string_view, 2> words{"INFO", "replication"};
    link_.send(store_op::other, words, [this, told = std::move(told)](const answer& said) {
        if (const auto failed = failure_of(said)) return told(failed);
        server_identity now = *link_.server();
        now.replication_id.clear();
        now.read(said->text());
        if (now.epoch().to_string() != epoch_) {
            link_.give_up(error_code::changed);
            return told(error_code::changed);
        }
        connected(now.epoch());
        told({});
    });
}

void shared_store::ask(const cache::store_question& what, answered told) {
    if (!link_.is_connected()) return told(std::error_code(error_code::not_connected));
    const store_names names(what.database, epoch_);
    if (what.make_stamps) make_stamps(names, what);
    look_up(names, what, std::move(told));
}

void shared_store::make_stamps(const store_names& names, const cache::store_question& what) {
    const auto make = [&](relation_id which) {
        const std::string name = names.stamp(which);
        std::string fresh;
        append_hex(fresh, random_.number() | 1);
        const std::array<std::string_view, 6> words{"SET", name, fresh, "NX", "EX", longest_life};
        link_.send(store_op::set, words, ignore);
    };
    make(whole_database);
    make(cache::catalogs);
    for (const relation_id each : what.relations) make(each);
}

void shared_store::look_up(const store_names& names, const cache::store_question& what, answered told) {
    const auto asked = std::make_shared<asking>();
    asked->told = std::move(told);
    asked->epoch = epoch_;
    asked->stamps = 1 + what.relations.size();
    asked->with_reply = !what.key.empty();
    asked->holder = what.holder;
    std::vector<std::string> texts{std::string(epoch_key), names.stamp(cache::catalogs)};
    texts.reserve(stamp_at(asked->stamps) + 2);
    const auto look_at = [&](relation_id which) {
        texts.push_back(names.stamp(which));
        texts.push_back(names.mark(which));
    };
    look_at(whole_database);
    for (const relation_id each : what.relations) look_at(each);
    if (asked->with_reply) {
        texts.push_back(names.reply(what.key));
        // Before the reply itself, so that it is never believed to live longer than it does.
        const std::array<std::string_view, 2> words{"PTTL", texts.back()};
        link_.send(store_op::get, words, [asked](const answer& said) {
            constexpr std::int64_t most = longest_life_in_milliseconds;
            if (said) asked->left = std::chrono::milliseconds(std::clamp<std::int64_t>(said->integer(), 0, most));
        });
    }
    if (!asked->holder.empty()) {
        texts.push_back(names.lease(what.key));
        take_lease(texts.back(), what);
    }
    const std::vector<std::string_view> keys(texts.begin(), texts.end());
    lookups_.fetch(keys, [this, asked](const auto& found) { tell(*asked, found); });
}

void shared_store::tell(const asking& what, const base::result<lookup_batch::values>& found) {
    if (!found) return what.told(found.error());
    const lookup_batch::values& values = *found;
    if (!values[0] && !std::exchange(claims_, true)) claim([this](base::status) { claims_ = false; });
    if (!values[0] || *values[0] != what.epoch) return what.told(std::error_code(error_code::changed));
    std::vector<cache::shared_stamp> stamps(what.stamps);
    for (std::size_t i = 0; i < stamps.size(); ++i) {
        stamps[i].now = from_hex(values[stamp_at(i)].value_or(""));
        stamps[i].marked = values[stamp_at(i) + 1].has_value();
    }
    cache::store_answer said;
    said.stamps = stamps;
    said.catalogs = from_hex(values[1].value_or(""));
    const std::size_t reply = stamp_at(what.stamps);
    if (what.with_reply && values[reply]) {
        said.reply = *values[reply];
        said.left = what.left;
    }
    if (!what.holder.empty()) {
        said.leased = values[reply + 1] == what.holder;
        said.leased_to_another = values[reply + 1] && !said.leased;
    }
    what.told(said);
}

void shared_store::take_lease(const std::string& name, const cache::store_question& what) {
    const auto life = std::chrono::duration_cast<std::chrono::milliseconds>(what.lease).count();
    const std::string time = std::to_string(std::max<std::int64_t>(life, 1));
    const std::array<std::string_view, 6> words{"SET", name, what.holder, "NX", "PX", time};
    link_.send(store_op::get, words, ignore);
}

void shared_store::release(std::string_view database, std::string_view key, std::string_view holder) {
    const std::string name = store_names(database, epoch_).lease(key);
    const std::array<std::string_view, 5> words{"EVAL", release_script, "1", name, holder};
    link_.send(store_op::set, words, ignore);
}

void shared_store::keep(std::string_view database, std::string_view key, std::string_view reply, base::duration ttl) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(ttl).count();
    if (left <= 0) return;
    const std::string name = store_names(database, epoch_).reply(key);
    const std::string time = std::to_string(left);
    const std::array<std::string_view, 5> words{"SET", name, reply, "PX", time};
    link_.send(store_op::set, words, ignore);
}

void shared_store::drop(std::string_view database, std::string_view key, done told) {
    const std::string name = store_names(database, epoch_).reply(key);
    const std::array<std::string_view, 2> words{"UNLINK", name};
    link_.send(store_op::set, words, [told = std::move(told)](const answer& said) { told(failure_of(said)); });
}

void shared_store::mark(std::string_view database, std::string_view writer, const cache::write_set& what,
                        written told) {
    if (!link_.is_connected()) return told(std::error_code(error_code::not_connected));
    const store_names names(database, epoch_);
    command_list all;
    for (const relation_id each : what.stamps()) {
        const std::string_view hash = all.keep(names.writers(each));
        all.add({"HSET", hash, writer, "1"});
        all.add({"EXPIRE", hash, longest_life});
        all.add({"SET", all.keep(names.mark(each)), "1", "EX", longest_life});
    }
    all.add({"MGET", epoch_key, all.keep(names.stamp(cache::catalogs))});
    all.send(store_op::invalidate, link_, [this, told = std::move(told), of = epoch_](const answer& said) {
        if (const auto failed = failure_of(said)) return told(failed);
        const auto found = surroundings::read(*said);
        if (!found.is_whole) return told(std::error_code(error_code::changed));
        if (!found.epoch) return claim(behind_claim(told));
        if (*found.epoch != of) return told(std::error_code(error_code::changed));
        told(found.catalogs);
    });
}

void shared_store::bump(std::string_view database, const cache::write_set& what, written told) {
    if (!link_.is_connected()) return told(std::error_code(error_code::not_connected));
    // One that has not left yet comes behind this write, too. Each write has two, mostly in one tick, and a table that
    // many write to has many.
    if (last_bump_ && last_bump_->before_write == link_.writes() && last_bump_->database == database &&
        last_bump_->what == what)
        return last_bump_->told.push_back(std::move(told));
    auto one = std::make_shared<bumping>(bumping{std::string(database), what, link_.writes(), {}});
    one->told.push_back(std::move(told));
    last_bump_ = one;
    bump_in(epoch_, one->database, what, true, [this, one](const base::result<cache::stamp>& catalogs) {
        if (last_bump_ == one) last_bump_.reset();
        for (const written& each : one->told) each(catalogs);
    });
}

// Others may know already that the data are of another epoch than we do: what they keep goes by the stamps of that.
void shared_store::bump_in(const std::string& epoch_text, std::string database, cache::write_set what, bool again,
                           written told) {
    const store_names names(database, epoch_text);
    command_list all;
    std::vector<std::string_view>& unlink = all.add();
    unlink.push_back("UNLINK");
    for (const relation_id each : what.stamps()) unlink.push_back(all.keep(names.stamp(each)));
    all.add({"MGET", epoch_key, all.keep(names.stamp(cache::catalogs))});
    all.send(store_op::invalidate, link_,
             [=, this, database = std::move(database), what = std::move(what),
              told = std::move(told)](const answer& said) mutable {
                 if (const auto failed = failure_of(said)) return told(failed);
                 const auto found = surroundings::read(*said);
                 if (!found.is_whole) return told(std::error_code(error_code::changed));
                 if (!found.epoch) return claim(behind_claim(std::move(told)));
                 if (*found.epoch == epoch_text) return told(found.catalogs);
                 if (!again) return told(std::error_code(error_code::changed));
                 bump_in(std::string(*found.epoch), std::move(database), std::move(what), false, std::move(told));
             });
}

void shared_store::unmark(std::string_view database, std::string_view writer, const cache::write_set& what, done told) {
    const store_names names(database, epoch_);
    const auto relations = what.stamps();
    command_list all;
    const std::string_view count = all.keep(std::to_string(2 * relations.size()));
    std::vector<std::string_view>& words = all.add();
    words = {"EVAL", unmark_script, count};
    for (const relation_id each : relations) {
        words.push_back(all.keep(names.writers(each)));
        words.push_back(all.keep(names.mark(each)));
    }
    words.push_back(writer);
    all.send(store_op::invalidate, link_, [told = std::move(told)](const answer& said) { told(failure_of(said)); });
}

void shared_store::find_writers(std::string_view database, relation_id which, writers told) {
    const std::string name = store_names(database, epoch_).writers(which);
    const std::array<std::string_view, 2> words{"HKEYS", name};
    link_.send(store_op::other, words, [told = std::move(told)](const answer& said) {
        std::vector<std::string> found;
        if (said)
            for (const reply each : *said) found.emplace_back(each.text());
        told(found);
    });
}

}  // namespace pgweir::redis
