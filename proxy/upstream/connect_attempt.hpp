#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/outbox.hpp"
#include "upstream/connector.hpp"

namespace pgweir::upstream {

/// One connection on its way: addresses in order, then the login. Owned by its connector, which it tells when it is
/// over and which then destroys it.
class connect_attempt final : net::event_handler, net::deadline_handler {
public:
    connect_attempt(connector& owner, std::uint64_t id, const settings& where, opening_request request,
                    base::bytes_view nonce);

    void begin(std::vector<net::socket_address> addresses);
    void fail(pool::connect_failure kind, std::string message);

    base::time_point started() const noexcept { return started_; }
    open_callback done;

private:
    void on_ready(int tag, net::readiness ready) override;
    void on_deadline(int tag, base::time_point now) override;

    void try_next_address(std::string last_error);
    void connected();
    void read();
    bool write();

    connector& owner_;
    std::uint64_t id_;
    settings where_;
    opening opening_;
    net::deadline deadline_;
    base::time_point started_;
    std::vector<net::socket_address> addresses_;
    std::size_t next_address_ = 0;
    net::transport transport_;
    net::registration watched_;
    bool connected_ = false;
    base::byte_queue unread_;
    base::byte_queue unsent_;
};

}  // namespace pgweir::upstream
