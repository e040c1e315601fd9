#include "relay/cache_keeper.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

#include "cache/mutants.hpp"

namespace pgweir::relay {

namespace {

// Questions that wait for nobody are answered within this time by a server that lives.
constexpr base::duration longest_answer = std::chrono::seconds(10);
// Servers are not lent for so long, so that whoever serves from memory alone can be told of us. Who does not answer by
// then is stuck or cut off, and nobody shall be kept waiting for it.
constexpr base::duration longest_silence = std::chrono::seconds(5);

constexpr dedicated_connection::description description{
    .failed = "cache_lock_failed",
    .lost = "cache_lock_lost",
    .due = net::fault_point::cache_lock_due,
    .sent = net::fault_point::cache_lock_sent,
};

}  // namespace

cache_keeper::cache_keeper(const parts& with, shared_pool& like, cache_domain& whose, std::string token)
    : with_(with),
      domain_(whose),
      guard_(std::move(token),
             whose.is_shared() ? session::cache_guard::store::shared : session::cache_guard::store::memory),
      connection_(with.reactor, with.servers, like, description, *this),
      deadline_(*this, 0),
      unknown_since_(with.reactor.now()) {}

void cache_keeper::start() {
    if (!connection_.is_open() && !connection_.is_connecting())
        connection_.connect({{"application_name", "pgweir cache"}});
}

void cache_keeper::watch(std::int32_t process_id) {
    guard_.watch(process_id);
    settle();
}

void cache_keeper::on_connected() {
    guard_.connected(with_.reactor.now(), connection_.unsent());
}

bool cache_keeper::on_received(base::bytes_view input, std::size_t& consumed) {
    return guard_.receive(input, consumed, with_.reactor.now(), connection_.unsent());
}

void cache_keeper::on_deadline(int, base::time_point now) {
    if (!connection_.is_open()) {
        if (now >= connection_.next_attempt()) start();
    } else if (guard_.unanswered_since() != base::never && now - guard_.unanswered_since() >= longest_answer) {
        return connection_.lose("it does not answer");
    } else {
        guard_.tick(now, connection_.unsent());
    }
    settle();
}

// Before clients have prepared much: what was prepared before another stamp was seen is looked at by nobody any more.
void cache_keeper::look_at_catalogs() {
    const std::string name = store_name();
    if (name.empty() || name == looked_at_) return;
    looked_at_ = name;
    with_.store->ask({.database = name, .relations = {}, .key = {}, .make_stamps = true},
                     [this](const base::result<cache::store_answer>& told) {
                         if (!told) return looked_at_.clear();
                         const std::lock_guard lock(domain_.mutex());
                         if (domain_.saw_catalogs(told->catalogs)) with_.schema.add();
                     });
}

// Everybody has to see that it names another one, so it begins anew.
void cache_keeper::name_store(const std::string& name) {
    if (!named_.empty() && named_ != name) domain_.others_know_the_store(false);
    named_ = name;
    guard_.name_store(name);
    if (connection_.is_open()) connection_.lose("the shared store has other data");
    settle();
}

std::string cache_keeper::store_name() const {
    base::published<std::string>::copy now;
    domain_.store_name().renew(now);
    return now.value ? *now.value : std::string();
}

void cache_keeper::tell_store(const marked_write& what, cache::shared_store::done told) {
    const std::string name = store_name();
    if (what.what.everything)
        with_.store->bump(name, {.everything = false, .relations = {cache::catalogs}}, [](const auto&) {});
    if (what.writer.empty())
        return with_.store->bump(name, what.what, [told = std::move(told)](const auto& done) { told(done.error()); });
    with_.store->bump(name, what.what, [this, stamps = what.what](const auto& done) {
        if (!done) domain_.missed({stamps, {}});
    });
    with_.store->unmark(name, what.writer, what.what, std::move(told));
}

// What the store could not be told of, in one go. The last answer comes last.
void cache_keeper::repair() {
    if (repairing_ || !domain_.has_missed() || store_name().empty()) return;
    const std::vector<marked_write> all = domain_.missed_writes();
    repairing_ = true;
    const auto all_worked = std::make_shared<bool>(true);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const bool last = i + 1 == all.size();
        tell_store(all[i], [this, last, all_worked](base::status failed) {
            *all_worked = *all_worked && !failed;
            if (!last) return;
            repairing_ = false;
            // Who asks another store than we do, a former primary say, has not heard of it before it knows of us.
            domain_.told(*all_worked && domain_.others_know_the_store());
        });
    }
}

