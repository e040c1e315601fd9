#include "wire/frame.hpp"

#include "wire/error.hpp"

namespace pgweir::wire {

namespace {

std::error_code why_invalid(base::bytes_view input, const message_info* info, error_code unknown) noexcept {
    if (info == nullptr) return unknown;
    if (input.size() < header_size) return {};
    const std::uint32_t length = detail::load_uint32(input.data() + 1);
    const bool negative = length > 0x7fffffff;
    if (negative || length + 1 < info->minimum_size) return error_code::length_out_of_range;
    if (length + 1 > info->maximum_size) return error_code::message_too_large;
    return {};
}

}  // namespace

std::optional<base::bytes_view> take_frontend_message(base::bytes_view& input, char tag) noexcept {
    header found;
    if (input.empty() || input.front() != tag) return std::nullopt;
    if (read_frontend_header(input, found) != header_state::complete || input.size() < found.size) return std::nullopt;
    const base::bytes_view body = input.substr(header_size, found.size - header_size);
    input.remove_prefix(found.size);
    return body;
}

std::error_code why_invalid_frontend(base::bytes_view input) noexcept {
    if (input.empty()) return {};
    return why_invalid(input, find_frontend(input.front()), error_code::unknown_message);
}

std::error_code why_invalid_backend(base::bytes_view input) noexcept {
    if (input.empty()) return {};
    return why_invalid(input, find_backend(input.front()), error_code::unknown_backend_message);
}

}  // namespace pgweir::wire
