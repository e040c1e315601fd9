#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/stage.hpp"

namespace pgweir::test {

/// What the proxy calls statements on a server, by the order in which the names appear: "$1", "$2".
class numbered_names {
public:
    std::string in(std::string sent) {
        std::string out;
        for (const message& one : take_messages(sent, direction::from_client)) out += renamed(one);
        return out + sent;
    }

private:
    std::string name(std::string_view given) {
        const std::string known(given);
        if (known.size() < 8 || known.substr(0, 7) != "pgweir_" || known[7] < '0' || known[7] > '9') return known;
        const auto found = std::find(names_.begin(), names_.end(), known);
        const auto number = found - names_.begin() + 1;
        if (found == names_.end()) names_.push_back(known);
        return '$' + std::to_string(number);
    }

    std::string renamed(const message& one) {
        std::string out;
        if (one.tag == 'P') {
            if (const auto parsed = wire::decode_parse(one.body()))
                wire::append_parse(out, name(parsed->statement), parsed->text, parsed->parameter_types);
        } else if (one.tag == 'B') {
            if (auto bound = wire::decode_bind(one.body())) {
                const std::string known = name(bound->statement);
                bound->statement = known;
                wire::append_bind(out, *bound);
            }
        } else if (one.tag == 'D' || one.tag == 'C') {
            if (const auto target = wire::decode_target(one.body()))
                out = target->kind == 'S' && one.tag == 'D' ? describe('S', name(target->name))
                      : target->kind == 'S'                 ? close('S', name(target->name))
                                                            : one.bytes;
        } else if (one.tag == 'Q') {
            if (const auto text = wire::decode_query(one.body()); text && text->substr(0, 11) == "DEALLOCATE ")
                out = query("DEALLOCATE " + name(text->substr(11)));
        }
        return out.empty() ? one.bytes : out;
    }

    std::vector<std::string> names_;
};

/// One conversation written down: what each side says, and what must come out on the other. play() speaks it once;
/// play_cut() speaks it again with every piece of input cut in two at every byte, and must hear the same; play_lost()
/// takes the server away before every step.
class script {
public:
    explicit script(bool shares = true, session::settings with = {}) : shares_(shares), limits_(with) {}

    script& startup(std::vector<session::parameters::entry> wanted) {
        startup_ = std::move(wanted);
        return *this;
    }
    script& client(std::string bytes) { return add(kind::client, std::move(bytes)); }
    script& to_server(std::string bytes) { return add(kind::to_server, std::move(bytes)); }
    script& server(std::string bytes) { return add(kind::server, std::move(bytes)); }
    script& to_client(std::string bytes) { return add(kind::to_client, std::move(bytes)); }
    /// The client leaves with the Terminate that it said, or torn off.
    script& leaves(bool orderly) { return add(orderly ? kind::leaves : kind::torn, {}); }
    /// The server was given back, is still lent, or is to be closed.
    script& given_back() { return add(kind::given_back, {}); }
    script& kept() { return add(kind::kept, {}); }
    script& closed() { return add(kind::closed, {}); }

    /// Speaks it in every way in which it must come out the same.
    void holds() const {
        ASSERT_EQ(play({}), "");
        play_cut();
        play_lost();
    }

    void once() const { EXPECT_EQ(play({}), ""); }

    void play_cut() const {
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            if (steps_[i].what != kind::client && steps_[i].what != kind::server) continue;
            const std::size_t size = steps_[i].bytes.size();
            const std::size_t stride = size > 1000 ? size / 97 : 1;
            for (std::size_t at = 1; at < size; at += stride) {
                const std::string wrong = play({.step = i, .cut = at});
                ASSERT_EQ(wrong, "") << "cut in step " << i << " behind byte " << at;
            }
        }
    }

    void play_lost() const {
        for (std::size_t i = 0; i <= steps_.size(); ++i) {
            const std::string wrong = play({.step = i, .lost = true});
            ASSERT_EQ(wrong, "") << "server lost before step " << i;
        }
    }

private:
    enum class kind { client, to_server, server, to_client, leaves, torn, given_back, kept, closed };
    struct step {
        kind what;
        std::string bytes;
    };
    struct variation {
        std::size_t step = ~std::size_t{0};
        std::size_t cut = 0;
        bool lost = false;
    };

    /// One time of speaking it.
    struct performance final : stage {
        explicit performance(const script& of) : stage(of.shares_, of.limits_) {
            const auto wanted = session::parameters::make(texts, of.startup_);
            const auto desired =
                of.startup_.empty() ? session::parameters{} : servers.back().state.baseline.overlaid(texts, wanted);
            talk.set_state(wanted, desired, "app.alice");
        }
        void collect() override {
            const auto drain = [](base::outbox& from, std::string& to) {
                to += from.first();
                to += from.second();
                from.clear();
            };
            drain(talk.to_server(), sent_to_server);
            drain(talk.to_client(), sent_to_client);
        }

