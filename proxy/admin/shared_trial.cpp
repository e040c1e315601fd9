#include "admin/shared_trial.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace pgweir::admin {

namespace {

using cache::relation_id;
using cache::shared_stamp;

constexpr std::array<relation_id, 1> table{16384};
constexpr std::size_t row_bytes = 1024;
constexpr std::size_t keys_in_a_round = 256;
constexpr base::duration ttl = std::chrono::seconds(60);
constexpr base::duration short_ttl = std::chrono::milliseconds(20);
constexpr base::duration patience = std::chrono::milliseconds(200);  // of a store whose clock is not ours

const cache::write_set one_write{.everything = false, .relations = {table.front()}};
const cache::write_set any_write{.everything = true, .relations = {}};
const cache::write_set catalogs_write{.everything = false, .relations = {cache::catalogs}};

/// What a look at the store found; copied out of its answer.
struct sight {
    bool worked = false;
    shared_stamp everything;
    shared_stamp relation;
    std::string reply;
};

/// The trial under way. Each step ends in a callback of the store, which keeps this alive.
class attempt : public std::enable_shared_from_this<attempt> {
public:
    using verdict = std::function<void(bool)>;
    using seen = std::function<void(const sight&)>;

    attempt(cache::shared_store& store, std::string name, base::duration at_least, store_trial::result done)
        : store_(store), name_(std::move(name)), at_least_(at_least), done_(std::move(done)), row_(row_bytes, 'x') {
        for (std::size_t i = 0; i < keys_in_a_round; ++i) keys_.push_back("key " + std::to_string(i));
    }

    void begin() {
        if (store_.is_reachable()) return next_check();
        lines_.push_back({"it can be reached", false});
        done_(std::move(lines_));
    }

private:
    struct check {
        std::string_view what;
        void (attempt::*run)(verdict);
    };
    struct operation {
        std::string_view name;
        void (attempt::*send)(std::function<void(std::size_t worked)>);
        std::uint64_t done = 0;
        std::uint64_t worked = 0;
        base::duration took{};
    };

    // ---- what the protocol promises ----

    void is_found(verdict tell);
    void bump_changes_stamp(verdict tell);
    void any_write_changes_all(verdict tell);
    void mark_is_seen(verdict tell);
    void last_mark_counts(verdict tell);
    void what_is_dropped_is_gone(verdict tell);
    void ttl_ends(verdict tell);

    void next_check();

    // ---- how fast it is ----

    void set(std::function<void(std::size_t)> ended);
    void get(std::function<void(std::size_t)> ended);
    void remove(std::function<void(std::size_t)> ended);
    verdict tally(std::function<void(std::size_t)> ended) const;
    void next_round();
    void clean_up();

    void look(std::string_view key, seen tell) {
        const cache::store_question of{.database = name_, .relations = table, .key = key, .make_stamps = true};
        store_.ask(of, [self = shared_from_this(), tell = std::move(tell)](const auto& told) {
            sight found;
            found.worked = told && told->stamps.size() == 2;
            if (found.worked) {
                found.everything = told->stamps[0];
                found.relation = told->stamps[1];
                found.reply = told->reply;
            }
            tell(found);
        });
    }
    void keep(std::string_view key, base::duration life = ttl) { store_.keep(name_, key, row_, life); }
    void wait_for_end(base::time_point latest, verdict tell);

    static constexpr std::array checks{
        check{"what was set is got, and nothing else", &attempt::is_found},
        check{"a bump makes another stamp", &attempt::bump_changes_stamp},
        check{"a write to anything changes the stamp of all", &attempt::any_write_changes_all},
        check{"a mark is seen until it is taken away", &attempt::mark_is_seen},
        check{"of two writers the last one takes the mark away", &attempt::last_mark_counts},
        check{"what is deleted is gone", &attempt::what_is_dropped_is_gone},
        check{"an entry ends with its ttl", &attempt::ttl_ends},
    };

