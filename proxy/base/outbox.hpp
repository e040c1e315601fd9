#pragma once

#include <cstddef>

#include "base/bytes.hpp"

namespace pgweir::base {

/// What is to be written to one connection: bytes of our own, and behind them at most one stretch that still lies
/// in the buffer it was read into. A message that is only relayed is therefore never copied, unless the socket
/// does not take it at once.
///
/// The owner must call settle() before the buffer behind relay() is used for anything else.
class outbox {
public:
    bool empty() const noexcept { return borrowed_.empty() && owned_.empty(); }
    std::size_t size() const noexcept { return owned_.size() + borrowed_.size(); }

    /// `bytes` stay where they are until settle() or consume() has dealt with them.
    void relay(bytes_view bytes) {
        if (borrowed_.empty()) {
            borrowed_ = bytes;
        } else if (borrowed_.data() + borrowed_.size() == bytes.data()) {
            borrowed_ = bytes_view(borrowed_.data(), borrowed_.size() + bytes.size());
        } else {
            settle();
            borrowed_ = bytes;
        }
    }

    /// For encoders: bytes appended to the result come after everything put in so far.
    std::string& own() {
        settle();
        return owned_.storage();
    }

    /// The two stretches to write, in this order. Valid until the next call that is not const.
    bytes_view first() const noexcept { return owned_.view(); }
    bytes_view second() const noexcept { return borrowed_; }

    /// `count` bytes were written; requires count <= size().
    void consume(std::size_t count) noexcept {
        const std::size_t from_owned = count < owned_.size() ? count : owned_.size();
        if (from_owned > 0) owned_.consume(from_owned);
        borrowed_.remove_prefix(count - from_owned);
    }

    /// Copies what is still borrowed: afterwards nothing refers to foreign memory.
    void settle() {
        if (borrowed_.empty()) return;
        owned_.append(borrowed_);
        borrowed_ = {};
    }

    void clear() noexcept {
        owned_.clear();
        borrowed_ = {};
    }

private:
    byte_queue owned_;
    bytes_view borrowed_;
};

}  // namespace pgweir::base
