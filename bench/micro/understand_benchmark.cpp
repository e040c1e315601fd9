#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "sql/memo.hpp"
#include "sql/shape.hpp"
#include "sql/understand.hpp"

// What knowing a statement costs: once for each shape (understand), and for each text after that (shape, known).

namespace pgweir {
namespace {

constexpr std::array<std::string_view, 3> texts{
    "SELECT abalance FROM pgbench_accounts WHERE aid = 1234567;",
    "UPDATE pgbench_branches SET bbalance = bbalance + -3180 WHERE bid = 1; -- a comment",
    "SELECT \"shop_order\".\"id\", \"shop_order\".\"created_at\", \"shop_order\".\"state\", "
    "\"shop_customer\".\"name\", "
    "\"shop_customer\".\"email\" FROM \"shop_order\" INNER JOIN \"shop_customer\" ON (\"shop_order\".\"customer_id\" = "
    "\"shop_customer\".\"id\") WHERE (\"shop_order\".\"state\" IN ('new', 'paid') AND \"shop_order\".\"created_at\" >= "
    "'2026-01-01 00:00:00+00:00'::timestamptz) ORDER BY \"shop_order\".\"created_at\" DESC LIMIT 21",
};

std::string_view text_of(const benchmark::State& state) {
    return texts[static_cast<std::size_t>(state.range(0))];
}

void understand(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(sql::understand(text_of(state)));
}
BENCHMARK(understand)->DenseRange(0, texts.size() - 1);

void shape(benchmark::State& state) {
    std::string shape;
    for (auto _ : state) {
        sql::write_shape(text_of(state), shape);
        benchmark::DoNotOptimize(shape.data());
    }
}
BENCHMARK(shape)->DenseRange(0, texts.size() - 1);

void known(benchmark::State& state) {
    sql::memo memo(1 << 20, 1);
    std::string shape;
    sql::write_shape(text_of(state), shape);
    memo.keep(shape, std::make_shared<const sql::statement_facts>(sql::understand(shape)));
    for (auto _ : state) {
        sql::write_shape(text_of(state), shape);
        benchmark::DoNotOptimize(memo.find(shape));
    }
}
BENCHMARK(known)->DenseRange(0, texts.size() - 1);

}  // namespace
}  // namespace pgweir
