#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "session/scripted_cache.hpp"
#include "session/stage.hpp"

namespace pgweir::test {

/// One conversation with a cache, written down: what each side says, and what happens then, in order: calls of the
/// cache, and messages to both sides. holds() speaks it once, again with every piece of input cut in two at every byte,
/// and again so that before every step the server is lost or the client leaves; then nothing may be owed to the cache.
class cache_script {
public:
    using lines = std::vector<std::string>;
    using how = scripted_cache::how;

    explicit cache_script(bool shares = true, session::settings with = {}) : shares_(shares), limits_(with) {}

    cache_script& startup(std::vector<session::parameters::entry> wanted) {
        startup_ = std::move(wanted);
        return *this;
    }
    /// From here on.
    cache_script& cache(std::function<void(scripted_cache&)> change) {
        steps_.push_back({.what = kind::cache, .bytes = {}, .wanted = {}, .change = std::move(change)});
        return *this;
    }
    cache_script& answers(std::string text, how with) {
        return cache([text = std::move(text), with](scripted_cache& c) { c.answers(text, with); });
    }
    cache_script& client(std::string bytes) { return add(kind::client, std::move(bytes)); }
    /// It matters that all of it is there at once: a batch is looked at as a whole, or not.
    cache_script& client_at_once(std::string bytes) { return add(kind::client_at_once, std::move(bytes)); }
    cache_script& server(std::string bytes) { return add(kind::server, std::move(bytes)); }
    cache_script& happens(lines wanted) {
        steps_.push_back({.what = kind::happens, .bytes = {}, .wanted = std::move(wanted), .change = {}});
        return *this;
    }
    /// Whatever happens then.
    cache_script& skips() { return add(kind::skips, {}); }
    /// So many questions were asked so far.
    cache_script& asked(std::size_t count) { return add(kind::asked, std::string(count, '?')); }
    /// Of the read executed last.
    cache_script& stored(std::string description, std::string rows) {
        steps_.push_back(
            {.what = kind::stored, .bytes = std::move(description), .wanted = {std::move(rows)}, .change = {}});
        return *this;
    }
    /// The calls so far, and nothing of what was said, were these.
    cache_script& calls(lines wanted) {
        steps_.push_back({.what = kind::calls, .bytes = {}, .wanted = std::move(wanted), .change = {}});
        return *this;
    }
    cache_script& leaves(bool orderly) { return add(orderly ? kind::leaves : kind::torn, {}); }
    cache_script& server_is_lost() { return add(kind::lost, {}); }
    /// The shell says that no server can be had, or that the client has asked to cancel.
    cache_script& refused() { return add(kind::refused, {}); }
    /// Whom it waited for has ended.
    cache_script& woken() { return add(kind::woken, {}); }
    cache_script& given_back() { return add(kind::given_back, {}); }
    cache_script& kept() { return add(kind::kept, {}); }
    cache_script& closed() { return add(kind::closed, {}); }
    /// Nobody has asked for a server, or has one.
    cache_script& no_server() { return add(kind::no_server, {}); }
    /// A miss finds no server free: lent() gives it one.
    cache_script& servers_are_busy() { return add(kind::busy, {}); }
    cache_script& lent() { return add(kind::lent, {}); }

    void holds() const {
        ASSERT_EQ(play({}), "");
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            if (steps_[i].what != kind::client && steps_[i].what != kind::server) continue;
            const std::size_t size = steps_[i].bytes.size();
            const std::size_t stride = size > 1000 ? size / 37 : 1;
            for (std::size_t at = 1; at < size; at += stride)
                ASSERT_EQ(play({.step = i, .cut = at}), "") << "cut in step " << i << " behind byte " << at;
        }
        for (std::size_t i = 0; i <= steps_.size(); ++i) {
            ASSERT_EQ(play({.step = i, .then = fault::loss}), "") << "server lost before step " << i;
            ASSERT_EQ(play({.step = i, .then = fault::leave}), "") << "client says good-bye before step " << i;
            ASSERT_EQ(play({.step = i, .then = fault::tear}), "") << "client is torn off before step " << i;
        }
    }

private:
    enum class kind {
        cache,
        client,
        client_at_once,
        server,
        happens,
        skips,
        calls,
        asked,
        stored,
        leaves,
        torn,
        lost,
        refused,
        woken,
        given_back,
        kept,
        closed,
        no_server,
        busy,
        lent
    };
    enum class fault { none, loss, leave, tear };
    struct step {
        kind what;
        std::string bytes;
        lines wanted;
        std::function<void(scripted_cache&)> change;
    };
    struct variation {
        std::size_t step = ~std::size_t{0};
        std::size_t cut = 0;
        fault then = fault::none;
    };

