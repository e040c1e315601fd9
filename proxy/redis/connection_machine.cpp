#include "redis/connection_machine.hpp"

#include <cassert>
#include <utility>

#include "redis/error.hpp"

namespace pgweir::redis {

connection_machine::connection_machine(const url& where, const request_limits& most)
    : most_(most), reader_(most.reply_bytes) {
    greeting_.write(where, outbox_);
}

void connection_machine::sent(std::size_t count) noexcept {
    written_ += count;
    if (written_ < outbox_.size()) return;
    written_ = 0;
    outbox_.clear();
    if (outbox_.capacity() > kept_bytes) std::string().swap(outbox_);
}

bool connection_machine::request(std::span<const command> commands, answer_callback& done, base::time_point now,
                                 metrics::store_op op) {
    assert(greeted_ && !commands.empty());
    std::size_t bytes = 0;
    for (const command words : commands) bytes += size_bound(words);
    if (waiting_.size() >= most_.requests || waiting_.bytes() + bytes > most_.bytes) return false;
    if (written_ > 0 && written_ >= unsent().size()) {
        outbox_.erase(0, written_);
        written_ = 0;
    }
    for (const command words : commands) append_command(outbox_, words);
    waiting_.push({.done = std::move(done),
                   .asked_at = now,
                   .bytes = bytes,
                   .replies = static_cast<std::uint32_t>(commands.size()),
                   .op = op});
    return true;
}

connection_machine::event connection_machine::next() {
    while (!why_.code) {
        switch (reader_.next()) {
            case reply_reader::step::wait: return {.what = event::kind::wait};
            case reply_reader::step::broken: return broken({.code = error_code::bad_reply});
            case reply_reader::step::reply: break;
        }
        event found = greeted_ ? take_reply() : greet();
        if (found.what != event::kind::wait) return found;
    }
    return {.what = event::kind::broken};
}

// Says `wait` when the reply is nobody's business.
connection_machine::event connection_machine::take_reply() {
    if (waiting_.empty()) return broken({.code = error_code::bad_reply});
    waiting_request& asker = waiting_.front();
    const bool last = --asker.replies == 0;
    event found{.what = event::kind::wait};
    if (asker.done && (last || reader_.current().is_error()))
        found = {.what = event::kind::answered,
                 .done = std::exchange(asker.done, nullptr),
                 .asked_at = asker.asked_at,
                 .op = asker.op};
    if (last) waiting_.pop();
    return found;
}

connection_machine::event connection_machine::greet() {
    switch (greeting_.take(reader_.current())) {
        case greeting::verdict::more: return {.what = event::kind::wait};
        case greeting::verdict::refused: return broken(greeting_.why());
        case greeting::verdict::accepted: break;
    }
    greeted_ = true;
    return {.what = event::kind::greeted};
}

connection_machine::event connection_machine::broken(refusal reason) {
    why_ = std::move(reason);
    return {.what = event::kind::broken};
}

}  // namespace pgweir::redis
