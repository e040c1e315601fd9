#include "redis/link.hpp"

#include <array>
#include <cassert>
#include <string_view>
#include <utility>

#include "net/fault_points.hpp"
#include "redis/error.hpp"

namespace pgweir::redis {
namespace {

enum tag : int { pause_over, oldest_due, check_due };

/// Error replies of a server that is not what it was when it was greeted: a replica now, or with other users.
bool shows_a_change(std::string_view kind) noexcept {
    return kind == "READONLY" || kind == "MASTERDOWN" || kind == "LOADING" || kind == "NOAUTH";
}

}  // namespace

link::link(const parts& with, settings how, link_events told)
    : with_(with),
      how_(std::move(how)),
      told_(std::move(told)),
      names_(with.reactor),
      pause_(*this, pause_over),
      oldest_(*this, oldest_due),
      check_(*this, check_due),
      breaker_(with.reactor.now()) {
    counters_.open.set(1);
}

void link::send_all(metrics::store_op op, std::span<const command> commands, answer_callback done) {
    const auto reject = [&](error_code why) {
        counters_.rejections.add();
        if (done) done(why);
    };
    if (!is_connected()) return reject(error_code::not_connected);
    const bool first = machine_->waiting() == 0;
    if (!machine_->request(commands, done, with_.reactor.now(), op)) return reject(error_code::too_many_requests);
    counters_.requests.add();
    if (first) arm_oldest();
    with_.reactor.defer(*this);
}

void link::give_up(std::error_code why) {
    if (!is_connected()) return;
    doomed_ = why;
    with_.reactor.defer(*this);
}

// At the end of the tick. What is deferred already runs first, since it may have something to send.
void link::run() {
    others_went_first_ = !others_went_first_;
    if (others_went_first_) return with_.reactor.defer(*this);
    if (doomed_) return lost({.code = *doomed_}, error_code::lost);
    write();
}

void link::on_ready(int, net::readiness ready) {
    ended_ = ended_ || ready.ended;
    if (ready.writable && std::exchange(blocked_, false)) with_.reactor.defer(*this);
    if (ready.readable || ready.hung_up) read();
}

void link::write() {
    ++writes_;
    while (machine_ && !blocked_ && !machine_->unsent().empty()) {
        net::pass(net::fault_point::redis_due);
        const net::io_result result = stream_.write(machine_->unsent());
        blocked_ = result.status == net::io_status::want_write || result.status == net::io_status::want_read;
        if (blocked_) return;
        if (result.status != net::io_status::done) return lost({.code = result.error}, error_code::lost);
        net::pass(net::fault_point::redis_sent);
        machine_->sent(result.bytes);
    }
}

void link::read() {
    const auto scratch = with_.reactor.scratch();
    while (machine_) {
        const net::io_result result = stream_.read(scratch);
        if (result.status == net::io_status::want_read || result.status == net::io_status::want_write) return;
        if (result.status != net::io_status::done)
            return lost({.code = result.error ? result.error : error_code::closed_by_server}, error_code::lost);
        machine_->feed({scratch.data(), result.bytes});
        deliver();
        if (result.drained && !ended_) return;
    }
}

void link::deliver() {
    while (machine_) {
        if (doomed_) return lost({.code = *doomed_}, error_code::lost);
        const connection_machine::event told = machine_->next();
        switch (told.what) {
            case connection_machine::event::kind::wait: return;
            case connection_machine::event::kind::answered: answered(told); break;
            case connection_machine::event::kind::greeted: break;
            case connection_machine::event::kind::broken: {
                refusal why = machine_->why();
                return lost(std::move(why), error_code::lost);
            }
        }
    }
}

void link::answered(const connection_machine::event& told) {
    const reply what = machine_->current();
    const auto result = what.is_error() ? metrics::store_result::error : metrics::store_result::ok;
    counters_.latency[told.op][result].observe(with_.reactor.now() - told.asked_at);
    if (what.is_error()) {
        counters_.errors.add();
        if (shows_a_change(error_kind(what.text()))) give_up(error_code::changed);
    }
    told.done(what);
}

// With the first that waits; while there are others behind it the deadline is moved when it comes, not at each reply.
void link::arm_oldest() {
    with_.deadlines.arm(oldest_, machine_->oldest() + how_.timeout);
}

void link::on_deadline(int tag, base::time_point) {
    switch (tag) {
        case pause_over: return connect();
        case oldest_due: return oldest_is_due();
        case check_due: return check_server();
        default: assert(false);
    }
}

// If it was this worker that was late, the reply lies in the socket.
void link::oldest_is_due() {
    read();
    if (!machine_ || machine_->oldest() == base::never) return;
    if (with_.reactor.now() < machine_->oldest() + how_.timeout) return arm_oldest();
    counters_.timeouts.add();
    lost({.code = error_code::timed_out}, error_code::timed_out);
}

// A primary that was made a replica keeps its clients: its stamps would be believed though they are not the primary's.
void link::check_server() {
    with_.deadlines.arm(check_, with_.reactor.now() + how_.check_interval);
    const std::array<std::string_view, 2> words{"INFO", "replication"};
    send(metrics::store_op::other, words, [this](const answer& told) {
        if (!told) return;
        server_identity now = *server_;
        now.replication_id.clear();
        now.read(told->text());
        if (!now.is_primary() || now.epoch() != server_->epoch()) give_up(error_code::changed);
    });
}

}  // namespace pgweir::redis
