#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pgweir::wire {

/// What a client sends, by its first byte. The startup packet and the requests before it have no tag: startup.hpp.
enum class frontend : char {
    query = 'Q',
    parse = 'P',
    bind = 'B',
    describe = 'D',
    execute = 'E',
    close = 'C',
    sync = 'S',
    flush = 'H',
    function_call = 'F',
    copy_data = 'd',
    copy_done = 'c',
    copy_fail = 'f',
    password = 'p',
    terminate = 'X',
};

/// What a server sends, by its first byte.
enum class backend : char {
    authentication = 'R',
    key_data = 'K',
    parameter_status = 'S',
    ready_for_query = 'Z',
    row_description = 'T',
    data_row = 'D',
    command_complete = 'C',
    empty_query = 'I',
    portal_suspended = 's',
    no_data = 'n',
    parameter_description = 't',
    parse_complete = '1',
    bind_complete = '2',
    close_complete = '3',
    error = 'E',
    notice = 'N',
    notification = 'A',
    copy_in = 'G',
    copy_out = 'H',
    copy_both = 'W',
    copy_data = 'd',
    copy_done = 'c',
    function_call_response = 'V',
    negotiate_protocol_version = 'v',
};

struct message_info {
    char tag;
    std::string_view name;       ///< as the manual's chapter on message formats has it
    std::uint32_t minimum_size;  ///< in bytes, of the whole message: tag, length field and body
    std::uint32_t maximum_size;  ///< likewise
    std::string_view meaning;

    constexpr bool allows(std::uint32_t size) const noexcept { return size >= minimum_size && size <= maximum_size; }
};

namespace detail {

constexpr std::uint32_t bare = 5;  // tag and length field, nothing else
constexpr std::uint32_t kib = 1024;
constexpr std::uint32_t mib = 1024 * kib;

// The server's own limits, 10000 and 0x3ffffffe in the length field: it closes the connection over a longer message,
// so one is refused here before it can cost a server connection.
constexpr std::uint32_t small = 10001;
constexpr std::uint32_t large = 0x3fffffff;

// What a signed length field can say; a server's own limit is lower.
constexpr std::uint32_t any = 0x7fffffff;

// A message that ends with a count and that many items: 16 bits of count, so this is the longest.
constexpr std::uint32_t with_list(std::uint32_t front, std::uint32_t item_size) {
    return front + 2 + 0xffff * item_size;
}

// clang-format off

// A client's minimum is always the bare header: a body that is too short is the server's to answer, with an ERROR
// that leaves the connection usable.
inline constexpr std::array<message_info, 14> frontend_messages{{
    {'Q', "Query",           bare, large,    "a text of one or more statements, run at once"},
    {'P', "Parse",           bare, large,    "a text becomes a prepared statement, named or unnamed"},
    {'B', "Bind",            bare, large,    "a statement and parameter values become a portal"},
    {'D', "Describe",        bare, small,    "asks for the columns (and parameters) of a statement or portal"},
    {'E', "Execute",         bare, small,    "runs a portal, wholly or for a number of rows"},
    {'C', "Close",           bare, small,    "forgets a statement or portal"},
    {'S', "Sync",            bare, bare,     "ends an implicit transaction and, after an error, the skipping"},
    {'H', "Flush",           bare, bare,     "asks for the answers so far, with no Sync"},
    {'F', "FunctionCall",    bare, large,    "calls a function by its oid (the legacy fast path)"},
    {'d', "CopyData",        bare, large,    "a piece of COPY FROM STDIN or of a replication stream"},
    {'c', "CopyDone",        bare, bare,     "the end of COPY FROM STDIN"},
    {'f', "CopyFail",        bare, small,    "gives up COPY FROM STDIN, with a reason"},
    {'p', "PasswordMessage", bare, 10 * kib, "an answer to an authentication request: password, SASL or GSS"},
    {'X', "Terminate",       bare, bare,     "goodbye"},
}};

inline constexpr std::array<message_info, 24> backend_messages{{
    {'R', "Authentication",           9,    64 * kib, "asks for proof of identity, or says that it was given"},
    {'K', "BackendKeyData",           13,   265,      "process id and the secret that a CancelRequest needs"},
    {'S', "ParameterStatus",          7,    mib,      "a reported setting, at login and whenever it changes"},
    {'Z', "ReadyForQuery",            6,    6,        "the end of a query cycle, with the transaction status"},
    {'T', "RowDescription",           7,    16 * mib, "the columns of the rows that follow or would follow"},
    {'D', "DataRow",                  7,    any,      "one row"},
    {'C', "CommandComplete",          6,    64 * kib, "a statement ended well; its command tag"},
    {'I', "EmptyQueryResponse",       bare, bare,     "instead of CommandComplete for a text without a statement"},
    {'s', "PortalSuspended",          bare, bare,     "Execute stopped at its row limit, there may be more"},
    {'n', "NoData",                   bare, bare,     "instead of RowDescription for what returns no rows"},
    {'t', "ParameterDescription",     7,    16 * mib, "the parameter types of a statement"},
    {'1', "ParseComplete",            bare, bare,     "Parse ended well"},
    {'2', "BindComplete",             bare, bare,     "Bind ended well"},
    {'3', "CloseComplete",            bare, bare,     "Close ended well"},
    {'E', "ErrorResponse",            6,    any,      "a statement, a login or the session failed"},
    {'N', "NoticeResponse",           6,    any,      "a warning or remark, at any moment"},
    {'A', "NotificationResponse",     11,   64 * kib, "a NOTIFY on a channel that the session listens to"},
    {'G', "CopyInResponse",           8,    with_list(bare + 1, 2), "COPY FROM STDIN begins: CopyData is expected"},
    {'H', "CopyOutResponse",          8,    with_list(bare + 1, 2), "COPY TO STDOUT begins: CopyData follows"},
    {'W', "CopyBothResponse",         8,    with_list(bare + 1, 2), "replication begins: CopyData in both directions"},
    {'d', "CopyData",                 bare, any,      "a piece of COPY TO STDOUT or of a replication stream"},
    {'c', "CopyDone",                 bare, bare,     "the end of COPY TO STDOUT"},
    {'V', "FunctionCallResponse",     9,    any,      "the result of a FunctionCall"},
    {'v', "NegotiateProtocolVersion", 13,   64 * kib, "the server speaks an older minor version, or lacks options"},
}};

// clang-format on

// One byte for each tag: its place in the table plus one, 0 for a tag that does not exist.
template <std::size_t Count>
constexpr std::array<std::uint8_t, 256> places(const std::array<message_info, Count>& messages) {
    std::array<std::uint8_t, 256> result{};
    for (std::size_t i = 0; i < Count; ++i) {
        result[static_cast<unsigned char>(messages[i].tag)] = static_cast<std::uint8_t>(i + 1);
    }
    return result;
}

inline constexpr auto frontend_places = places(frontend_messages);
inline constexpr auto backend_places = places(backend_messages);

}  // namespace detail

using detail::backend_messages;
using detail::frontend_messages;

/// Null for a tag that no client sends.
constexpr const message_info* find_frontend(char tag) noexcept {
    const std::size_t place = detail::frontend_places[static_cast<unsigned char>(tag)];
    return place == 0 ? nullptr : &frontend_messages[place - 1];
}

/// Null for a tag that no server sends.
constexpr const message_info* find_backend(char tag) noexcept {
    const std::size_t place = detail::backend_places[static_cast<unsigned char>(tag)];
    return place == 0 ? nullptr : &backend_messages[place - 1];
}

}  // namespace pgweir::wire
