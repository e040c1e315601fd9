#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "redis/command.hpp"
#include "redis/greeting.hpp"
#include "redis/reply_reader.hpp"
#include "redis/request_queue.hpp"
#include "redis/settings.hpp"
#include "redis/url.hpp"

namespace pgweir::redis {

/// One connection to Redis from its first byte to its last: the greeting, then requests that do not wait for each
/// other's replies. Knows no socket and no clock: whoever has them moves the bytes.
///
///     feed(bytes that came); while (next() is not wait) ...; write unsent(); sent(count)
class connection_machine {
public:
    /// The greeting is unsent() at once.
    connection_machine(const url& where, const request_limits& most);

    /// What is to be written. Valid until the next call that is not const.
    base::bytes_view unsent() const noexcept { return base::bytes_view(outbox_).substr(written_); }
    /// Requires count <= unsent().size().
    void sent(std::size_t count) noexcept;

    /// Appends the commands, at least one. `done` gets the reply to the last of them, or the first reply that is an
    /// error, from next(). False when it would be over the limits: then nothing was done. Requires is_greeted().
    bool request(std::span<const command> commands, answer_callback& done, base::time_point now,
                 metrics::store_op op = metrics::store_op::other);

    void feed(base::bytes_view bytes) { reader_.feed(bytes); }

    struct event {
        enum class kind : std::uint8_t {
            wait,  ///< for more bytes
            greeted,  ///< server() is known, and requests may be made
            answered,  ///< current() is what `done` waits for
            broken,  ///< why() the connection is to be closed; further calls say the same
        };
        kind what;
        answer_callback done{};
        base::time_point asked_at{};
        metrics::store_op op{};
    };
    event next();

    /// After `answered`, until next() is called again.
    reply current() const noexcept { return reader_.current(); }

    bool is_greeted() const noexcept { return greeted_; }
    const server_identity& server() const noexcept { return greeting_.server(); }
    const refusal& why() const noexcept { return why_; }

    /// Since when the oldest request without all of its replies waits; base::never when there is none.
    base::time_point oldest() const noexcept { return waiting_.empty() ? base::never : waiting_.front().asked_at; }
    std::size_t waiting() const noexcept { return waiting_.size(); }

    /// At the end of the connection: those that were not told yet are whoever's who takes them.
    request_queue take_waiting() noexcept { return std::move(waiting_); }

private:
    event take_reply();
    event greet();
    event broken(refusal reason);

    static constexpr std::size_t kept_bytes = std::size_t{256} * 1024;

    request_limits most_;
    std::string outbox_;
    std::size_t written_ = 0;  ///< of the outbox
    reply_reader reader_;
    greeting greeting_;
    request_queue waiting_;
    refusal why_;
    bool greeted_ = false;
};

}  // namespace pgweir::redis
