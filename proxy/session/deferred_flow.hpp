#pragma once

#include <cstddef>
#include <string_view>

#include "base/bytes.hpp"
#include "session/exchange.hpp"
#include "session/execution_batch.hpp"
#include "sql/block_command.hpp"

namespace pgweir::session {

/// BEGIN without a server: the client is told that its transaction has begun, and the server that its first statement
/// gets is told so right in front of that, with the modes that it has named, in BEGIN or in SET TRANSACTION. A
/// transaction that ends before is none for any server.
class deferred_flow {
public:
    explicit deferred_flow(exchange& shared) : x_(shared) {}

    /// Whether the text was answered here. Requires that there is no server.
    bool take_query(std::string_view text);

    /// The same in the extended protocol. `input` begins with a whole Parse or Bind; `taken`: the bytes of what was
    /// answered.
    bool take_batch(base::bytes_view input, std::size_t& taken);

    /// The server that was lent begins the transaction. Not in a round trip of its own, but nothing that is sent behind
    /// is executed if it fails: until Sync the server reads nothing else then.
    void begin_on_server();

    /// A text that begins a block or sets its modes goes to the server that is lent.
    void learn_from_server() { x_.on_primary = x_.server->is_primary(); }

    /// No server can be had: it is a failed transaction from the next statement on.
    void fail(failure why);

private:
    bool may_have(const sql::block_statement& modes) const;
    bool carry_out(const sql::block_statement& what);
    bool begin(const sql::block_statement& how);
    bool set_modes(const sql::block_statement& more);
    bool end();
    void add_modes(const sql::block_statement& more);
    void tell(const execution_batch& what, std::string_view text, std::string_view tag);
    void tell_ready();

    exchange& x_;
};

}  // namespace pgweir::session