    cache::shared_store& store_;
    std::string name_;
    base::duration at_least_;
    store_trial::result done_;
    std::string row_;
    std::vector<std::string> keys_;
    std::vector<trial_line> lines_;
    std::size_t checked_ = 0;
    std::array<operation, 3> operations_{operation{"set", &attempt::set}, operation{"get", &attempt::get},
                                         operation{"delete", &attempt::remove}};
    std::size_t rounds_ = 0;
    base::time_point ends_{};
};

void attempt::next_check() {
    if (checked_ == checks.size()) {
        ends_ = base::clock::now() + at_least_;
        return next_round();
    }
    const check& now = checks[checked_++];
    (this->*now.run)([self = shared_from_this(), what = now.what](bool passed) {
        self->lines_.push_back({std::string(what), passed});
        self->next_check();
    });
}

void attempt::is_found(verdict tell) {
    look("a", [this, tell = std::move(tell)](const sight& before) {
        keep("a");
        look("a", [this, before, tell](const sight& with) {
            const bool found = before.worked && before.reply.empty() && with.reply == row_;
            const bool stands = with.relation.now != cache::no_stamp && with.relation.now == before.relation.now &&
                                with.everything.now == before.everything.now;
            look("b", [found, stands, tell](const sight& other) {
                tell(found && stands && other.worked && other.reply.empty());
            });
        });
    });
}

void attempt::bump_changes_stamp(verdict tell) {
    look("a", [this, tell = std::move(tell)](const sight& before) {
        store_.bump(name_, one_write, [this, before, tell](const auto& told) {
            look("a", [before, worked = told.has_value(), tell](const sight& after) {
                tell(worked && before.worked && after.worked && after.relation.now != before.relation.now &&
                     after.everything.now == before.everything.now);
            });
        });
    });
}

void attempt::any_write_changes_all(verdict tell) {
    look("a", [this, tell = std::move(tell)](const sight& before) {
        store_.bump(name_, any_write, [this, before, tell](const auto& told) {
            look("a", [before, worked = told.has_value(), tell](const sight& after) {
                tell(worked && before.worked && after.worked && after.everything.now != before.everything.now);
            });
        });
    });
}

void attempt::mark_is_seen(verdict tell) {
    store_.mark(name_, "0:a", one_write, [this, tell = std::move(tell)](const auto& told) {
        look("a", [this, worked = told.has_value(), tell](const sight& marked) {
            store_.unmark(name_, "0:a", one_write, [this, marked, worked, tell](base::status) {
                look("a", [marked, worked, tell](const sight& after) {
                    tell(worked && marked.relation.marked && !marked.everything.marked && after.worked &&
                         !after.relation.marked);
                });
            });
        });
    });
}

void attempt::last_mark_counts(verdict tell) {
    store_.mark(name_, "0:a", one_write, [](const auto&) {});
    store_.mark(name_, "0:b", one_write, [](const auto&) {});
    store_.unmark(name_, "0:a", one_write, [this, tell = std::move(tell)](base::status) {
        look("a", [this, tell](const sight& one_left) {
            store_.unmark(name_, "0:b", one_write, [this, one_left, tell](base::status) {
                look("a", [one_left, tell](const sight& none_left) {
                    tell(one_left.relation.marked && none_left.worked && !none_left.relation.marked);
                });
            });
        });
    });
}

void attempt::what_is_dropped_is_gone(verdict tell) {
    keep("a");
    store_.drop(name_, "a", [this, tell = std::move(tell)](base::status failed) {
        look("a", [failed, tell](const sight& after) { tell(!failed && after.worked && after.reply.empty()); });
    });
}

void attempt::ttl_ends(verdict tell) {
    keep("a", short_ttl);
    const base::time_point ends = base::clock::now() + short_ttl;
    look("a", [this, ends, tell = std::move(tell)](const sight& with) {
        const bool in_time = base::clock::now() < ends;
        wait_for_end(ends + patience,
                     [with, in_time, tell](bool gone) { tell(gone && (!in_time || !with.reply.empty())); });
    });
}

void attempt::wait_for_end(base::time_point latest, verdict tell) {
    look("a", [this, latest, tell = std::move(tell)](const sight& now) {
        if (!now.worked || now.reply.empty()) return tell(now.worked);
        if (base::clock::now() > latest) return tell(false);
        wait_for_end(latest, tell);
    });
}

void attempt::set(std::function<void(std::size_t)> ended) {
    for (const std::string& key : keys_) keep(key);
    // Behind all of them.
    look(keys_.back(),
         [this, ended = std::move(ended)](const sight& last) { ended(last.reply == row_ ? keys_.size() : 0); });
}

// Tells how many worked when all have ended.
attempt::verdict attempt::tally(std::function<void(std::size_t)> ended) const {
    const auto left = std::make_shared<std::size_t>(keys_.size());
    const auto worked = std::make_shared<std::size_t>(0);
    return [left, worked, ended = std::move(ended)](bool one) {
        if (one) ++*worked;
        if (--*left == 0) ended(*worked);
    };
}

void attempt::get(std::function<void(std::size_t)> ended) {
    const verdict tell = tally(std::move(ended));
    for (const std::string& key : keys_) look(key, [this, tell](const sight& found) { tell(found.reply == row_); });
}

void attempt::remove(std::function<void(std::size_t)> ended) {
    const verdict tell = tally(std::move(ended));
    for (const std::string& key : keys_) store_.drop(name_, key, [tell](base::status failed) { tell(!failed); });
}

void attempt::next_round() {
    operation& now = operations_[rounds_ % operations_.size()];
    const bool all_measured = rounds_ % operations_.size() == 0 && rounds_ > 0 && base::clock::now() >= ends_;
    // Out of reach every call ends inside of itself, and this would never return.
    if (all_measured || !store_.is_reachable()) return clean_up();
    ++rounds_;
    const base::time_point began = base::clock::now();
    now.done += keys_.size();
    (this->*now.send)([self = shared_from_this(), &now, began](std::size_t worked) {
        now.took += base::clock::now() - began;
        now.worked += worked;
        self->next_round();
    });
}

void attempt::clean_up() {
    for (const operation& each : operations_) {
        const double seconds = std::chrono::duration<double>(each.took).count();
        const auto rate = seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(each.done) / seconds) : 0;
        lines_.push_back({std::string(each.name), each.done > 0 && each.worked == each.done, rate});
    }
    store_.bump(name_, one_write, [](const auto&) {});
    store_.bump(name_, catalogs_write, [](const auto&) {});
    // Behind all that was written.
    store_.bump(name_, any_write, [self = shared_from_this()](const auto&) { self->done_(std::move(self->lines_)); });
}

}  // namespace

void shared_trial::run(std::uint32_t, result done) {
    std::make_shared<attempt>(store_, name_, at_least_, std::move(done))->begin();
}

}  // namespace pgweir::admin
