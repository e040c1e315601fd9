#pragma once

#include <cstddef>
#include <string>

#include "base/bytes.hpp"
#include "relay/virtual_database.hpp"

namespace pgweir::relay {

/// A client of the console: the simple protocol only, one statement after the other.
class console_session {
public:
    enum class stop { need_more, running, terminated, failed };

    console_session(virtual_database& database, std::uint32_t worker, console_user user)
        : database_(database), worker_(worker), user_(std::move(user)) {}

    /// What a client is told behind AuthenticationOk, up to ReadyForQuery.
    static void greet(std::string& out);

    /// Takes messages until one runs; `reply` gets its answer, now or later, on this worker. Nothing is taken while
    /// one runs.
    stop receive(base::bytes_view input, std::size_t& consumed, std::string& out,
                 const std::function<void(std::string)>& reply);

    void finished() noexcept { running_ = false; }

private:
    stop take(char tag, base::bytes_view body, std::string& out, const std::function<void(std::string)>& reply);

    virtual_database& database_;
    std::uint32_t worker_;
    console_user user_;
    bool running_ = false;
    bool discarding_ = false;
};

}  // namespace pgweir::relay
