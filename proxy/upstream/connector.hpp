#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <variant>

#include "auth/scram_cache.hpp"
#include "base/interner.hpp"
#include "net/deadlines.hpp"
#include "net/random.hpp"
#include "net/reactor.hpp"
#include "net/resolver.hpp"
#include "upstream/opening.hpp"
#include "upstream/server.hpp"
#include "upstream/settings.hpp"

namespace pgweir::upstream {

/// A connection that is ready to be lent.
struct opened {
    net::transport connection;
    net::socket_address address;
    session::server_state state;
    base::duration took{};
};

using open_result = std::variant<opened, opening_failure>;
using open_callback = std::function<void(open_result)>;

class connect_attempt;

/// Opens server connections for one worker: resolves the name anew each time, tries its addresses in order, logs in
/// and reads the baseline, all within connect_timeout.
class connector {
public:
    connector(net::reactor& host, net::deadline_queue& deadlines, net::random_source& random, base::interner& texts);
    ~connector();

    /// `done` is called once, in a tick of its own or at an event, never from inside this call; not at all if the
    /// connector is destroyed. `where` is copied.
    void open(const settings& where, opening_request request, open_callback done);

    std::size_t under_way() const noexcept { return attempts_.size(); }

private:
    friend class connect_attempt;

    void finish(std::uint64_t id, open_result result);

    net::reactor& reactor_;
    net::deadline_queue& deadlines_;
    net::random_source& random_;
    base::interner& texts_;
    net::resolver resolver_;
    auth::scram_cache scram_cache_;
    std::unordered_map<std::uint64_t, std::unique_ptr<connect_attempt>> attempts_;
    std::uint64_t next_id_ = 1;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pgweir::upstream
