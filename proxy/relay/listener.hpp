#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "net/deadlines.hpp"
#include "net/reactor.hpp"
#include "relay/dedicated_connection.hpp"
#include "relay/lender.hpp"
#include "session/channel_hub.hpp"

namespace pgweir::relay {

/// The connection that listens for all clients of one database that share an encoding. Connects when the first of them
/// listens and goes some time after the last; connects again when it is lost. Belongs to one worker's thread.
class listener final : dedicated_user, net::deadline_handler {
public:
    using deliver = std::function<void(std::uint64_t client, const session::hub_answer& what)>;

    struct parts {
        net::reactor& reactor;
        net::deadline_queue& deadlines;
        lender& servers;
        const session::notifier_names& names;
    };

    /// `like`: whose upstream and credentials it connects with. All that is referred to outlives the listener.
    listener(const parts& with, shared_pool& like, std::string encoding, std::uint64_t entropy, deliver to_clients);

    void ask(std::uint64_t client, const session::hub_request& what);
    void leave(std::uint64_t client);
    /// The configuration was read again.
    void reconfigured();

private:
    void on_connected() override;
    bool on_received(base::bytes_view input, std::size_t& consumed) override;
    void on_lost() override { hub_.lost(); }
    void settle() override;
    void on_deadline(int tag, base::time_point now) override;

    void connect();
    void arm();

    parts with_;
    shared_pool& like_;
    std::string encoding_;
    session::channel_hub hub_;
    deliver to_clients_;
    dedicated_connection connection_;
    net::deadline deadline_;
    std::shared_ptr<const database_settings> connected_by_;
    base::time_point asked_at_{};  ///< when the last question was sent
    std::uint64_t questions_ = 0;
    bool settling_ = false;
};

}  // namespace pgweir::relay
