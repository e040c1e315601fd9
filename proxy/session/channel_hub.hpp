#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "session/hub_messages.hpp"

namespace pgweir::session {

/// Which clients of one database listen to which channels, and what its one listener connection has to be told. Knows
/// no socket: the shell connects, moves bytes, and hands out what take_deliveries() has.
class channel_hub {
public:
    using client_id = std::uint64_t;

    /// `entropy`: tells the tokens of this hub from those of any other on the same database. `names` outlives it.
    channel_hub(std::uint64_t entropy, const notifier_names& names) : entropy_(entropy), names_(&names) {}

    /// With receive(), what has to be sent is appended to `out`; without a connection nothing is.
    void ask(client_id who, const hub_request& what, std::string& out);
    void leave(client_id who, std::string& out);

    /// Somebody listens, or waits for an answer.
    bool needed() const noexcept { return !members_.empty() || !waiting_.empty() || !running_.empty(); }

    /// A connection has logged in: every channel is listened to again.
    void connected(std::string& out);
    /// There is none any more, or none could be had.
    void lost();

    /// False when the connection makes no sense any more and has to be closed.
    bool receive(base::bytes_view input, std::size_t& consumed, std::string& out);
    /// A question is on its way.
    bool busy() const noexcept { return busy_; }
    /// How many were sent.
    std::uint64_t questions() const noexcept { return questions_; }
    /// Asks the server for a sign of life, unless it is asked already.
    void probe(std::string& out);

    struct delivery {
        client_id to = 0;
        hub_answer what;
    };
    std::vector<delivery> take_deliveries() { return std::exchange(deliveries_, {}); }

private:
    struct member {
        std::set<std::string> told;     ///< the client gets what comes on them
        std::set<std::string> joining;  ///< from their turns on
    };
    struct work {
        client_id who = 0;
        std::vector<std::string> channels;  ///< to be listened to; empty: a ping
    };
    struct awaited_turn {
        client_id who = 0;
        std::vector<std::string> channels;
    };

    void listen(client_id who, const std::vector<std::string>& channels);
    void drop(client_id who, const std::vector<std::string>& channels);
    void release(const std::string& channel);
    void turn(const awaited_turn& what);
    void forget_if_empty(client_id who);
    void send_next(std::string& out);
    void send(std::string_view sql, std::string& out);
    bool take(char tag, base::bytes_view body, std::string& out);
    void take_notification(base::bytes_view body);
    void take_ready();
    void await_turn(const work& asked);
    void refuse(const work& asked);
    void tell(client_id who, hub_answer::kind what) { deliveries_.push_back({who, {.what = what}}); }

    std::uint64_t entropy_;
    const notifier_names* names_;
    std::uint64_t tokens_ = 0;  ///< numbers them
    std::unordered_map<client_id, member> members_;
    std::map<std::string, std::set<client_id>, std::less<>> channels_;  ///< with those that are about to listen
    std::map<std::string, awaited_turn, std::less<>> turns_;  ///< by token
    std::set<std::string> to_listen_;
    std::set<std::string> to_unlisten_;
    std::vector<work> waiting_;
    std::vector<work> running_;
    std::vector<delivery> deliveries_;
    bool connected_ = false;
    bool busy_ = false;
    std::uint64_t questions_ = 0;
    bool failed_ = false;  ///< what is running
    bool interrupted_ = false;  ///< somebody listened when the connection was lost
};

}  // namespace pgweir::session
