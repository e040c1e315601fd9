#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth/client_login.hpp"
#include "auth/server_login.hpp"
#include "base/bytes.hpp"
#include "relay/settings.hpp"
#include "session/outcome.hpp"
#include "session/parameters.hpp"
#include "wire/startup.hpp"

namespace pgweir::relay {

/// Where a client comes from, as far as its login depends on it.
struct peer_facts {
    bool local = false;   ///< from this machine: a unix socket or a loopback address
    std::string address;  ///< numeric; need not be told of a local one
};

/// The first words of a connection: encryption requests, startup packet, proof of identity. Knows no socket.
class login_flow {
public:
    login_flow(std::shared_ptr<const service_settings> settings, peer_facts peer, const auth::entropy& random)
        : settings_(std::move(settings)), peer_(std::move(peer)), random_(random) {}

    enum class step : std::uint8_t {
        wait,    ///< send `out`, more must come
        cancel,  ///< packet() holds a cancel request
        proven,  ///< the client is who it says; `out` ends with AuthenticationOk
        failed,  ///< failure() is to be told as FATAL
    };

    /// Takes what it can from `input`; what follows a successful login is left.
    step receive(base::bytes_view input, std::size_t& consumed, std::string& out);

    const wire::startup_packet& packet() const noexcept { return packet_; }
    const std::string& user() const noexcept { return user_; }
    const std::string& database() const noexcept { return database_; }
    bool wants_replication() const noexcept { return replication_ != replication::none; }
    /// `replication` in the startup packet (manual, "Streaming Replication Protocol").
    enum class replication : std::uint8_t {
        none,
        physical,  ///< of the whole server, whatever the database is called
        logical,   ///< of one database
    };
    replication wanted_replication() const noexcept { return replication_; }
    const std::string& application_name() const noexcept { return application_name_; }

    /// The settings asked for in the startup packet, `options` taken apart, without application_name.
    const std::vector<session::parameters::entry>& settings() const noexcept { return asked_; }

    /// What the client proved, to be used at the server in its name. After `proven`.
    auth::credentials credentials() const;

    const session::failure& failure() const noexcept { return failure_; }

private:
    step receive_startup(base::bytes_view input, std::size_t& consumed, std::string& out);
    step take_packet(bool more_follows, std::string& out);
    step read_parameters();
    step begin_authentication(std::string& out);
    step receive_proof(base::bytes_view input, std::size_t& consumed, std::string& out);
    step fail(session::failure why);
    step fail(session::outcome reason, std::string message = {});

    std::shared_ptr<const service_settings> settings_;  ///< a reload may replace the worker's
    peer_facts peer_;
    auth::entropy random_;
    wire::startup_packet packet_;
    std::string user_;
    std::string database_;
    std::string application_name_;
    replication replication_ = replication::none;
    std::array<bool, 2> asked_for_{};  ///< TLS, GSSAPI encryption: each may be asked for once
    std::vector<session::parameters::entry> asked_;
    std::optional<auth::client_login> login_;
    session::failure failure_;
};

}  // namespace pgweir::relay
