#include <benchmark/benchmark.h>

#include <chrono>
#include <string>
#include <utility>

#include "base/interner.hpp"
#include "base/shared_counter.hpp"
#include "metrics/pool_counters.hpp"
#include "session/conversation.hpp"
#include "wire/backend.hpp"
#include "wire/frontend.hpp"

// What one request costs between reading and writing, sockets and pool left out: framing, the state machine,
// prepared statements, counters.

namespace pgweir {
namespace {

constexpr base::time_point start{std::chrono::hours(1000)};

struct loan {
    loan() {
        state.reported = {{"client_encoding", "UTF8"}, {"standard_conforming_strings", "on"}};
        state.baseline = session::parameters::make(texts, state.reported);
        state.actual = state.baseline;
        talk.set_state({}, state.baseline, "bench");
    }

    /// The client's bytes, a server for them, its answer, and the server back.
    void exchange(std::string_view asked, std::string_view answered) {
        std::size_t consumed = talk.from_client(asked, start).consumed;
        if (consumed < asked.size()) {
            talk.lend(state, start);
            talk.from_client(asked.substr(consumed), start);
        }
        talk.to_server().clear();
        talk.from_server(answered, start);
        talk.to_client().clear();
        if (talk.fate() == session::conversation::server_fate::give_back) talk.take_back(start);
    }

    session::settings limits;
    metrics::pool_counters counters;
    base::interner texts;
    base::shared_counter schema;
    session::server_state state;
    session::conversation talk{limits, counters, texts, schema, true, 1};
};

// The server's side has no writer of its own for rows: one column, one row.
std::string rows_and_ready() {
    using namespace std::string_view_literals;
    std::string answer;
    answer += "T\0\0\0\x21\0\1abalance\0\0\0\0\0\0\0\0\0\0\x17\0\4\xff\xff\xff\xff\0\0"sv;
    answer += "D\0\0\0\x0b\0\1\0\0\0\1\x30"sv;
    answer += "C\0\0\0\x0dSELECT 1\0"sv;
    wire::append_ready_for_query(answer, 'I');
    return answer;
}

void simple_query(benchmark::State& state) {
    loan with;
    std::string asked;
    wire::append_query(asked, "SELECT abalance FROM pgbench_accounts WHERE aid = 1234567;");
    const std::string answered = rows_and_ready();
    for (auto _ : state) with.exchange(asked, answered);
    if (with.talk.pending() != 0 || with.talk.has_server()) state.SkipWithError("the exchange did not end");
}
BENCHMARK(simple_query);

void prepared_query(benchmark::State& state) {
    loan with;
    std::string prepared;
    wire::append_parse(prepared, "P0_1", "SELECT abalance FROM pgbench_accounts WHERE aid = $1;", {});
    wire::append_sync(prepared);
    std::string answered;
    wire::append_parse_complete(answered);
    wire::append_ready_for_query(answered, 'I');
    with.exchange(prepared, answered);

    std::string asked;
    wire::append_bind(asked, {"", "P0_1", {}, {"1234567"}, {}});
    wire::append_describe(asked, 'P', "");
    wire::append_execute(asked, "", 0);
    wire::append_sync(asked);
    const std::string reply = std::string("2\0\0\0\4", 5) + rows_and_ready();
    for (auto _ : state) with.exchange(asked, reply);
    if (with.talk.pending() != 0 || with.talk.has_server()) state.SkipWithError("the exchange did not end");
}
BENCHMARK(prepared_query);

}  // namespace
}  // namespace pgweir
