#include "admin/shared_trial.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace pgweir::admin {
namespace {

using cache::relation_id;
using testing::ElementsAre;
using testing::IsEmpty;

/// A store in memory, which answers in answer_all(), and may be wrong in one way.
class small_store final : public cache::shared_store {
public:
    enum class defect {
        none,
        bumps_nothing,
        bumps_relations_only,
        marks_nothing,
        first_unmark,
        drops_nothing,
        for_ever,
        forgets
    };

    explicit small_store(defect with = defect::none) : with_(with) {}

    bool is_reachable() const override { return reachable; }
    void ask(const cache::store_question& what, answered told) override {
        std::vector<cache::shared_stamp> stamps{stamp_of(cache::whole_database)};
        for (const relation_id each : what.relations) stamps.push_back(stamp_of(each));
        const auto found = replies_.find(std::string(what.key));
        const bool there =
            found != replies_.end() && (found->second.ends > base::clock::now() || with_ == defect::for_ever);
        const std::string reply = there ? found->second.bytes : std::string();
        later_.push_back([stamps, reply, told = std::move(told)] {
            cache::store_answer said;
            said.stamps = stamps;
            said.reply = reply;
            told(said);
        });
    }
    void keep(std::string_view, std::string_view key, std::string_view reply, base::duration ttl) override {
        if (with_ != defect::forgets) replies_[std::string(key)] = {std::string(reply), base::clock::now() + ttl};
    }
    void release(std::string_view, std::string_view, std::string_view) override {}
    void drop(std::string_view, std::string_view key, done told) override {
        if (with_ != defect::drops_nothing) replies_.erase(std::string(key));
        later(std::move(told));
    }
    static done of(written told) {
        return [told = std::move(told)](base::status) { told(cache::no_stamp); };
    }
    void mark(std::string_view, std::string_view writer, const cache::write_set& what, written told) override {
        for (const relation_id each : what.stamps())
            if (with_ != defect::marks_nothing) marks_[each].insert(std::string(writer));
        later(of(std::move(told)));
    }
    void bump(std::string_view, const cache::write_set& what, written told) override {
        const bool broken =
            with_ == defect::bumps_nothing || (what.everything && with_ == defect::bumps_relations_only);
        for (const relation_id each : what.stamps())
            if (!broken) stamps_.erase(each);
        later(of(std::move(told)));
    }
    void unmark(std::string_view, std::string_view writer, const cache::write_set& what, done told) override {
        for (const relation_id each : what.stamps())
            with_ == defect::first_unmark ? marks_[each].clear() : void(marks_[each].erase(std::string(writer)));
        later(std::move(told));
    }
    void find_writers(std::string_view, relation_id, writers told) override { told({}); }

    void answer_all() {
        for (; !later_.empty(); later_.pop_front()) later_.front()();
    }
    std::size_t replies() const { return replies_.size(); }

    bool reachable = true;

private:
    struct kept {
        std::string bytes;
        base::time_point ends;
    };

    cache::shared_stamp stamp_of(relation_id which) {
        const auto [place, fresh] = stamps_.try_emplace(which, 0);
        if (fresh) place->second = ++last_;
        return {place->second, !marks_[which].empty()};
    }

    void later(done told) {
        later_.push_back([told = std::move(told)] { told({}); });
    }

    defect with_;
    std::deque<std::function<void()>> later_;
    cache::stamp last_ = 0;
    std::map<std::string, kept> replies_;
    std::map<relation_id, cache::stamp> stamps_;
    std::map<relation_id, std::set<std::string>> marks_;
};

std::vector<std::string> failed_on(small_store& store) {
    std::vector<std::string> failed;
    shared_trial trial(store, "test", std::chrono::milliseconds(1));
    trial.run(0, [&](const std::vector<trial_line>& lines) {
        for (const trial_line& each : lines)
            if (!each.passed) failed.push_back(each.what);
    });
    store.answer_all();
    return failed;
}

std::vector<std::string> failed_with(small_store::defect what) {
    small_store store(what);
    return failed_on(store);
}

TEST(shared_trial, a_good_store_passes_and_is_measured) {
    small_store store;
    std::vector<std::string> measured;
    shared_trial trial(store, "test", std::chrono::milliseconds(1));
    trial.run(0, [&](const std::vector<trial_line>& lines) {
        for (const trial_line& each : lines) {
            EXPECT_TRUE(each.passed) << each.what;
            if (each.per_second > 0) measured.push_back(each.what);
        }
    });
    store.answer_all();
    EXPECT_THAT(measured, ElementsAre("set", "get", "delete"));
    EXPECT_LE(store.replies(), 1U) << "but for what ended by itself";
}

TEST(shared_trial, finds_what_is_wrong) {
    using enum small_store::defect;
    EXPECT_THAT(failed_with(none), IsEmpty());
    EXPECT_THAT(failed_with(bumps_nothing),
                ElementsAre("a bump makes another stamp", "a write to anything changes the stamp of all"));
    EXPECT_THAT(failed_with(bumps_relations_only), ElementsAre("a write to anything changes the stamp of all"));
    EXPECT_THAT(failed_with(marks_nothing), ElementsAre("a mark is seen until it is taken away",
                                                        "of two writers the last one takes the mark away"));
    EXPECT_THAT(failed_with(first_unmark), ElementsAre("of two writers the last one takes the mark away"));
    EXPECT_THAT(failed_with(drops_nothing), testing::Contains("what is deleted is gone"));
    EXPECT_THAT(failed_with(forgets), testing::IsSupersetOf({"what was set is got, and nothing else", "set", "get"}));
}

TEST(shared_trial, an_entry_that_never_ends_is_found) {
    EXPECT_THAT(failed_with(small_store::defect::for_ever), testing::Contains("an entry ends with its ttl"));
}

TEST(shared_trial, says_that_it_is_out_of_reach) {
    small_store store;
    store.reachable = false;
    EXPECT_THAT(failed_on(store), ElementsAre("it can be reached"));
}

}  // namespace
}  // namespace pgweir::admin
