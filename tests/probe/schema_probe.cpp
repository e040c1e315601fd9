// Reads a schema_map from a PostgreSQL server by the queries that pgweir asks, and says what it makes of statements.
//
//     schema_probe CONNINFO
//
// Lines on standard input, fields separated by tabs; for each a line of tabs on standard output, in the same order:
//     read                          same, or: map, relations, bytes, questions, milliseconds
//     sql STATEMENT                 nothing: it was executed in the probe's session
//     fingerprint                   of what was read
//     text SCHEMAS STATEMENT        reasons, relations it depends on, relations it writes ("everything")
//     group OID                     what stands for the relation, or nothing
//     builtin NAME                  what is listed of one of PostgreSQL's own functions
//     time COUNT SCHEMAS STATEMENT  nanoseconds of understanding it, of its reads_of(), of its writes_of()
// Lists have commas between their elements.
#include <libpq-fe.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/builtin_functions.hpp"
#include "catalog/schema_map.hpp"
#include "catalog/schema_reading.hpp"
#include "sql/understand.hpp"

namespace {

using namespace pgweir;
using clock_type = std::chrono::steady_clock;
using words = std::vector<std::string>;

[[noreturn]] void fail(std::string_view what) {
    std::cerr << "schema_probe: " << what << '\n';
    std::exit(1);
}

words split(std::string_view text, char at) {
    words parts;
    while (true) {
        const std::size_t end = text.find(at);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

class server {
public:
    explicit server(const char* conninfo) : connection_(PQconnectdb(conninfo), PQfinish) {
        if (PQstatus(connection_.get()) != CONNECTION_OK) fail(PQerrorMessage(connection_.get()));
        PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
    }

    int major_version() const { return PQserverVersion(connection_.get()) / 10000; }

    std::string execute(const std::string& sql) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> told(PQexec(connection_.get(), sql.c_str()), PQclear);
        const auto status = PQresultStatus(told.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail(PQresultErrorMessage(told.get()));
        return "";
    }

    std::vector<catalog::schema_reading::row> ask(const std::string& sql) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> told(PQexec(connection_.get(), sql.c_str()), PQclear);
        if (PQresultStatus(told.get()) != PGRES_TUPLES_OK) fail(PQresultErrorMessage(told.get()) + (": " + sql));
        std::vector<catalog::schema_reading::row> rows(static_cast<std::size_t>(PQntuples(told.get())));
        for (int i = 0; i < PQntuples(told.get()); ++i)
            for (int field = 0; field < PQnfields(told.get()); ++field)
                rows[static_cast<std::size_t>(i)].push_back(
                    PQgetisnull(told.get(), i, field) != 0
                        ? std::nullopt
                        : std::optional<std::string>(PQgetvalue(told.get(), i, field)));
        return rows;
    }

private:
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

std::string listed(const std::vector<catalog::relation_id>& ids) {
    std::string all;
    for (const catalog::relation_id id : ids) all.append(all.empty() ? "" : ",").append(std::to_string(id));
    return all;
}

std::string codes(sql::reason reasons) {
    std::string all;
    for (const sql::reason_description& one : sql::reason_descriptions)
        if (has(reasons, one.value)) all.append(all.empty() ? "" : ",").append(one.code);
    return all;
}

class probe {
public:
    explicit probe(const char* conninfo) : server_(conninfo) {}

    std::string answer(const words& line) {
        if (line[0] == "read") return read();
        if (line[0] == "sql" && line.size() == 2) return server_.execute(line[1]);
        if (!map_ && line[0] != "builtin") fail("nothing is read yet");
        if (line[0] == "fingerprint") return map_->fingerprint();
        if (line[0] == "text" && line.size() == 3) return text(line[1], line[2]);
        if (line[0] == "group" && line.size() == 2) return group(line[1]);
        if (line[0] == "builtin" && line.size() == 2) return builtin(line[1]);
        if (line[0] == "time" && line.size() == 4) return time(line);
        fail("what is " + line[0]);
    }

private:
    std::string read() {
        const auto since = clock_type::now();
        catalog::schema_reading reading(server_.major_version(), map_ ? map_->fingerprint() : "");
        int questions = 0;
        for (std::string next = reading.question(); !next.empty(); next = reading.question(), ++questions)
            if (!reading.take(server_.ask(next))) fail("no answer to: " + next);
        const std::chrono::duration<double, std::milli> took = clock_type::now() - since;
        auto made = reading.result();
        const std::string cost = std::to_string(questions) + '\t' + std::to_string(took.count());
        if (!made) return "same\t\t\t" + cost;
        map_ = std::move(made);
        return "map\t" + std::to_string(map_->size()) + '\t' + std::to_string(map_->bytes()) + '\t' + cost;
    }

    std::string text(const std::string& schemas, const std::string& statement) const {
        const words path = split(schemas, ',');
        const sql::statement_facts facts = sql::understand(statement);
        const auto reads = map_->reads_of(facts, {path});
        const auto writes = map_->writes_of(facts, {path});
        return codes(reads.reasons) + '\t' + listed(reads.depends_on) + '\t' +
               (writes.everything ? "everything" : listed(writes.relations));
    }

    std::string group(const std::string& oid) const {
        const auto found = map_->group_of(static_cast<catalog::relation_id>(std::stoul(oid)));
        return found ? std::to_string(*found) : "";
    }

    static std::string builtin(const std::string& name) {
        std::string listed_as;
        if (catalog::is_settled_by_settings(name)) listed_as += "settled";
        if (catalog::runs_queries(name)) listed_as += listed_as.empty() ? "runs" : ",runs";
        if (catalog::writes_no_table(name)) listed_as += listed_as.empty() ? "harmless" : ",harmless";
        return listed_as;
    }

    std::string time(const words& line) const {
        const int count = std::stoi(line[1]);
        const words path = split(line[2], ',');
        const sql::statement_facts facts = sql::understand(line[3]);
        std::size_t sum = 0;
        const auto nanoseconds = [count, &sum](const auto& work) {
            const auto since = clock_type::now();
            for (int i = 0; i < count; ++i) sum += work();
            const std::chrono::duration<double, std::nano> took = clock_type::now() - since;
            return std::to_string(static_cast<std::int64_t>(took.count() / count));
        };
        std::string all = nanoseconds([&] { return sql::understand(line[3]).reads.size(); });
        all += '\t' + nanoseconds([&] { return map_->reads_of(facts, {path}).depends_on.size(); });
        all += '\t' + nanoseconds([&] { return map_->writes_of(facts, {path}).relations.size(); });
        return sum == 0 ? all + '\t' : all;
    }

    server server_;
    std::shared_ptr<catalog::schema_map> map_;
};

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) fail("one argument: where to connect to");
    probe running(arguments[1]);
    for (std::string line; std::getline(std::cin, line);) std::cout << running.answer(split(line, '\t')) << std::endl;
    return 0;
}
