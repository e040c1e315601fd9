#include <algorithm>
#include <utility>
#include <vector>

#include "session/conversation.hpp"
#include "session/effects.hpp"
#include "wire/backend.hpp"

// How a client comes to listen without a server of its own. Its LISTEN is executed where its transaction is, with
// PostgreSQL's own rules; a survey then finds what the session listens to. The hub is asked to listen to the same
// channels, and the session's server notifies both of a token: up to it the server's notifications are the client's,
// behind it the hub's. Nothing is lost between the two, told twice or out of order.

namespace pgweir::session {

namespace {

std::vector<std::string> without(const std::set<std::string, std::less<>>& all, const std::set<std::string>& those) {
    std::vector<std::string> rest;
    std::copy_if(all.begin(), all.end(), std::back_inserter(rest),
                 [&](const auto& each) { return !those.contains(each); });
    return rest;
}

std::string quoted(std::string_view name) {
    std::string sql;
    append_identifier(sql, name);
    return sql;
}

}  // namespace

void conversation::use_hub(const notifier_names& names) noexcept {
    x_.listening.names = &names;
}

void conversation::ask_hub(hub_request::kind what, std::vector<std::string> channels) {
    hub_requests_.push_back({what, std::move(channels), x_.listening.encoding});
}

std::string conversation::hosting_commands() const {
    std::string sql;
    for (const std::string& channel : x_.listening.channels) {
        if (!sql.empty()) sql += "; ";
        sql += "LISTEN " + quoted(channel);
    }
    return sql;
}

void conversation::settle_channels() {
    listening& listens = x_.listening;
    if (listens.names == nullptr) return;
    const std::set<std::string>& found = x_.seen.channels();
    std::vector<std::string> gone;
    if (listens.hosted) gone = without(listens.channels, found);
    for (const std::string& channel : gone) listens.channels.erase(channel);
    for (const std::string& channel : without(listens.coming, found)) {
        listens.coming.erase(channel);
        gone.push_back(channel);
    }
    if (!gone.empty()) ask_hub(hub_request::kind::drop, std::move(gone));
    if (turn_ == turn::none && !listens.pinging && in_old_encoding()) {
        ask_hub(hub_request::kind::drop, {listens.channels.begin(), listens.channels.end()});
        listens.channels.clear();
    }
    if (found.contains(turn_channel)) return;  // the client's own word: nothing can be moved by it

    std::vector<std::string> fresh;
    std::copy_if(found.begin(), found.end(), std::back_inserter(fresh), [&](const std::string& channel) {
        return !listens.channels.contains(channel) && !listens.coming.contains(channel);
    });
    if (turn_ != turn::none) {
        survey_after_turn_ = survey_after_turn_ || !fresh.empty();
        return;
    }
    if (fresh.empty()) {
        if (!found.empty()) listens.hosted = true;
        x_.pins.remove(metrics::pin_reason::listen);
        return;
    }
    const std::string encoding(x_.server->report_of("client_encoding"));
    if (listens.any() && encoding != listens.encoding) return;  // its server listens for it, in its encoding
    listens.encoding = encoding;
    listens.coming.insert(fresh.begin(), fresh.end());
    turn_ = turn::asked;
    ask_hub(hub_request::kind::listen, std::move(fresh));
}

void conversation::begin_turn() {
    if (x_.seen.channels().contains(turn_channel)) return give_up_turn();
    x_.listening.hears_turns = true;
    turn_ = turn::notifying;
    inject("LISTEN " + quoted(turn_channel) + "; NOTIFY " + quoted(turn_channel) + ", '" + x_.listening.token + "'");
}

// The server has executed what was injected last.
void conversation::continue_turn() {
    listening& listens = x_.listening;
    if (turn_ == turn::notifying) {
        if (x_.injected_failure || !listens.coming.empty()) {
            x_.injected_failure.reset();
            give_up_turn();
            return;
        }
        listens.hosted = true;
        if (!survey_after_turn_) x_.pins.remove(metrics::pin_reason::listen);
        x_.desired_changed();
        if (x_.pins.any()) {
            turn_ = turn::tidying;
            inject("UNLISTEN " + quoted(turn_channel));
        } else {
            end_turn();  // with the rest
        }
        return;
    }
    if (std::exchange(x_.injected_failure, std::nullopt)) {
        close_server(metrics::server_disconnect_reason::reset_failed);
        return;
    }
    listens.hears_turns = false;
    end_turn();
}

void conversation::end_turn() {
    turn_ = turn::none;
    x_.listening.token.clear();
    if (std::exchange(survey_after_turn_, false)) x_.survey_due = true;
}

// The server goes on to listen, and the session stays on it.
void conversation::give_up_turn() {
    listening& listens = x_.listening;
    std::vector<std::string> coming(listens.coming.begin(), listens.coming.end());
    listens.coming.clear();
    if (!coming.empty()) ask_hub(hub_request::kind::drop, std::move(coming));
    end_turn();
}

bool conversation::host_can_go() const {
    return served_ && x_.listening.hosted && !in_old_encoding() && turn_ == turn::none && !unhosting_ &&
           !x_.pins.any() && !x_.survey_due && !surveying_ && !applying_ && !cleaning_ && !close_ && at_boundary();
}

void conversation::move_listening_on() {
    if (x_.server == nullptr || close_ || x_.client_gone || applying_ || surveying_ || cleaning_ || !x_.pending.empty())
        return;
    if (unhosting_) {
        unhosting_ = x_.listening.hosted = x_.listening.hears_turns = false;
        if (std::exchange(x_.injected_failure, std::nullopt))
            close_server(metrics::server_disconnect_reason::reset_failed);
    } else if (turn_ == turn::notifying || turn_ == turn::tidying) {
        continue_turn();
    } else if (turn_ == turn::asked && !x_.listening.token.empty() && at_boundary()) {
        begin_turn();
    }
    listen_in_new_encoding();
    if (survey_wanted()) begin_survey();
    if (!host_can_go()) return;
    unhosting_ = true;
    inject("UNLISTEN *");
}

// What the hub tells would be.
bool conversation::in_old_encoding() const {
    const listening& listens = x_.listening;
    return listens.hosted && listens.any() && x_.server->report_of("client_encoding") != listens.encoding;
}

// When the hub has told what it was asked for; once, for the survey may fail.
void conversation::listen_in_new_encoding() {
    if (x_.listening.pinging || turn_ != turn::none || !at_boundary()) return;
    if (!in_old_encoding()) {
        encoding_pursued_ = false;
        return;
    }
    if (std::exchange(encoding_pursued_, true)) return;
    pin(x_, metrics::pin_reason::listen);
}

void conversation::hub_says(const hub_answer& what, base::time_point now) {
    x_.now = now;
    listening& listens = x_.listening;
    switch (what.what) {
        case hub_answer::kind::listening:
            if (turn_ == turn::asked) listens.token = what.token;
            move_listening_on();
            break;
        case hub_answer::kind::refused:
            if (turn_ != turn::asked) break;
            listens.coming.clear();
            end_turn();
            move_listening_on();
            break;
        case hub_answer::kind::ponged:
            listens.pinging = ping_sent_ = false;
            move_listening_on();
            break;
        case hub_answer::kind::notified: listens.keep(*what.message); break;
        case hub_answer::kind::missed: listens.missed = true; break;
    }
    settle_answers();
    x_.tell_notifications();
}

void conversation::ping_hub() {
    if (x_.listening.pinging && !std::exchange(ping_sent_, true)) ask_hub(hub_request::kind::ping);
}

void conversation::settle_answers() {
    if (!x_.client_gone && !x_.held_ready.empty() && x_.pending.empty() && !applying_ && !surveying_ &&
        !x_.listening.pinging)
        x_.release_ready();
}

// The server goes, and with it what only it listened to.
void conversation::forget_host() {
    turn_ = turn::none;
    unhosting_ = survey_after_turn_ = false;
    x_.listening.hosted = x_.listening.hears_turns = x_.listening.pinging = ping_sent_ = false;
    x_.listening.token.clear();
    if (!x_.listening.coming.empty()) {
        ask_hub(hub_request::kind::drop, {x_.listening.coming.begin(), x_.listening.coming.end()});
        x_.listening.coming.clear();
    }
}

}  // namespace pgweir::session
