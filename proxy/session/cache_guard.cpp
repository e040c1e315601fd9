#include "session/cache_guard.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <iterator>

#include "base/hash.hpp"
#include "wire/backend.hpp"
#include "wire/frame.hpp"
#include "wire/frontend.hpp"

namespace pgweir::session {

namespace {

constexpr std::uint32_t longest_message = 64 * 1024;

constexpr base::duration look_interval = std::chrono::seconds(1);
constexpr base::duration promote_interval = std::chrono::seconds(5);
// A pgweir that was killed leaves servers that still execute what they were sent; what they have not read yet they will
// have within this time.
constexpr base::duration first_settling = std::chrono::seconds(1);
constexpr base::duration settle_interval = std::chrono::milliseconds(200);
// Nobody was told that those transactions have worked. Who reads what they write late gets it by the time to live.
constexpr base::duration longest_settling = std::chrono::minutes(1);

// Who serves from another store hears of us, and stops.
constexpr base::duration arrival_interval = std::chrono::milliseconds(100);

std::string hexadecimal(std::uint64_t number) {
    std::array<char, 16> digits{};
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr};
}

}  // namespace

// Without a sign bit, since PostgreSQL takes it as int4 and shows it as oid.
void cache_guard::name_store(std::string_view name) {
    store_ = static_cast<std::uint32_t>(base::fingerprint(name) >> 33) | 1;
}

void cache_guard::connected(base::time_point now, std::string& out) {
    phase_ = phase::arriving;
    others_came_ = has_share_ = false;
    ask(question::recovery, now, out);
}

void cache_guard::lost() {
    phase_ = phase::away;
    busy_ = false;
    next_tick_ = base::never;
}

metrics::cache_bypass cache_guard::why_not() const noexcept {
    switch (phase_) {
        case phase::standby: return metrics::cache_bypass::standby;
        case phase::sharing:
            if (!shares_) return metrics::cache_bypass::another_pgweir;
            return store_ != 0 ? metrics::cache_bypass::another_store : metrics::cache_bypass::store_unreachable;
        case phase::away:
        case phase::arriving:
        case phase::settling:
        case phase::alone: break;
    }
    return metrics::cache_bypass::starting;
}

void cache_guard::ask(question what, base::time_point now, std::string& out) {
    asked_ = what;
    asked_at_ = now;
    busy_ = true;
    failed_ = yes_ = false;
    second_.clear();
    seen_.clear();
    living_.clear();
    asked_about_ = watched_;
    wire::append_query(out, guard_text(what, {.store = store_, .greeting = greeting(), .processes = asked_about_}));
}

bool cache_guard::receive(base::bytes_view input, std::size_t& consumed, base::time_point now, std::string& out) {
    consumed = 0;
    while (true) {
        const base::bytes_view rest = input.substr(consumed);
        wire::header header;
        const auto state = wire::read_backend_header(rest, header);
        if (state == wire::header_state::incomplete) return true;
        if (state == wire::header_state::invalid || header.size > longest_message) return false;
        if (rest.size() < header.size) return true;
        consumed += header.size;
        if (!take(header.tag, rest.substr(wire::header_size, header.size - wire::header_size), now, out)) return false;
    }
}

bool cache_guard::take(char tag, base::bytes_view body, base::time_point now, std::string& out) {
    switch (tag) {
        case 'T':
        case 'C':
        case 'N':
        case 'S': return true;
        case 'D': return take_row(body);
        case 'E': failed_ = true; return true;
        case 'A':
            take_notification(body);
            if (!busy_) go_on(now, out);
            return true;
        case 'Z':
            if (!busy_) return false;
            busy_ = false;
            // Nothing that is asked here fails on a server that is in order.
            if (failed_) return false;
            answered(now, out);
            return true;
        default: return false;
    }
}

bool cache_guard::take_row(base::bytes_view body) {
    std::vector<std::optional<std::string_view>> values;
    if (wire::decode_data_row(body, values) || values.empty() || !values.front()) return false;
    const std::string_view first = *values.front();
    yes_ = first == "t";
    if (values.size() == 2) second_ = values.back().value_or("");
    if (asked_ == question::busy && values.size() == 2) seen_.emplace(first, values.back().value_or(""));
    if (asked_ == question::processes) {
        std::int32_t id = 0;
        std::from_chars(first.data(), first.data() + first.size(), id);
        living_.insert(id);
    }
    return true;
}

