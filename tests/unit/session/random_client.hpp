#pragma once

#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/messages.hpp"
#include "session/model_server.hpp"

namespace pgweir::test {

/// A client made up from a seed: what it says, in groups that end with Sync or are a Query, and what it would hear if
/// it had a server of its own. It is told each answer while it is made up, so that it can go on as a driver would.
class random_client {
public:
    struct group {
        std::string bytes;
        bool waits = true;            ///< the client reads all answers before it goes on
        std::size_t ready_count = 0;  ///< ReadyForQuery heard by its end
    };
    using settings = std::vector<std::pair<std::string, std::string>>;

    random_client(std::uint32_t seed, std::size_t length, settings asked_at_login)
        : startup(std::move(asked_at_login)), random_(seed), alone_(database_, startup) {
        for (std::size_t i = 0; i < length; ++i) add_group();
        say(sync(), true);
        if (alone_.status() != 'I') say(query("ROLLBACK"), true);
        say(query("SHOW application_name"), true);
    }

    /// For a failure's report: a line for each group.
    std::string transcript() const {
        std::string all;
        for (const group& one : groups) {
            std::string rest = one.bytes;
            for (const message& said_by_client : take_messages(rest, direction::from_client)) {
                all += said_by_client.tag;
                for (const char c : said_by_client.body().substr(0, 40)) all += c >= ' ' && c <= '~' ? c : '.';
                all += "  ";
            }
            all += one.waits ? "(waits)\n" : "\n";
        }
        return all;
    }

    std::vector<group> groups;
    std::string alone;  ///< what it hears
    settings startup;

private:
    std::size_t pick(std::size_t below) { return random_() % below; }
    bool chance(std::size_t percent) { return pick(100) < percent; }

    void say(std::string bytes, bool waits) {
        alone_.receive(bytes);
        const std::string heard = alone_.take_output();
        alone += heard;
        failed_ = false;
        for (const message& one : messages_of(heard)) {
            if (one.tag == 'Z') ++ready_;
            if (one.tag == 'E') failed_ = true;
        }
        groups.push_back({std::move(bytes), waits, ready_});
    }

    static std::vector<message> messages_of(std::string bytes) { return take_messages(bytes, direction::from_server); }

    std::string any_select() {
        switch (pick(8)) {
            case 0: return "SELECT fail";
            case 1: return "SELECT rows 3";
            case 2: return "SHOW application_name";
            case 3: return "SHOW TimeZone";
            case 4: return "SHOW search_path";
            default: return "SELECT " + std::to_string(pick(6));
        }
    }

    std::string any_simple() {
        switch (pick(22)) {
            case 0:
            case 1: return "BEGIN";
            case 2: return "COMMIT";
            case 3: return "ROLLBACK";
            case 4: return "INSERT";
            case 5: return "SYNTAX";
            case 6: return "BEGIN; INSERT; COMMIT";
            case 7: return "SELECT 1; SELECT fail; SELECT 2";
            case 8: return "SET application_name TO 'name " + std::to_string(pick(3)) + "'";
            case 9: return "SET TimeZone TO 'zone " + std::to_string(pick(3)) + "'";
            case 10:
                if (alone_.status() != 'I') return "SELECT 7";
                return chance(50) ? "RESET application_name" : "RESET search_path";
            case 11: return "COPY t TO STDOUT";
            case 12: return "COPY fail";
            case 13: return "";
            case 14: return "DEALLOCATE " + any_name();
            case 15: return chance(30) ? "DEALLOCATE ALL" : "SELECT 8";
            case 16: return chance(20) ? "DISCARD ALL" : "SELECT 9";
            case 17: return "SET search_path TO 'path " + std::to_string(pick(3)) + "'";
            case 18: return "SET TimeZone TO 'nonsense'";
            default: return any_select();
        }
    }

    std::string any_name() { return "s" + std::to_string(pick(4)); }

    void add_group() {
        const bool waits = chance(60);
        const std::size_t kind = pick(10);
        if (kind < 4) return say(query(any_simple()), waits);
        if (kind == 4) return add_copy(waits);
        std::string bytes;
        const std::size_t rounds = 1 + pick(3);
        for (std::size_t i = 0; i < rounds; ++i) bytes += any_extended();
        // Between a batch and its Sync, a Query of the old protocol: allowed, and skipped if the batch failed.
        if (chance(5)) bytes += query(any_select());
        say(bytes + sync(), waits);
        unnamed_known_ = parsed_unnamed_ && !failed_;
    }

    void add_copy(bool waits) {
        const std::string data =
            copy_data("a") + copy_data(chance(20) ? "bad" : "b") + (chance(20) ? copy_fail("enough") : copy_done());
        if (chance(50)) return say(query("COPY t FROM STDIN") + data, waits);
        parsed_unnamed_ = true;
        say(parse("", "COPY t FROM STDIN") + bind_to("") + execute() + (chance(50) ? sync() : "") + data + sync(),
            waits);
        unnamed_known_ = false;
    }

    std::string any_extended() {
        parsed_unnamed_ = false;
        const std::string between = chance(20) ? flush() : "";
        switch (pick(10)) {
            case 0: return parse(any_name(), any_select()) + between;
            case 1: return parse("fixed", "SELECT $1") + between + bind_to("fixed", {"one"}) + execute();
            case 2: return describe('S', any_name()) + between;
            case 3: return close('S', any_name()) + between;
            case 4: {
                const std::string name = any_name();
                return close('S', name) + parse(name, any_select()) + between + bind_to(name) + describe('P', "") +
                       execute();
            }
            case 5: return bind_to("s1") + execute(2) + between + execute(2);
            case 6: {
                parsed_unnamed_ = true;
                return parse("", any_simple_extended()) + between + bind_to("") + describe('P', "") + execute();
            }
            case 7:
                if (unnamed_known_) return bind_to("") + execute();
                return parse("s2", "SELECT 2") + bind_to("s2") + execute();
            case 8: return bind_to("fixed", {"two"}, "p") + between + execute(0, "p") + close('P', "p");
            default: return bind_to(any_name()) + between + execute();
        }
    }

    std::string any_simple_extended() {
        switch (pick(9)) {
            case 0: return "BEGIN";
            case 1: return "COMMIT";
            case 2: return "ROLLBACK";
            case 3: return "INSERT";
            case 4: return "SYNTAX";
            case 5: return "SET application_name TO 'name " + std::to_string(pick(3)) + "'";
            case 6: return "";
            case 7: return "DEALLOCATE " + any_name();
            default: return any_select();
        }
    }

    std::mt19937 random_;
    model_database database_;
    model_server alone_;
    std::size_t ready_ = 0;
    bool failed_ = false;
    bool unnamed_known_ = false;
    bool parsed_unnamed_ = false;
};

}  // namespace pgweir::test
