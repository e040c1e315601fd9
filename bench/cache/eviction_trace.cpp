// How many of a trace's requests the result cache answers, beside the least recently used one of the same size, and with
// everything admitted: what SIEVE and the admission by frequency are for. Prints JSON, one object for each trace.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <list>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/admission.hpp"
#include "cache/memory_store.hpp"

namespace {

using pgweir::cache::admission;
using pgweir::cache::memory_store;

constexpr std::uint64_t seed = 7;
constexpr std::size_t places = 2'000;  // of each cache
constexpr std::size_t keys = 50'000;
constexpr std::size_t requests = 1'000'000;

using trace = std::vector<std::uint32_t>;

// Of n keys the k-th is asked for as often as k to the power of -skew says.
class skewed_keys {
public:
    skewed_keys(std::size_t n, double skew) {
        std::vector<double> weights(n);
        for (std::size_t i = 0; i < n; ++i) weights[i] = std::pow(static_cast<double>(i + 1), -skew);
        chosen_ = std::discrete_distribution<std::uint32_t>(weights.begin(), weights.end());
    }
    std::uint32_t operator()(std::mt19937_64& random) { return chosen_(random); }

private:
    std::discrete_distribution<std::uint32_t> chosen_;
};

trace skewed(double skew) {
    std::mt19937_64 random(seed);
    skewed_keys next(keys, skew);
    trace all(requests);
    for (auto& each : all) each = next(random);
    return all;
}

// A report, a crawler, an export: now and then a stretch of keys that are asked for once.
trace with_scans(double skew) {
    std::mt19937_64 random(seed);
    skewed_keys next(keys, skew);
    trace all;
    std::uint32_t scanned = keys;
    while (all.size() < requests) {
        for (int i = 0; i < 20'000; ++i) all.push_back(next(random));
        for (int i = 0; i < 10'000; ++i) all.push_back(scanned++);
    }
    return all;
}

// What was in demand is not any more.
trace moving(double skew) {
    std::mt19937_64 random(seed);
    skewed_keys next(keys, skew);
    trace all(requests);
    for (std::size_t i = 0; i < requests; ++i) all[i] = next(random) + static_cast<std::uint32_t>(i / 200'000 * keys);
    return all;
}

std::string key_of(std::uint32_t number) {
    return "key " + std::to_string(1'000'000'000 + number);  // all of one length
}

memory_store::pointer entry_of(const std::string& key) {
    auto made = std::make_shared<pgweir::cache::entry>();
    made->key = key;
    return made;
}

double hits_of_ours(const trace& all, unsigned from_time) {
    memory_store store(places * entry_of(key_of(0))->bytes(), seed);
    admission asked(seed);
    std::size_t hits = 0;
    for (const std::uint32_t each : all) {
        const std::string key = key_of(each);
        if (store.find(key) != nullptr)
            ++hits;
        else if (asked.count(key) >= from_time)
            store.put(entry_of(key));
    }
    return static_cast<double>(hits) / static_cast<double>(all.size());
}

double hits_of_least_recently_used(const trace& all) {
    std::list<std::uint32_t> order;
    std::unordered_map<std::uint32_t, std::list<std::uint32_t>::iterator> known;
    std::size_t hits = 0;
    for (const std::uint32_t each : all) {
        if (const auto found = known.find(each); found != known.end()) {
            ++hits;
            order.splice(order.begin(), order, found->second);
            continue;
        }
        if (order.size() == places) {
            known.erase(order.back());
            order.pop_back();
        }
        order.push_front(each);
        known[each] = order.begin();
    }
    return static_cast<double>(hits) / static_cast<double>(all.size());
}

void print(std::string_view name, const trace& all) {
    std::printf("{\"trace\": \"%.*s\", \"lru\": %.4f, \"sieve\": %.4f, \"second\": %.4f, \"third\": %.4f}\n",
                static_cast<int>(name.size()), name.data(), hits_of_least_recently_used(all), hits_of_ours(all, 1),
                hits_of_ours(all, 2), hits_of_ours(all, 3));
}

}  // namespace

int main() {
    print("skewed, 0.8", skewed(0.8));
    print("skewed, 1.0", skewed(1.0));
    print("skewed, with scans", with_scans(1.0));
    print("skewed, moving", moving(1.0));
}