        numbered_names names;
        std::string sent_to_server;
        std::string sent_to_client;
    };

    script& add(kind what, std::string bytes) {
        steps_.push_back({what, std::move(bytes)});
        return *this;
    }

    static std::string shown(std::string_view bytes) {
        std::string text;
        for (const char c : bytes.substr(0, 2000)) text += c >= ' ' && c <= '~' ? c : '.';
        return text;
    }

    static void say(performance& p, const step& one, std::string_view bytes) {
        if (one.what == kind::server)
            p.server_says(bytes);
        else
            p.client_says(bytes);
    }

    static void leave(performance& p, bool orderly) {
        p.leave(orderly);
        p.sent_to_client.clear();
        p.settle();
    }

    static std::string differs(std::string& got, const std::string& wanted) {
        if (got == wanted) return std::exchange(got, {}), "";
        return "'" + shown(std::exchange(got, {})) + "' and not '" + shown(wanted) + "'";
    }

    static std::string check(performance& p, const step& one) {
        switch (one.what) {
            case kind::to_server: {
                std::string sent = p.names.in(p.sent_to_server);
                p.sent_to_server.clear();
                return differs(sent, one.bytes);
            }
            case kind::to_client: return differs(p.sent_to_client, one.bytes);
            case kind::given_back: return p.last_fate == "given back" ? "" : "the server is " + p.last_fate;
            case kind::kept: return p.last_fate == "kept" ? "" : "the server is " + p.last_fate;
            case kind::closed: return p.last_fate == "closed" ? "" : "the server is " + p.last_fate;
            case kind::client:
            case kind::server:
            case kind::leaves:
            case kind::torn: break;
        }
        return "";
    }

    std::string play(const variation& how) const {
        performance p(*this);
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            const step& one = steps_[i];
            if (how.lost && how.step == i) {
                p.lose();
                return after_loss(p);
            }
            const bool speaks = one.what == kind::client || one.what == kind::server;
            if (speaks && how.step == i && how.cut > 0) {
                say(p, one, std::string_view(one.bytes).substr(0, how.cut));
                say(p, one, std::string_view(one.bytes).substr(how.cut));
            } else if (speaks) {
                say(p, one, one.bytes);
            } else if (one.what == kind::leaves || one.what == kind::torn) {
                leave(p, one.what == kind::leaves);
            }
            if (const std::string wrong = check(p, one); !wrong.empty())
                return "step " + std::to_string(i) + ": " + wrong;
        }
        if (how.lost) {
            p.lose();
            return after_loss(p);
        }
        if (!p.sent_to_server.empty()) return "unexpected to the server: " + shown(p.sent_to_server);
        if (!p.sent_to_client.empty()) return "unexpected to the client: " + shown(p.sent_to_client);
        return "";
    }

    /// The client is told in whole messages and can go on at the next boundary.
    static std::string after_loss(performance& p) {
        if (p.talk.pending() != 0 || p.talk.gates() != 0) return "something pends on a server that is lost";
        if (p.talk.fate() != fate::none) return "a fate of a server that is lost";
        if (p.gone || p.talk.fatal()) return "";
        std::string rest = p.sent_to_client;
        take_messages(rest, direction::from_server);
        if (!rest.empty()) return "half a message went to the client";
        p.sent_to_client.clear();
        p.feed();
        if (p.server != nullptr) return "";  // its request was not sent yet and goes to another server
        const auto last_said = [&p](const std::string& bytes) {
            p.sent_to_client.clear();
            p.client_unread += bytes;
            p.feed();
            const auto lines = said(p.sent_to_client);
            return lines.empty() ? std::string() : lines.back();
        };
        std::string status = last_said(sync());
        if (p.talk.defers()) return last_said(query("COMMIT")) == "Z I" ? "" : "BEGIN alone cannot be ended";
        // A transaction that was lost with its BEGIN is told of it with its first statement.
        if (status == "Z T") status = last_said(query("SELECT 1"));
        if (status == "Z E" && last_said(query("ROLLBACK")) != "Z I") return "a lost transaction cannot be ended";
        if (status != "Z E" && status != "Z I") return "Sync is answered by '" + status + "'";
        return last_said(query("")) == "Z I" ? "" : "a query is not answered after the loss";
    }

    bool shares_;
    session::settings limits_;
    std::vector<session::parameters::entry> startup_;
    std::vector<step> steps_;
};

}  // namespace pgweir::test