void cache_guard::take_notification(base::bytes_view body) {
    const auto told = wire::decode_notification(body);
    if (!told || told->channel != guard_channel || told->payload == greeting()) return;
    // Another one that names the same store.
    if (store_ != 0 && told->payload.ends_with(" " + std::to_string(store_))) return;
    others_came_ = true;
    // From here on: the answer that lets the other one go on is sent only behind this.
    if (phase_ == phase::alone) phase_ = phase::settling;
}

// Who it is, and which store it names.
std::string cache_guard::greeting() const {
    return token_ + " " + std::to_string(store_);
}

// It has its share of the lock; what is written from here on the others know to look for.
void cache_guard::arrived(base::time_point now) {
    phase_ = phase::sharing;
    next_tick_ = now + (shares_ ? base::duration::zero() : promote_interval);
}

void cache_guard::answered(base::time_point now, std::string& out) {
    next_tick_ = now + look_interval;
    switch (asked_) {
        case question::recovery:
            phase_ = yes_ ? phase::standby : phase::arriving;
            database_ = hexadecimal(base::fingerprint(second_));
            if (yes_) return;
            return ask(shares_ ? question::listen : question::take, now, out);
        case question::listen: return ask(question::notify, now, out);
        case question::take:
            if (!yes_) return ask(question::notify, now, out);
            settle(now);
            break;
        case question::notify: return ask(has_share_ ? question::others_serve : question::share, now, out);
        case question::share:
            has_share_ = true;
            return ask(store_ != 0 ? question::name : question::others_serve, now, out);
        case question::name: return ask(question::others_serve, now, out);
        case question::others_serve:
            if (phase_ == phase::sharing) break;
            next_tick_ = now + arrival_interval;
            if (!yes_) arrived(now);
            break;
        case question::serve: return ask(question::others_lend, now, out);
        case question::others_lend:
            if (yes_) return ask(question::stop, now, out);
            settle(now);
            break;
        case question::stop:
        case question::yield:
            phase_ = phase::sharing;
            next_tick_ = now + promote_interval;
            break;
        case question::promote:
            next_tick_ = now + promote_interval;
            if (yes_) return ask(question::unshare, now, out);
            break;
        case question::unshare: settle(now); break;
        case question::busy:
            if (!unsettled_) {
                unsettled_ = seen_;
            } else {
                std::set<session_id> still;
                std::set_intersection(unsettled_->begin(), unsettled_->end(), seen_.begin(), seen_.end(),
                                      std::inserter(still, still.end()));
                unsettled_ = std::move(still);
            }
            next_tick_ = now + settle_interval;
            if (phase_ == phase::settling && (unsettled_->empty() || now - settling_since_ >= longest_settling)) {
                phase_ = phase::alone;
                next_tick_ = now + look_interval;
            }
            break;
        case question::processes: find_gone(); break;
    }
    go_on(now, out);
}

void cache_guard::settle(base::time_point now) {
    phase_ = phase::settling;
    settling_since_ = now;
    unsettled_.reset();
    next_tick_ = now + first_settling;
}

// Of those that are watched since the question was asked the answer says nothing.
void cache_guard::find_gone() {
    for (const std::int32_t id : asked_about_) {
        if (living_.contains(id)) continue;
        gone_.push_back(id);
        watched_.erase(id);
    }
}

// Others that came while there was something else to do.
void cache_guard::go_on(base::time_point now, std::string& out) {
    if (phase_ == phase::alone && others_came_) phase_ = phase::settling;
    const bool has_lock = phase_ == phase::settling;
    if (std::exchange(others_came_, false) && has_lock) ask(shares_ ? question::stop : question::yield, now, out);
}

void cache_guard::tick(base::time_point now, std::string& out) {
    if (busy_ || now < next_tick_) return;
    next_tick_ = now + look_interval;
    switch (phase_) {
        case phase::away: return;
        // They have not stopped yet, or have not even heard.
        case phase::arriving: return ask(question::notify, now, out);
        case phase::standby: return ask(question::recovery, now, out);
        case phase::sharing:
            if (!shares_) return ask(question::promote, now, out);
            return ask(store_ != 0 ? question::serve : question::others_serve, now, out);
        case phase::settling: return ask(question::busy, now, out);
        // With nothing to watch it is asked for a sign of life all the same.
        case phase::alone: return ask(question::processes, now, out);
    }
}

}  // namespace pgweir::session
