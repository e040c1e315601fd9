#include "wire/writer.hpp"

#include <cassert>

namespace pgweir::wire {

namespace {

void store_int32(char* to, std::uint32_t value) noexcept {
    for (int i = 0; i < 4; ++i) to[i] = static_cast<char>(value >> (24 - 8 * i) & 0xff);
}

}  // namespace

void writer::begin(char tag) {
    out_.push_back(tag);
    begin_untagged();
}

void writer::begin_untagged() {
    length_at_ = out_.size();
    out_.append(4, '\0');
}

void writer::int16(int value) {
    const auto bits = static_cast<unsigned>(value);
    out_.push_back(static_cast<char>(bits >> 8 & 0xff));
    out_.push_back(static_cast<char>(bits & 0xff));
}

void writer::int32(std::int32_t value) {
    char raw[4];
    store_int32(raw, static_cast<std::uint32_t>(value));
    out_.append(raw, sizeof raw);
}

void writer::c_string(std::string_view text) {
    out_.append(without_nul(text));
    out_.push_back('\0');
}

void writer::end() {
    const std::size_t length = out_.size() - length_at_;
    assert(length <= 0x7fffffff);
    store_int32(out_.data() + length_at_, static_cast<std::uint32_t>(length));
}

std::string_view without_nul(std::string_view text) noexcept {
    return text.substr(0, text.find('\0'));
}

}  // namespace pgweir::wire
