#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pgweir::base {

/// Bytes that somebody else owns. A protocol that is mostly text reads best as a string_view; it may hold NUL.
using bytes_view = std::string_view;

/// Bytes in order of arrival: appended at the end, consumed at the front. Holds no memory while empty, so that
/// an idle connection costs none and one large message does not pin its size for ever.
class byte_queue {
public:
    bool empty() const noexcept { return position_ == bytes_.size(); }
    std::size_t size() const noexcept { return bytes_.size() - position_; }

    /// Valid until the next call that is not const.
    bytes_view view() const noexcept { return bytes_view(bytes_).substr(position_); }

    void append(bytes_view more) {
        if (position_ > 0 && position_ >= size()) compact();
        bytes_.append(more);
    }

    /// Requires count <= size().
    void consume(std::size_t count) noexcept {
        position_ += count;
        if (empty()) release();
    }

    void clear() noexcept { release(); }

    /// For writers that build a message in place at the end. Consumed bytes may still stand in front of it.
    std::string& storage() noexcept { return bytes_; }

    std::size_t capacity() const noexcept { return bytes_.capacity(); }

private:
    // A small buffer stays: it will be wanted again by the next message of a busy connection.
    static constexpr std::size_t kept_capacity = 1024;

    void compact() {
        bytes_.erase(0, position_);
        position_ = 0;
    }

    void release() noexcept {
        position_ = 0;
        if (bytes_.capacity() > kept_capacity)
            std::string().swap(bytes_);
        else
            bytes_.clear();
    }

    std::string bytes_;
    std::size_t position_ = 0;
};

}  // namespace pgweir::base
