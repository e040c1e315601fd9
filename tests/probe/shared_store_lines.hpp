#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "redis/hex.hpp"
#include "redis/shared_store.hpp"

namespace pgweir::test {

/// What redis_link_probe reads and writes of a shared_store: see its first lines.
class shared_store_lines {
public:
    using tell = std::function<void(const std::string& text)>;
    using words = std::span<const std::string_view>;

    explicit shared_store_lines(redis::shared_store& store) : store_(store) {}

    /// `rest`: what follows the number of the line. False: the line is none of these.
    bool obey(std::string_view what, words rest, const tell& told) {
        if (what == "ask" || what == "make")
            ask(rest, what == "make", told);
        else if (what == "mark")
            store_.mark(rest[0], rest[1], set_of(rest.subspan(2)), once_written(told));
        else if (what == "bump")
            store_.bump(rest[0], set_of(rest.subspan(1)), once_written(told));
        else if (what == "unmark")
            store_.unmark(rest[0], rest[1], set_of(rest.subspan(2)), once(told));
        else if (what == "keep")
            store_.keep(rest[0], rest[1], rest[3], std::chrono::milliseconds(number(rest[2]))), told("sent");
        else if (what == "writers")
            store_.find_writers(rest[0], relation(rest[1]), [told](const std::vector<std::string>& found) {
                std::vector<std::string> sorted(found);
                std::sort(sorted.begin(), sorted.end());
                std::string text = "writers";
                for (const std::string& each : sorted) text += " " + each;
                told(text);
            });
        else
            return false;
        calling_ = false;
        return true;
    }

private:
    static std::uint64_t number(std::string_view text) {
        std::uint64_t value = 0;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    }
    static cache::relation_id relation(std::string_view text) { return static_cast<cache::relation_id>(number(text)); }

    static std::vector<cache::relation_id> relations(words of) {
        std::vector<cache::relation_id> all;
        for (const std::string_view each : of) all.push_back(relation(each));
        return all;
    }

    /// `all` or relations.
    static cache::write_set set_of(words of) {
        cache::write_set what;
        if (!of.empty() && of[0] == "all")
            what.add(true, {});
        else
            what.add(false, relations(of));
        return what;
    }

    /// Says whether it was from inside of the call.
    std::string when() const { return calling_ ? "at once " : ""; }

    cache::shared_store::done once(const tell& told) {
        calling_ = true;
        return [this, told](base::status failed) {
            told(failed ? when() + "error " + failed.message() : when() + "done");
        };
    }

    cache::shared_store::written once_written(const tell& told) {
        return [done = once(told)](const auto& catalogs) { done(catalogs.error()); };
    }

    void ask(words rest, bool make, const tell& told) {
        const auto wanted = relations(rest.subspan(2));
        const cache::store_question question{.database = rest[0],
                                             .relations = wanted,
                                             .key = rest[1] == "-" ? std::string_view() : rest[1],
                                             .make_stamps = make};
        calling_ = true;
        store_.ask(question, [this, told](const base::result<cache::store_answer>& said) {
            told(when() + (said ? text_of(*said) : "error " + said.error().message()));
        });
    }

    static std::string text_of(cache::stamp which) {
        std::string text;
        if (which == cache::no_stamp) return "none";
        redis::append_hex(text, which);
        return text;
    }

    /// Stamps in hexadecimal digits, with a * when they are marked, and the reply with the milliseconds that it has left.
    static std::string text_of(const cache::store_answer& said) {
        std::string text = "stamps";
        for (const cache::shared_stamp& each : said.stamps) text += " " + text_of(each.now) + (each.marked ? "*" : "");
        text += " catalogs " + text_of(said.catalogs);
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(said.left).count();
        if (!said.reply.empty()) text += " reply " + std::string(said.reply) + " left " + std::to_string(left);
        return text;
    }

    redis::shared_store& store_;
    bool calling_ = false;
};

}  // namespace pgweir::test
