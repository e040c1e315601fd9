#include "session/channel_hub.hpp"

#include <cstdio>

#include "session/parameters.hpp"
#include "wire/backend.hpp"
#include "wire/frame.hpp"
#include "wire/frontend.hpp"

namespace pgweir::session {

namespace {

// The answers to LISTEN and UNLISTEN are short, and a payload has less than 8000 bytes (manual, NOTIFY).
constexpr std::uint32_t longest_message = 64 * 1024;

void append_command(std::string& sql, std::string_view command, const std::string& channel) {
    sql.append(command).push_back(' ');
    append_identifier(sql, channel);
    sql += "; ";
}

}  // namespace

void channel_hub::ask(client_id who, const hub_request& what, std::string& out) {
    switch (what.what) {
        case hub_request::kind::listen:
            listen(who, what.channels);
            waiting_.push_back({who, what.channels});
            break;
        case hub_request::kind::drop: drop(who, what.channels); break;
        case hub_request::kind::ping: waiting_.push_back({who, {}}); break;
    }
    send_next(out);
}

void channel_hub::listen(client_id who, const std::vector<std::string>& channels) {
    member& asking = members_[who];
    for (const std::string& channel : channels) {
        auto& listeners = channels_[channel];
        if (listeners.empty()) to_listen_.insert(channel);
        to_unlisten_.erase(channel);
        listeners.insert(who);
        if (!asking.told.contains(channel)) asking.joining.insert(channel);
    }
}

void channel_hub::drop(client_id who, const std::vector<std::string>& channels) {
    const auto found = members_.find(who);
    if (found == members_.end()) return;
    for (const std::string& channel : channels) {
        if (found->second.told.erase(channel) + found->second.joining.erase(channel) == 0) continue;
        for (auto& [token, awaited] : turns_)
            if (awaited.who == who) std::erase(awaited.channels, channel);
        channels_[channel].erase(who);
        release(channel);
    }
    forget_if_empty(who);
}

void channel_hub::release(const std::string& channel) {
    const auto found = channels_.find(channel);
    if (found == channels_.end() || !found->second.empty()) return;
    channels_.erase(found);
    if (to_listen_.erase(channel) == 0) to_unlisten_.insert(channel);
}

void channel_hub::leave(client_id who, std::string& out) {
    std::erase_if(waiting_, [who](const work& each) { return each.who == who; });
    std::erase_if(running_, [who](const work& each) { return each.who == who; });
    const auto found = members_.find(who);
    if (found == members_.end()) return;
    std::vector<std::string> all(found->second.told.begin(), found->second.told.end());
    all.insert(all.end(), found->second.joining.begin(), found->second.joining.end());
    drop(who, all);
    send_next(out);
}

void channel_hub::forget_if_empty(client_id who) {
    const auto found = members_.find(who);
    if (found == members_.end() || !found->second.told.empty() || !found->second.joining.empty()) return;
    members_.erase(found);
    std::erase_if(turns_, [who](const auto& each) { return each.second.who == who; });
}

void channel_hub::connected(std::string& out) {
    connected_ = true;
    to_listen_.clear();
    to_unlisten_.clear();
    to_listen_.insert(turn_channel);
    for (const auto& [channel, listeners] : channels_) to_listen_.insert(channel);
    send_next(out);
}

void channel_hub::lost() {
    connected_ = busy_ = failed_ = false;
    auto unanswered = std::exchange(running_, {});
    unanswered.insert(unanswered.end(), waiting_.begin(), waiting_.end());
    waiting_.clear();
    for (const work& each : unanswered) {
        if (each.channels.empty())
            tell(each.who, hub_answer::kind::ponged);
        else
            refuse(each);
    }
    // Their sessions rely on the hub already, or are about to.
    for (const auto& [token, awaited] : std::exchange(turns_, {})) turn(awaited);
    for (const auto& [who, each] : members_) interrupted_ = interrupted_ || !each.told.empty();
}

void channel_hub::probe(std::string& out) {
    if (connected_ && !busy_) send("", out);
}

void channel_hub::send(std::string_view sql, std::string& out) {
    busy_ = true;
    ++questions_;
    wire::append_query(out, sql);
}

// One query at a time: what is asked meanwhile goes into the next.
void channel_hub::send_next(std::string& out) {
    if (!connected_ || busy_ || (to_listen_.empty() && to_unlisten_.empty() && waiting_.empty())) return;
    std::string sql;
    for (const std::string& channel : to_listen_) append_command(sql, "LISTEN", channel);
    for (const std::string& channel : to_unlisten_) append_command(sql, "UNLISTEN", channel);
    to_listen_.clear();
    to_unlisten_.clear();
    running_ = std::exchange(waiting_, {});
    send(sql, out);
}

bool channel_hub::receive(base::bytes_view input, std::size_t& consumed, std::string& out) {
    consumed = 0;
    while (true) {
        const base::bytes_view rest = input.substr(consumed);
        wire::header header;
        const auto state = wire::read_backend_header(rest, header);
        if (state == wire::header_state::invalid) return false;
        if (state == wire::header_state::incomplete) return true;
        if (header.size > longest_message) return false;
        if (rest.size() < header.size) return true;
        consumed += header.size;
        if (!take(header.tag, rest.substr(wire::header_size, header.size - wire::header_size), out)) return false;
    }
}

bool channel_hub::take(char tag, base::bytes_view body, std::string& out) {
    switch (tag) {
        case 'A': take_notification(body); return true;
        case 'E': failed_ = true; return true;
        case 'Z':
            if (!busy_) return false;
            take_ready();
            send_next(out);
            return true;
        case 'C':
        case 'I':
        case 'N':
        case 'S': return true;
        default: return false;
    }
}

void channel_hub::take_ready() {
    busy_ = false;
    const bool failed = std::exchange(failed_, false);
    for (const work& each : std::exchange(running_, {})) {
        if (each.channels.empty())
            tell(each.who, hub_answer::kind::ponged);  // PostgreSQL tells what was committed before it is ready
        else if (failed || !members_.contains(each.who))
            refuse(each);  // or it has thought better of it, and still waits for a word
        else
            await_turn(each);
    }
    if (failed || !std::exchange(interrupted_, false)) return;
    for (const auto& [who, each] : members_) {
        if (!each.told.empty()) tell(who, hub_answer::kind::missed);
    }
}

void channel_hub::await_turn(const work& asked) {
    char token[40];
    std::snprintf(token, sizeof token, "%016llx-%llu", static_cast<unsigned long long>(entropy_),
                  static_cast<unsigned long long>(++tokens_));
    turns_.emplace(token, awaited_turn{asked.who, asked.channels});
    deliveries_.push_back({asked.who, {.what = hub_answer::kind::listening, .token = token}});
}

void channel_hub::refuse(const work& asked) {
    drop(asked.who, asked.channels);
    tell(asked.who, hub_answer::kind::refused);
}

void channel_hub::turn(const awaited_turn& what) {
    const auto found = members_.find(what.who);
    if (found == members_.end()) return;
    for (const std::string& channel : what.channels)
        if (found->second.joining.erase(channel) > 0) found->second.told.insert(channel);
}

void channel_hub::take_notification(base::bytes_view body) {
    const auto told = wire::decode_notification(body);
    if (!told) return;
    if (told->channel == turn_channel) {
        const auto found = turns_.find(told->payload);
        if (found == turns_.end()) return;
        turn(found->second);
        turns_.erase(found);
        return;
    }
    const auto found = channels_.find(told->channel);
    if (found == channels_.end()) return;
    std::string message;
    wire::append_notification(message, names_->client_of(told->process_id), told->channel, told->payload);
    const auto shared = std::make_shared<const std::string>(std::move(message));
    for (const client_id who : found->second) {
        if (members_[who].told.contains(std::string(told->channel)))
            deliveries_.push_back({who, {.what = hub_answer::kind::notified, .message = shared}});
    }
}

}  // namespace pgweir::session