void cache_keeper::bury(const std::vector<std::int32_t>& processes) {
    std::vector<marked_write> left = domain_.ended(processes);
    for (const std::int32_t id : processes) {
        const auto [begin, end] = suspected_.equal_range(id);
        for (auto each = begin; each != end; ++each) left.push_back(std::move(each->second));
        suspected_.erase(begin, end);
    }
    if (with_.store == nullptr || left.empty()) return;
    // As cache_domain does in memory, and before the marks go.
    const marked_write everything{.what = {.everything = true, .relations = {}}, .writer = {}};
    tell_store(everything, [this, everything](base::status failed) {
        if (failed) domain_.missed(everything);
    });
    for (const marked_write& each : left)
        tell_store(each, [this, each](base::status failed) {
            if (failed) domain_.missed(each);
        });
}

// A pgweir that was killed has left its marks. They go when the backends have ended that wrote for it: then what they
// committed can be seen.
void cache_keeper::look_after_marks() {
    constexpr base::duration patience = std::chrono::seconds(2);
    for (const cache::relation_id which : domain_.long_marked(with_.reactor.now(), patience)) {
        with_.store->find_writers(store_name(), which, [this, which](const std::vector<std::string>& writers) {
            for (const std::string& writer : writers) {
                std::int32_t process_id = 0;
                std::from_chars(writer.data(), writer.data() + writer.size(), process_id);
                marked_write left{.what = {}, .writer = writer};
                left.what.add(which == cache::whole_database, std::span(&which, 1));
                const auto [begin, end] = suspected_.equal_range(process_id);
                if (std::any_of(begin, end, [&](const auto& each) {
                        return each.second.writer == writer && each.second.what.relations == left.what.relations;
                    }))
                    continue;
                suspected_.emplace(process_id, std::move(left));
                guard_.watch(process_id);
            }
        });
    }
}

void cache_keeper::tell() {
    const bool has_lock = guard_.known_to_others() && guard_.why_not() == metrics::cache_bypass::starting;
    if (!guard_.database().empty()) domain_.name_in_store(guard_.database());
    domain_.guard_says(guard_.alone() || (has_lock && is(cache::mutant::unsettled)), guard_.why_not());
    if (const auto gone = guard_.take_gone(); !gone.empty()) bury(gone);
    if (with_.store != nullptr && with_.store->is_reachable()) {
        look_at_catalogs();
        repair();
        look_after_marks();
    }
    const base::time_point now = with_.reactor.now();
    if (guard_.known_to_others()) {
        domain_.others_know_the_store(true);
        unknown_since_ = base::never;
    } else if (unknown_since_ == base::never) {
        unknown_since_ = now;
    }
    if (unknown_since_ == base::never || now - unknown_since_ >= longest_silence)
        domain_.open_gate();
    else
        domain_.close_gate();
}

// Before anything is written: who waits for an answer of ours goes on when it has it.
void cache_keeper::settle() {
    tell();
    connection_.write();
    base::time_point next = base::never;
    if (connection_.is_open()) {
        next = guard_.next_tick();
        if (guard_.unanswered_since() != base::never) next = std::min(next, guard_.unanswered_since() + longest_answer);
    } else if (!connection_.is_connecting()) {
        next = connection_.next_attempt();
    }
    if (!domain_.lends()) next = std::min(next, unknown_since_ + longest_silence);
    if (next == base::never)
        deadline_.clear();
    else
        with_.deadlines.arm(deadline_, next);
}

}  // namespace pgweir::relay
