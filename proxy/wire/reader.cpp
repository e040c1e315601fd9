#include "wire/reader.hpp"

#include "wire/frame.hpp"

namespace pgweir::wire {

const char* reader::take(std::size_t size) noexcept {
    if (failure_ || left_.size() < size) {
        fail(error_code::truncated);
        return nullptr;
    }
    const char* const taken = left_.data();
    left_.remove_prefix(size);
    return taken;
}

char reader::byte() noexcept {
    const char* const taken = take(1);
    return taken != nullptr ? *taken : '\0';
}

std::int8_t reader::int8() noexcept {
    const char* const taken = take(1);
    return taken != nullptr ? static_cast<std::int8_t>(*taken) : std::int8_t{0};
}

std::uint16_t reader::count() noexcept {
    const char* const taken = take(2);
    if (taken == nullptr) return 0;
    const unsigned high = static_cast<unsigned char>(taken[0]);
    const unsigned low = static_cast<unsigned char>(taken[1]);
    return static_cast<std::uint16_t>(high << 8 | low);
}

std::int16_t reader::int16() noexcept {
    return static_cast<std::int16_t>(count());
}

std::int32_t reader::int32() noexcept {
    const char* const taken = take(4);
    return taken != nullptr ? static_cast<std::int32_t>(detail::load_uint32(taken)) : 0;
}

base::bytes_view reader::bytes(std::int64_t length) noexcept {
    if (length < 0) {
        fail(error_code::truncated);
        return {};
    }
    const auto size = static_cast<std::size_t>(length);
    const char* const taken = take(size);
    return taken != nullptr ? base::bytes_view(taken, size) : base::bytes_view();
}

std::string_view reader::c_string() noexcept {
    if (failure_) return {};
    const std::size_t length = left_.find('\0');
    if (length == std::string_view::npos) {
        fail(error_code::missing_terminator);
        return {};
    }
    const std::string_view text = left_.substr(0, length);
    left_.remove_prefix(length + 1);
    return text;
}

base::bytes_view reader::rest() noexcept {
    if (failure_) return {};
    const base::bytes_view all = left_;
    left_ = left_.substr(left_.size());
    return all;
}

void reader::fail(error_code reason) noexcept {
    if (!failure_) failure_ = reason;
}

std::error_code reader::finish() const noexcept {
    if (failure_) return failure_;
    if (!left_.empty()) return error_code::trailing_bytes;
    return {};
}

}  // namespace pgweir::wire
