#include <benchmark/benchmark.h>

#include <array>
#include <string_view>

#include "sql/scan.hpp"

// What looking at a statement's text costs: once for each Query and each Parse.

namespace pgweir {
namespace {

constexpr std::array<std::string_view, 4> texts{
    "BEGIN",
    "SELECT abalance FROM pgbench_accounts WHERE aid = 1234567;",
    "SET application_name TO 'billing'",
    "SELECT \"shop_order\".\"id\", \"shop_order\".\"created_at\", \"shop_order\".\"customer_id\", "
    "\"shop_order\".\"state\", "
    "\"shop_order\".\"total\", \"shop_customer\".\"name\", \"shop_customer\".\"email\" FROM \"shop_order\" INNER JOIN "
    "\"shop_customer\" ON (\"shop_order\".\"customer_id\" = \"shop_customer\".\"id\") WHERE (\"shop_order\".\"state\" "
    "IN "
    "('new', 'paid') AND \"shop_order\".\"created_at\" >= '2026-01-01 00:00:00+00:00'::timestamptz) ORDER BY "
    "\"shop_order\".\"created_at\" DESC LIMIT 21",
};

void scan(benchmark::State& state) {
    const std::string_view text = texts[static_cast<std::size_t>(state.range(0))];
    for (auto _ : state) benchmark::DoNotOptimize(sql::scan(text));
    state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
BENCHMARK(scan)->DenseRange(0, texts.size() - 1);

}  // namespace
}  // namespace pgweir
