#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "cli/console_table.hpp"
#include "net/transport.hpp"

namespace pgweir::cli {

/// Why a command was not carried out, in one line for the operator.
class console_error : public std::runtime_error {
public:
    explicit console_error(const std::string& why, std::string sqlstate = {})
        : std::runtime_error(why), sqlstate_(std::move(sqlstate)) {}

    /// Of the console's answer; empty when it has not answered.
    const std::string& sqlstate() const noexcept { return sqlstate_; }

private:
    std::string sqlstate_;
};

/// A connection to the console of a running pgweir through its own socket, admin.socket. Blocks. After an error that
/// has no SQLSTATE nothing can be asked any more.
class console_client {
public:
    /// Connects to the socket's file and logs in, for at most `limit`. Throws console_error.
    console_client(const std::string& path, base::duration limit);

    /// The result of one command, which may take at most `limit`; base::off: as long as it takes. Without columns if it
    /// has none. Throws console_error.
    console_table ask(const std::string& command, base::duration limit);

private:
    console_table exchange(base::bytes_view request, base::time_point ends);
    void send(base::bytes_view request, base::time_point ends);
    /// False: the other end has closed.
    bool receive(base::time_point ends);
    void wait_for(short events, base::time_point ends) const;

    net::transport transport_;
    base::byte_queue unread_;
    base::duration limit_{};  ///< of the exchange under way, for the message
};

}  // namespace pgweir::cli
