#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pgweir::session {

/// A session tells the hub where its own server's notifications end, and the hub's begin, by a notification of its
/// own on this channel.
inline constexpr const char* turn_channel = "pgweir_turn";

/// What a client's conversation asks of the hub that listens for all clients of its database.
struct hub_request {
    enum class kind : std::uint8_t {
        listen,  ///< to `channels`, for this client: answered by `listening` or `refused`
        drop,    ///< this client does not listen to `channels` any more, or will not after all: no answer
        ping,    ///< answered by `ponged`, when all that was notified before has been told
    };
    kind what = kind::ping;
    std::vector<std::string> channels;
    std::string encoding;  ///< of the client: names of channels and payloads come in it
};

/// What the hub tells a conversation.
struct hub_answer {
    enum class kind : std::uint8_t {
        listening,  ///< the client is told what comes behind the notification of `token` on turn_channel
        refused,    ///< there is no connection to listen on: the session's own server has to do it
        ponged,
        notified,   ///< `message`, whole, as clients are to read it
        missed,     ///< the connection was lost for a while: something may have been notified meanwhile
    };
    kind what = kind::ponged;
    std::string token{};
    std::shared_ptr<const std::string> message{};
};

/// Names for those who notify.
class notifier_names {
public:
    /// The process id that the notifying client was told when it logged in; `backend` itself if it is nobody's that is
    /// known.
    virtual std::int32_t client_of(std::int32_t backend) const = 0;

protected:
    ~notifier_names() = default;
};

}  // namespace pgweir::session
