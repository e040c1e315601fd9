#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "redis/hex.hpp"
#include "redis/link_lab.hpp"
#include "redis/shared_store.hpp"

namespace pgweir::redis {

using namespace std::chrono_literals;
using cache::relation_id;

inline const std::string own = make_epoch(run_id(), std::string(40, 'b')).to_string();
inline const std::string second(32, '2');
inline const std::string third(32, '3');

inline cache::write_set relations(std::initializer_list<relation_id> which) {
    cache::write_set what;
    what.add(false, {which.begin(), which.size()});
    return what;
}

/// A reply of strings; nil for what is empty.
inline std::string values(std::initializer_list<std::string_view> of) {
    std::string text = "*" + std::to_string(of.size()) + "\r\n";
    for (const std::string_view each : of) text += each.empty() ? "$-1\r\n" : bulk(each);
    return text;
}

/// With a server that says what the test tells it to: what a real one cannot be made to show.
struct shared_store_lab : link_lab {
    void SetUp() override { begin(how()); }

    void begin(settings with) {
        shared.reset();
        connect(with);
        shared = std::make_unique<shared_store>(loop, *store, random);
        shared->connected(store->server()->epoch());
        EXPECT_EQ(commands(), R"(["SET" "pgweir:epoch" ")" + own + "\"]");
        server.say("+OK\r\n");
        EXPECT_TRUE(run_until([&] { return store->waiting() == 0; }));
    }

    /// Those that came since the last time, a line for each.
    std::string commands() {
        reply_reader reader(1 << 20);
        run_until([&] { return !server.received().empty(); });
        reader.feed(server.take());
        std::string text;
        while (reader.next() == reply_reader::step::reply) text += redis::text_of(reader.current()) + "\n";
        if (text.ends_with("\n")) text.pop_back();
        return text;
    }
    static std::string named(relation_id which, char kind, const std::string& epoch = own) {
        return "pgweir:db:" + epoch + ":" + kind + ":" + std::to_string(which);
    }
    /// One command as commands() has it.
    static std::string line(std::initializer_list<std::string> words) {
        std::string text = "[";
        for (const std::string& each : words) text += (text.size() > 1 ? " \"" : "\"") + each + '"';
        return text + "]";
    }
    static std::string lines(std::initializer_list<std::string> all) {
        std::string text;
        for (const std::string& each : all) text += (text.empty() ? "" : "\n") + each;
        return text;
    }

    cache::shared_store::done noted() {
        return [this, number = ++calls](base::status failed) {
            events.push_back(std::to_string(number) + ": " + (failed ? failed.message() : "done"));
        };
    }
    cache::shared_store::written noted_written() {
        return [this, number = ++calls](const base::result<cache::stamp>& said) {
            const std::string how = !said ? said.error().message() : *said == 0xcc ? "done, cc" : "done";
            events.push_back(std::to_string(number) + ": " + how);
        };
    }
    void ask(std::vector<relation_id> which, std::string_view key = {}, bool make = false) {
        const cache::store_question question{.database = "db", .relations = which, .key = key, .make_stamps = make};
        shared->ask(question, [this, number = ++calls](const base::result<cache::store_answer>& said) {
            events.push_back(std::to_string(number) + ": " + text_of(said));
        });
    }
    static std::string text_of(const base::result<cache::store_answer>& said) {
        if (!said) return said.error().message();
        std::string text;
        if (said->catalogs == 0xcc) text = "cc ";
        for (const cache::shared_stamp& each : said->stamps) {
            append_hex(text, each.now);
            text += each.marked ? "* " : " ";
        }
        return text + std::string(said->reply) + " " + std::to_string(said->left / 1ms);
    }

    std::unique_ptr<shared_store> shared;
    const std::string catalogs = named(cache::catalogs, 's');
    const std::string look_around = line({"MGET", "pgweir:epoch", catalogs});
    const std::string info = line({"INFO", "replication"});
    const std::string changed = words_of(error_code::changed);
    int calls = 0;
};

}  // namespace pgweir::redis
