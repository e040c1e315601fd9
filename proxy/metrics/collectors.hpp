#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "metrics/enum_array.hpp"
#include "metrics/families.hpp"
#include "metrics/snapshot.hpp"

/// Collectors for the common shapes of families. Each is a function of its own for one member, so that the table of
/// families can hold plain pointers. `Value` makes a double of a pool, or of one entry of an array.
namespace pgweir::metrics::collectors {

using samples = std::vector<sample>;

inline constexpr double nanoseconds_per_second = 1e9;

inline double seconds(std::uint64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / nanoseconds_per_second;
}

template <class Number>
double count(Number number) {
    return static_cast<double>(number);
}

inline sample make(double value, std::vector<label> labels = {}) {
    return {std::move(labels), value, {}};
}

template <auto Value>
samples per_pool(const snapshot& from) {
    samples made;
    for (const pool_snapshot& pool : from.pools) made.push_back(make(Value(pool), {{"pool", pool.name}}));
    return made;
}

template <auto Histogram>
samples histogram_per_pool(const snapshot& from) {
    samples made;
    for (const pool_snapshot& pool : from.pools) {
        const auto& all = Histogram(pool.counters);
        made.push_back({{{"pool", pool.name}}, 0, {all.bounds, all.buckets, all.nanoseconds}});
    }
    return made;
}

template <class Enum, class Number>
void add_each(samples& made, const std::vector<label>& labels, const enum_array<Enum, Number>& numbers,
              double (*value)(Number)) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        std::vector<label> with_value = labels;
        with_value.emplace_back(label_traits<Enum>::label, label_traits<Enum>::values[i]);
        made.push_back(make(value(numbers.items[i]), std::move(with_value)));
    }
}

template <auto Numbers, auto Value>
samples per_pool_and_label(const snapshot& from) {
    samples made;
    for (const pool_snapshot& pool : from.pools) add_each(made, {{"pool", pool.name}}, Numbers(pool), +Value);
    return made;
}

template <auto Value>
samples per_cache(const snapshot& from) {
    samples made;
    for (const cache_snapshot& cache : from.caches) made.push_back(make(count(Value(cache)), {{"cache", cache.name}}));
    return made;
}

template <auto Value>
samples of_store(const snapshot& from) {
    return from.store ? samples{make(Value(*from.store))} : samples{};
}

template <auto Numbers>
samples per_cache_and_label(const snapshot& from) {
    samples made;
    for (const cache_snapshot& cache : from.caches)
        add_each(made, {{"cache", cache.name}}, Numbers(cache), &count<std::uint64_t>);
    return made;
}

template <auto Numbers>
samples per_label(const snapshot& from) {
    samples made;
    add_each(made, {}, Numbers(from.process), &count<std::uint64_t>);
    return made;
}

template <auto Value>
samples single(const snapshot& from) {
    return {make(Value(from.process))};
}

}  // namespace pgweir::metrics::collectors
