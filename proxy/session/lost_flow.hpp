#pragma once

#include <cstddef>
#include <string_view>

#include "base/bytes.hpp"
#include "session/exchange.hpp"

namespace pgweir::session {

/// Answers a client that is in a lost transaction, as PostgreSQL answers in a failed one: everything but the end of
/// the block is refused. Nothing of it needs a server, but what stands behind that end in the same text.
class lost_flow {
public:
    explicit lost_flow(exchange& shared) : x_(shared) {}

    /// One whole message; requires exchange::lost to be active.
    message_verdict take(char tag, base::bytes_view message);

    /// One too large to be looked at; its bytes are the caller's to drop.
    void refuse_large(char tag);

private:
    message_verdict take_query(base::bytes_view body);
    message_verdict take_parse(base::bytes_view body);
    message_verdict take_bind(base::bytes_view body);
    message_verdict take_describe(base::bytes_view body);
    void take_execute();
    bool is_end(std::string_view statement) const;
    void refuse(bool extended);
    void fail_commit(bool extended);
    /// `chains`: another block begins.
    void end_block(bool chains);
    bool may_end(sql::effect flags) const;
    std::size_t first_statement_size(std::string_view text) const;
    message_verdict broken(std::error_code why);

    exchange& x_;
};

}  // namespace pgweir::session
