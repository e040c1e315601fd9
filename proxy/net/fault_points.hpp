#pragma once

#include <cstddef>
#include <cstdint>

namespace pgweir::net {

/// Where a test build can be told to misbehave, by the environment variable PGWEIR_FAULTS: `point=action`, separated by
/// commas. Actions: `short:BYTES` (a read or a write moves at most so many), `delay:MILLISECONDS` (the worker is stuck
/// for so long, each time), `kill:COUNT` (the process ends as by SIGKILL when it comes there for the COUNTth time),
/// `stop:COUNT` (it is stopped there, as by SIGSTOP, until somebody lets it go on by SIGCONT).
/// Only presets with PGWEIR_FAULT_POINTS have any of this; elsewhere it compiles to nothing.
enum class fault_point : std::uint8_t {
    transport_read,
    transport_write,
    server_opened,
    server_lent,
    server_given_back,
    request_due,  ///< bytes are about to be written to the server of a client, the client's or our own
    request_forwarded,  ///< they were written
    reply_relayed,  ///< bytes of a server were written to a client
    question_due,  ///< a server is about to be asked what the database's own functions do
    question_sent,
    listener_due,  ///< bytes are about to be written to the server that listens for all clients
    listener_sent,
    cache_lock_due,  ///< bytes are about to be written to the server on which a cache holds its lock
    cache_lock_sent,
    redis_due,  ///< bytes are about to be written to Redis
    redis_sent,
};

#ifdef PGWEIR_FAULT_POINTS
/// Passes the point. Returns how many of `wanted` bytes may move, at least one of them. Any thread.
std::size_t pass(fault_point where, std::size_t wanted = 0) noexcept;

/// Reads PGWEIR_FAULTS. Throws std::invalid_argument when it says what there is not. Before there are other threads.
void read_fault_points();
#else
inline std::size_t pass(fault_point /*where*/, std::size_t wanted = 0) noexcept {
    return wanted;
}
inline void read_fault_points() {}
#endif

}  // namespace pgweir::net
