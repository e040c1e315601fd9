// The part of redis::link that makes connections and deals with their end.
#include <utility>
#include <variant>

#include "base/log.hpp"
#include "redis/error.hpp"
#include "redis/link.hpp"

namespace pgweir::redis {

void link::start() {
    connect();
}

void link::stop() {
    stopped_ = true;
    attempt_.reset();
    pause_.clear();
    if (machine_) lost({.code = error_code::lost}, error_code::lost);
}

void link::connect() {
    counters_.open_nanoseconds.add(breaker_.count_open_time(with_.reactor.now()));
    attempt_ = std::make_unique<connect_attempt>(with_.reactor, with_.deadlines, how_,
                                                 [this](connect_attempt::outcome what) { attempted(std::move(what)); });
    attempt_->begin(names_);
}

void link::attempted(connect_attempt::outcome what) {
    attempt_.reset();
    if (auto* made = std::get_if<connected>(&what)) return adopt(std::move(*made));
    counters_.connect_failures.add();
    auto& failed = std::get<connect_failure>(what);
    pause_after(std::move(failed.why), failed.address);
}

void link::adopt(connected what) {
    const base::time_point now = with_.reactor.now();
    stream_ = std::move(what.stream);
    watched_ = with_.reactor.watch(stream_.fd(), *this, 0);
    if (!watched_) {
        stream_.close();
        return pause_after({.code = std::make_error_code(std::errc::no_buffer_space)}, {});
    }
    machine_ = std::move(what.machine);
    server_ = machine_->server();
    blocked_ = ended_ = false;
    logged_.clear();
    counters_.connects.add();
    counters_.open_nanoseconds.add(breaker_.count_open_time(now));
    counters_.open.set(0);
    breaker_.close(now);
    with_.deadlines.arm(check_, now + how_.check_interval);
    base::log::event(base::log::level::info, "redis_connected",
                     {{"url", how_.where.to_string()},
                      {"address", what.address.to_string()},
                      {"version", server_->version},
                      {"eviction", server_->eviction_policy},
                      {"epoch", server_->epoch().to_string()}});
    if (told_.on_connected) told_.on_connected(*server_);
    deliver();  // of what came behind the greeting
}

void link::pause_after(refusal why, const std::string& address) {
    const base::time_point now = with_.reactor.now();
    std::string words = (address.empty() ? "" : address + ": ") + why.to_string();
    if (words != logged_)
        base::log::event(base::log::level::warning, "redis_unreachable",
                         {{"url", how_.where.to_string()}, {"message", words}});
    logged_ = std::move(words);
    counters_.open_nanoseconds.add(breaker_.count_open_time(now));
    breaker_.open(now, std::move(why));
    with_.deadlines.arm(pause_, now + back_off_.next(with_.random.number()));
}

// `why` for whoever runs pgweir, `told` for those whose requests wait.
void link::lost(refusal why, std::error_code told) {
    const base::time_point now = with_.reactor.now();
    // A Redis that greets well and then hangs must not be tried ten times a second.
    if (now - breaker_.since() >= back_off::longest) back_off_.reset();
    base::log::event(base::log::level::warning, "redis_lost",
                     {{"url", how_.where.to_string()}, {"message", why.to_string()}});
    request_queue waiting = machine_->take_waiting();
    watched_.reset_before_close();
    stream_.close();
    machine_.reset();
    doomed_.reset();
    oldest_.clear();
    check_.clear();
    counters_.losses.add();
    counters_.open.set(1);
    breaker_.open(now, std::move(why));
    if (!stopped_) with_.deadlines.arm(pause_, now + back_off_.next(with_.random.number()));
    if (told_.on_lost) told_.on_lost();
    fail(std::move(waiting), told);
}

void link::fail(request_queue waiting, std::error_code why) {
    while (!waiting.empty()) {
        const waiting_request each = waiting.pop();
        if (!each.done) continue;
        counters_.failures.add();
        counters_.latency[each.op][metrics::store_result::error].observe(with_.reactor.now() - each.asked_at);
        each.done(why);
    }
}

}  // namespace pgweir::redis
