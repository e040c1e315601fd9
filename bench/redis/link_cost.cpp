// What a look-up costs the worker when several share a tick: redis::lookup_batch against a Redis on this machine.
//   build/release/bench/redis_link_cost URL [SECONDS]
// Each look-up asks for three keys, and the next round begins when the last one was answered. For each number of
// look-ups: the worker's CPU time (user and system) for one round, which is one MGET, and for one look-up; the time that
// a round takes; and Redis's own CPU time for it. `one each`: the same look-ups with a command for each, in one write.
#include <sys/resource.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/cache_labels.hpp"
#include "net/deadlines.hpp"
#include "net/random.hpp"
#include "net/reactor.hpp"
#include "redis/link.hpp"
#include "redis/lookup_batch.hpp"

namespace {

using namespace pgweir;
using micro_seconds = std::chrono::duration<double, std::micro>;

constexpr std::size_t keys_of_lookup = 3;

enum class manner { own_keys, same_keys, one_each };

double own_cpu() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto micros = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    };
    return micros(used.ru_utime) + micros(used.ru_stime);
}

class measurement {
public:
    measurement(redis::url where, base::duration span)
        : span_(span),
          store_({loop_, deadlines_, random_}, settings_of(std::move(where)), {}),
          lookups_(loop_, store_) {}

    bool connect() {
        store_.start();
        const auto end = base::clock::now() + std::chrono::seconds(5);
        while (!store_.is_connected() && base::clock::now() < end) loop_.run_once(std::chrono::milliseconds(50));
        return store_.is_connected();
    }

    void measure(std::size_t count, manner how, const char* name) {
        prepare(count, how);
        how_ = how;
        rounds_ = 0;
        end_ = base::clock::now() + span_ / 10;  // warms up
        run_rounds();
        rounds_ = 0;
        const double redis_before = redis_cpu();
        const double before = own_cpu();
        const auto begin = base::clock::now();
        end_ = begin + span_;
        run_rounds();
        const double own = own_cpu() - before;
        const double spent = micro_seconds(base::clock::now() - begin).count();
        const double of_redis = redis_cpu() - redis_before;
        const auto rounds = static_cast<double>(rounds_);
        std::printf("%10s %9zu %12.2f %12.3f %12.1f %12.2f\n", name, count, own / rounds,
                    own / rounds / static_cast<double>(count), spent / rounds, of_redis / rounds);
    }

private:
    static redis::settings settings_of(redis::url where) {
        redis::settings how;
        how.where = std::move(where);
        how.timeout = std::chrono::seconds(5);
        how.check_interval = std::chrono::hours(1);
        return how;
    }

    void prepare(std::size_t count, manner how) {
        names_.clear();
        for (std::size_t at = 0; at < count * keys_of_lookup; ++at)
            names_.push_back("pgweir:stamp:" + std::to_string(how == manner::same_keys ? at % keys_of_lookup : at));
        keys_.assign(names_.begin(), names_.end());
        for (const std::string_view key : keys_) {
            const std::array<std::string_view, 3> words{"SET", key, "0123456789abcdef"};
            ask(words);
        }
    }

    std::string ask(redis::command words) {
        std::string text;
        bool done = false;
        store_.send(metrics::store_op::other, words, [&](const redis::answer& told) {
            if (told) text = told->text();
            done = true;
        });
        while (!done) loop_.run_once(std::chrono::milliseconds(50));
        return text;
    }

    double redis_cpu() {
        const std::array<std::string_view, 2> words{"INFO", "cpu"};
        const std::string text = ask(words);
        const auto seconds = [&text](std::string_view name) {
            const auto at = text.find(name);
            return at == std::string::npos ? 0.0 : std::stod(text.substr(at + name.size(), 20));
        };
        return (seconds("used_cpu_sys:") + seconds("used_cpu_user:")) * 1e6;
    }

    void run_rounds() {
        begin_round();
        while (left_ > 0) loop_.run_once(std::chrono::milliseconds(50));
    }

    void begin_round() {
        const std::span<const std::string_view> all(keys_);
        left_ = keys_.size() / keys_of_lookup;
        for (std::size_t at = 0; at < all.size(); at += keys_of_lookup) {
            const auto three = all.subspan(at, keys_of_lookup);
            if (how_ == manner::one_each) {
                const std::array<std::string_view, 4> words{"MGET", three[0], three[1], three[2]};
                store_.send(metrics::store_op::get, words,
                            [this](const redis::answer& told) { answered(told && told->size() == keys_of_lookup); });
            } else {
                lookups_.fetch(three, [this](const base::result<redis::lookup_batch::values>& found) {
                    answered(found && (*found)[0] && (*found)[2]->size() == 16);
                });
            }
        }
    }

    void answered(bool good) {
        if (!good) std::fputs("a look-up failed\n", stderr);
        if (--left_ > 0) return;
        ++rounds_;
        if (base::clock::now() < end_) begin_round();
    }

    base::duration span_;
    net::reactor loop_;
    net::deadline_queue deadlines_{loop_};
    net::random_source random_;
    redis::link store_;
    redis::lookup_batch lookups_;
    std::vector<std::string> names_;
    std::vector<std::string_view> keys_;
    manner how_ = manner::own_keys;
    std::size_t left_ = 0;
    std::uint64_t rounds_ = 0;
    base::time_point end_;
};

}  // namespace

int main(int count, char** given) {
    const auto where = redis::parse_url(count > 1 ? given[1] : "");
    int seconds = 2;
    if (count > 2) {
        const std::string_view text(given[2]);
        std::from_chars(text.data(), text.data() + text.size(), seconds);
    }
    if (!where || seconds < 1) {
        std::fprintf(stderr, "usage: redis_link_cost URL [SECONDS]\n%s\n",
                     where ? "" : where.error().message().c_str());
        return 2;
    }
    measurement made(*where, std::chrono::seconds(seconds));
    if (!made.connect()) {
        std::fputs("no connection to Redis\n", stderr);
        return 1;
    }
    std::printf("%10s %9s %12s %12s %12s %12s\n", "keys", "look-ups", "us/round", "us/look-up", "us of time",
                "us of Redis");
    for (const std::size_t lookups : {std::size_t{1}, std::size_t{8}, std::size_t{64}})
        made.measure(lookups, manner::own_keys, "own");
    for (const std::size_t lookups : {std::size_t{1}, std::size_t{8}, std::size_t{64}})
        made.measure(lookups, manner::same_keys, "the same");
    for (const std::size_t lookups : {std::size_t{1}, std::size_t{8}, std::size_t{64}})
        made.measure(lookups, manner::one_each, "one each");
    return 0;
}
