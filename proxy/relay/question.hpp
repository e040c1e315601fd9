#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/deadlines.hpp"
#include "net/reactor.hpp"
#include "session/inquiry.hpp"
#include "upstream/server.hpp"

namespace pgweir::relay {

/// Asks one question on a server that is lent to nobody else, and hands the server over with the answer. Lives on the
/// server's worker until `done` has returned: a later turn of the reactor destroys it.
class question final : upstream::server_user, net::deadline_handler {
public:
    struct answer {
        std::unique_ptr<upstream::server> server;
        session::inquiry::step how = session::inquiry::step::broken;  ///< never `wait`; broken: close the server
        std::vector<session::inquiry::row> rows;
    };
    using callback = std::function<void(answer)>;

    question(net::reactor& host, net::deadline_queue& deadlines, std::unique_ptr<upstream::server> server,
             callback done);

    /// May call `done` at once.
    void ask(std::string_view sql);

private:
    void on_server_ready(net::readiness ready) override;
    void on_deadline(int tag, base::time_point now) override;

    void write();
    void read();
    void end(session::inquiry::step how);

    net::reactor& reactor_;
    net::deadline_queue& deadlines_;
    std::unique_ptr<upstream::server> server_;
    session::inquiry inquiry_;
    callback done_;
    net::deadline deadline_;
    base::byte_queue unsent_;
};

}  // namespace pgweir::relay