    struct performance final : stage {
        explicit performance(const cache_script& of) : stage(of.shares_, of.limits_) {
            const auto wanted = session::parameters::make(texts, of.startup_);
            talk.set_state(wanted, servers.back().state.baseline.overlaid(texts, wanted), "app.alice");
            talk.use_cache(cache);
            cache.record.watch(talk);
        }
        void collect() override {
            cache.record.write_out();
            talk.to_server().clear();
            talk.to_client().clear();
        }
        void on_fatal() override { go(false); }
        void go(bool orderly) {
            if (gone) return;
            leave(orderly);
            settle();
        }
        void lose_server() {
            if (server == nullptr) return;
            lose();
            if (talk.fatal()) go(false);
        }

        scripted_cache cache;
    };

    cache_script& add(kind what, std::string bytes) {
        steps_.push_back({.what = what, .bytes = std::move(bytes), .wanted = {}, .change = {}});
        return *this;
    }

    static void say(performance& p, const step& one, std::string_view bytes) {
        if (one.what == kind::server)
            p.server_says(bytes);
        else
            p.client_says(bytes);
    }

    static void act(performance& p, const step& one, const variation& varied, std::size_t i) {
        switch (one.what) {
            case kind::cache: return one.change(p.cache);
            case kind::client:
            case kind::client_at_once:
            case kind::server:
                if (varied.step != i || varied.cut == 0) return say(p, one, one.bytes);
                say(p, one, std::string_view(one.bytes).substr(0, varied.cut));
                return say(p, one, std::string_view(one.bytes).substr(varied.cut));
            case kind::leaves: return p.go(true);
            case kind::torn: return p.go(false);
            case kind::lost: return p.lose_server();
            case kind::refused: p.talk.refuse({.reason = session::outcome::cancelled}); return p.feed();
            case kind::woken: return p.feed();
            case kind::busy: p.busy = true; return;
            case kind::lent:
                p.busy = false;
                p.lend();
                return p.feed();
            case kind::skips: p.cache.record.take(); return;
            case kind::happens:
            case kind::calls:
            case kind::asked:
            case kind::stored:
            case kind::given_back:
            case kind::kept:
            case kind::closed:
            case kind::no_server: return;
        }
    }

    static std::string check(performance& p, const step& one) {
        const auto unless = [](bool right, const std::string& wrong) { return right ? std::string() : wrong; };
        const auto fate_is = [&](std::string_view wanted) {
            return unless(p.last_fate == wanted, "the server is " + p.last_fate);
        };
        if (one.what == kind::happens || one.what == kind::calls) {
            lines got = p.cache.record.take();
            if (one.what == kind::calls)
                std::erase_if(got, [](const auto& line) { return line[0] == '<' || line[0] == '>'; });
            return unless(got == one.wanted, "\n" + shown(got) + "and not\n" + shown(one.wanted));
        }
        if (one.what == kind::stored) {
            const bool same = p.cache.last.description == one.bytes && p.cache.last.rows == one.wanted.front();
            return unless(same, "something else is kept");
        }
        if (one.what == kind::asked)
            return unless(p.cache.keys.size() == one.bytes.size(), std::to_string(p.cache.keys.size()) + " questions");
        if (one.what == kind::given_back) return fate_is("given back");
        if (one.what == kind::kept) return fate_is("kept");
        if (one.what == kind::closed) return fate_is("closed");
        const bool uses = p.server != nullptr || p.stopped == frontend_flow::stop::need_server;
        return unless(one.what != kind::no_server || !uses, "a server is used");
    }

    static std::string shown(const lines& all) {
        std::string text;
        for (const std::string& one : all) text += "    " + one + '\n';
        return text;
    }

    std::string play(const variation& varied) const {
        performance p(*this);
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            if (varied.then != fault::none && varied.step == i) return after(p, varied.then);
            act(p, steps_[i], varied, i);
            const std::string wrong = check(p, steps_[i]);
            if (!wrong.empty()) return "step " + std::to_string(i) + ": " + wrong;
        }
        if (const lines more = p.cache.record.take(); !more.empty()) return "there is more:\n" + shown(more);
        const bool rests = p.server == nullptr && p.client_unread.empty();
        if (rests && !p.cache.owes().empty()) return "at rest the cache is owed " + p.cache.owes();
        return after(p, varied.then == fault::none ? fault::leave : varied.then);
    }

    /// It may happen at any time, and must leave nothing behind.
    static std::string after(performance& p, fault what) {
        if (what == fault::loss) {
            p.lose_server();
            if (p.cache.marks() > 0) return "what was marked on a server that is lost is marked for ever";
            if (!p.gone && !p.talk.fatal()) {
                p.client_unread.clear();  // what it has said is told in the same words by another server
                if (p.cache.filling() && p.talk.awaits_cache()) return "it waits for itself";
            }
            p.go(false);
        } else {
            p.go(what == fault::leave);
        }
        if (p.cache.waiting() || p.talk.awaits_cache()) return "a client that has gone waits for a read";
        p.lose_server();
        if (!p.cache.owes().empty()) return "the cache is owed " + p.cache.owes();
        return p.cache.broken.empty() ? "" : p.cache.broken.front();
    }

    bool shares_;
    session::settings limits_;
    std::vector<session::parameters::entry> startup_;
    std::vector<step> steps_;
};

}  // namespace pgweir::test
