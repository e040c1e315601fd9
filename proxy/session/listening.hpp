#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "session/hub_messages.hpp"

namespace pgweir::session {

/// What one client listens to without a server of its own, and what it has still to be told. While it is lent a server
/// that one listens to the same channels, so that LISTEN, UNLISTEN and pg_listening_channels() find what they expect;
/// but what is notified on them comes from the hub.
struct listening {
    const notifier_names* names = nullptr;  ///< null: there is no hub
    std::int32_t process_id = 0;  ///< as the client was told it
    std::set<std::string, std::less<>> channels;  ///< told by the hub
    std::set<std::string, std::less<>> coming;    ///< the hub has them from the notification of `token` on
    std::string token;     ///< empty: not known yet
    std::string encoding;  ///< in which the hub speaks to this client
    bool hosted = false;   ///< the server that is lent listens to `channels`
    bool hears_turns = false;  ///< and to turn_channel, for us
    bool pinging = false;  ///< the hub is asked whether it has told everything: nothing is answered before
    std::string untold;    ///< messages for a moment when nothing is under way
    bool missed = false;   ///< some were too many to be kept

    bool any() const noexcept { return !channels.empty(); }
    bool hears(std::string_view channel) const noexcept {
        return channels.contains(channel) || coming.contains(channel);
    }

    void keep(std::string_view message) {
        // PostgreSQL would keep 8 GB for a session that does not come to the end of its transaction.
        constexpr std::size_t most = std::size_t{8} * 1024 * 1024;
        if (untold.size() + message.size() > most)
            missed = true;
        else
            untold += message;
    }
};

}  // namespace pgweir::session
