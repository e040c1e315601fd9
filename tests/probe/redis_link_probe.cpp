// A redis::link, and a redis::shared_store over it, that a test drives over standard input and output.
//   redis_link_probe URL [--timeout MS] [--connect-timeout MS] [--check MS] [--requests N]
// Lines that it reads; all that come at once are one tick of the reactor:
//   send ID WORD...          one command
//   send_all ID WORD... ; WORD...
//   fetch ID KEY...          a look-up through a lookup_batch
//   ask ID DATABASE KEY RELATION...           KEY: -: no reply is wanted
//   make ID DATABASE KEY RELATION...          the same, and stamps are made
//   mark ID DATABASE WRITER RELATION...       RELATION: a number, or `all`
//   bump ID DATABASE RELATION...
//   unmark ID DATABASE WRITER RELATION...
//   keep ID DATABASE KEY MILLISECONDS REPLY
//   writers ID DATABASE RELATION
//   status
// Lines that it writes begin with `> `; the others are the log.
//   > ID MILLISECONDS reply  (or: error SENTENCE; or of a shared_store, from inside of the call: at once error SENTENCE)
//   > ID MILLISECONDS stamps STAMP... catalogs STAMP [reply REPLY left MILLISECONDS]
//         STAMP: of the whole database first; 16 digits or none; * behind it: marked
//   > connected EPOCH  > lost  > status KEY=VALUE... reason=SENTENCE
// It ends with its input. Exit codes: 0, 2 usage or a bad URL.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/deadlines.hpp"
#include "net/fault_points.hpp"
#include "net/random.hpp"
#include "net/reactor.hpp"
#include "redis/link.hpp"
#include "redis/lookup_batch.hpp"
#include "redis/shared_store.hpp"
#include "shared_store_lines.hpp"
#include "unit/redis/words.hpp"

namespace {

using namespace pgweir;

void say(const std::string& line) {
    std::fprintf(stdout, "> %s\n", line.c_str());
    std::fflush(stdout);
}

/// Short enough for a line.
std::string shown(const std::string& text) {
    constexpr std::size_t longest = 200;
    return text.size() <= longest ? text : "<" + std::to_string(text.size()) + " characters>";
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find(at));
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        if (!part.empty()) parts.push_back(part);
    }
    return parts;
}

class probe final : net::event_handler {
public:
    explicit probe(redis::settings how)
        : store_({loop_, deadlines_, random_}, std::move(how),
                 {.on_connected =
                      [this](const redis::server_identity& which) {
                          shared_.connected(which.epoch());
                          say("connected " + which.epoch().to_string());
                      },
                  .on_lost = [] { say("lost"); }}),
          lookups_(loop_, store_),
          shared_(loop_, store_, random_) {}

    void run() {
        ::fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
        const net::registration watched = loop_.watch(STDIN_FILENO, *this, 0);
        store_.start();
        loop_.run();
    }

private:
    void on_ready(int, net::readiness) override {
        std::array<char, 65536> bytes{};
        while (true) {
            const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
            if (count < 0) break;
            if (count == 0) return loop_.stop();
            input_.append(bytes.data(), static_cast<std::size_t>(count));
        }
        const auto end = input_.rfind('\n');
        if (end == std::string::npos) return;
        const std::string lines = input_.substr(0, end);
        input_.erase(0, end + 1);
        for (const std::string_view line : split(lines, '\n')) obey(split(line, ' '));
    }

    void obey(std::span<const std::string_view> words) {
        if (words[0] == "status") return tell_status();
        const std::string id(words[1]);
        const std::span<const std::string_view> rest = words.subspan(2);
        const base::time_point asked = base::clock::now();
        const auto answered = [id, asked](const redis::answer& told) {
            tell(id, asked, told ? redis::text_of(*told) : "error " + told.error().message());
        };
        if (words[0] == "send") return store_.send(metrics::store_op::get, rest, answered);
        if (words[0] == "send_all") return store_.send_all(metrics::store_op::get, commands_of(rest), answered);
        if (shared_lines_.obey(words[0], rest, [id, asked](const std::string& text) { tell(id, asked, text); })) return;
        lookups_.fetch(rest, [id, asked](const base::result<redis::lookup_batch::values>& found) {
            std::string text = found ? "values" : "error " + found.error().message();
            if (found)
                for (const auto& each : *found) text += each ? " \"" + std::string(*each) + '"' : " none";
            tell(id, asked, text);
        });
    }

    static std::vector<redis::command> commands_of(std::span<const std::string_view> words) {
        std::vector<redis::command> commands;
        std::size_t begin = 0;
        for (std::size_t at = 0; at <= words.size(); ++at) {
            if (at < words.size() && words[at] != ";") continue;
            commands.push_back(words.subspan(begin, at - begin));
            begin = at + 1;
        }
        return commands;
    }

    static void tell(const std::string& id, base::time_point asked, const std::string& text) {
        const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(base::clock::now() - asked);
        say(id + " " + std::to_string(spent.count()) + " " + shown(text));
    }

    void tell_status() {
        const redis::link_counters& counters = store_.counters();
        const auto& server = store_.server();
        std::string text = "status connected=" + std::to_string(store_.is_connected() ? 1 : 0);
        text += " open=" + std::to_string(store_.breaker().is_open() ? 1 : 0);
        text += " reachable=" + std::to_string(shared_.is_reachable() ? 1 : 0);
        text += " waiting=" + std::to_string(store_.waiting());
        text += " eviction=" + (server ? server->eviction_policy : "");
        const std::array<std::pair<const char*, const metrics::counter*>, 7> shown_counters{
            {{"requests", &counters.requests},
             {"failures", &counters.failures},
             {"rejections", &counters.rejections},
             {"timeouts", &counters.timeouts},
             {"connects", &counters.connects},
             {"connect_failures", &counters.connect_failures},
             {"losses", &counters.losses}}};
        for (const auto& [name, counter] : shown_counters)
            text += std::string(" ") + name + "=" + std::to_string(counter->get());
        const redis::refusal& why = store_.breaker().reason();
        say(text + " reason=" + (why.code ? why.to_string() : ""));
    }

    net::reactor loop_;
    net::deadline_queue deadlines_{loop_};
    net::random_source random_;
    redis::link store_;
    redis::lookup_batch lookups_;
    redis::shared_store shared_;
    test::shared_store_lines shared_lines_{shared_};
    std::string input_;
};

int usage() {
    std::fputs("usage: redis_link_probe URL [--timeout MS] [--connect-timeout MS] [--check MS] [--requests N]\n",
               stderr);
    return 2;
}

}  // namespace

int main(int count, char** given) {
    const std::vector<std::string_view> arguments(given + 1, given + count);
    if (arguments.size() % 2 == 0) return usage();
    const auto where = redis::parse_url(arguments[0]);
    if (!where) {
        say("refused " + where.error().message());
        return 2;
    }
    redis::settings how;
    how.where = *where;
    for (std::size_t at = 1; at < arguments.size(); at += 2) {
        const std::string_view text = arguments[at + 1];
        unsigned number = 0;
        if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc() || number == 0)
            return usage();
        if (arguments[at] == "--timeout")
            how.timeout = std::chrono::milliseconds(number);
        else if (arguments[at] == "--connect-timeout")
            how.connect_timeout = std::chrono::milliseconds(number);
        else if (arguments[at] == "--check")
            how.check_interval = std::chrono::milliseconds(number);
        else if (arguments[at] == "--requests")
            how.most.requests = number;
        else
            return usage();
    }
    net::read_fault_points();
    probe(std::move(how)).run();
    return 0;
}
