#include "wire/startup.hpp"

#include <algorithm>
#include <cassert>

#include "wire/frame.hpp"
#include "wire/reader.hpp"
#include "wire/writer.hpp"

namespace pgweir::wire {

namespace {

// In the place of a protocol version: major 1234, which no version will ever have.
constexpr std::int32_t cancel_code = 1234 << 16 | 5678;
constexpr std::int32_t ssl_code = 1234 << 16 | 5679;
constexpr std::int32_t gssenc_code = 1234 << 16 | 5680;

constexpr std::int32_t protocol_3_0 = 3 << 16;

constexpr std::string_view protocol_option_prefix = "_pq_.";

base::result<startup_packet> read_cancel_request(reader& body) {
    startup_packet packet;
    packet.kind = startup_kind::cancel_request;
    packet.process_id = body.int32();
    packet.secret_key = body.rest();
    const std::size_t size = packet.secret_key.size();
    if (!body.ok() || size < min_secret_key_size || size > max_secret_key_size) return error_code::bad_startup_length;
    return packet;
}

base::result<startup_packet> read_bare_request(startup_kind kind, const reader& body) {
    if (!body.at_end()) return error_code::bad_startup_length;
    startup_packet packet;
    packet.kind = kind;
    return packet;
}

// A server is more lenient in one case: any last byte passes for the terminator. No client relies on that.
base::result<startup_packet> read_parameters(reader& body, std::uint16_t minor_version) {
    // As many as drivers send; a copy for each growth would cost more.
    constexpr std::size_t usual_parameters = 8;
    startup_packet packet;
    packet.minor_version = minor_version;
    packet.parameters.reserve(usual_parameters);
    for (;;) {
        const std::string_view name = body.c_string();
        if (!body.ok()) return error_code::bad_startup_packet;
        if (name.empty()) break;
        const std::string_view value = body.c_string();
        if (!body.ok()) return error_code::bad_startup_packet;
        if (name.starts_with(protocol_option_prefix)) {
            packet.unknown_protocol_options.emplace_back(name);
        } else {
            packet.parameters.emplace_back(name, value);
        }
    }
    if (!body.at_end()) return error_code::bad_startup_packet;
    return packet;
}

base::result<startup_packet> read_packet(reader& body) {
    const std::int32_t version = body.int32();
    if (version == cancel_code) return read_cancel_request(body);
    if (version == ssl_code) return read_bare_request(startup_kind::ssl_request, body);
    if (version == gssenc_code) return read_bare_request(startup_kind::gssenc_request, body);
    if (version >> 16 != protocol_3_0 >> 16) return error_code::unsupported_protocol;
    return read_parameters(body, static_cast<std::uint16_t>(version & 0xffff));
}

}  // namespace

const std::string* startup_packet::find(std::string_view name) const noexcept {
    const auto found = std::find_if(parameters.rbegin(), parameters.rend(),
                                    [name](const auto& parameter) { return parameter.first == name; });
    return found == parameters.rend() ? nullptr : &found->second;
}

base::result<std::optional<startup_packet>> read_startup(base::bytes_view input, std::size_t& consumed) {
    consumed = 0;
    constexpr std::size_t length_size = 4;
    if (input.size() < length_size) return std::optional<startup_packet>();
    const std::size_t size = detail::load_uint32(input.data());
    if (size < min_startup_packet_size || size > max_startup_packet_size) return error_code::bad_startup_length;
    if (input.size() < size) return std::optional<startup_packet>();

    reader body(input.substr(length_size, size - length_size));
    auto packet = read_packet(body);
    if (!packet) return packet.error();
    consumed = size;
    return std::optional<startup_packet>(std::move(packet).value());
}

void append_startup(std::string& out, const std::vector<std::pair<std::string, std::string>>& parameters,
                    std::uint16_t minor_version) {
    writer to(out);
    to.begin_untagged();
    to.int32(protocol_3_0 | minor_version);
    for (const auto& [name, value] : parameters) {
        to.c_string(name);
        to.c_string(value);
    }
    to.int8(0);
    to.end();
}

void append_ssl_request(std::string& out) {
    writer to(out);
    to.begin_untagged();
    to.int32(ssl_code);
    to.end();
}

void append_gssenc_request(std::string& out) {
    writer to(out);
    to.begin_untagged();
    to.int32(gssenc_code);
    to.end();
}

void append_cancel_request(std::string& out, std::int32_t process_id, std::string_view secret_key) {
    assert(secret_key.size() >= min_secret_key_size && secret_key.size() <= max_secret_key_size);
    writer to(out);
    to.begin_untagged();
    to.int32(cancel_code);
    to.int32(process_id);
    to.bytes(secret_key);
    to.end();
}

}  // namespace pgweir::wire
