#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "session/cache_flow.hpp"
#include "session/deferred_flow.hpp"
#include "session/exchange.hpp"
#include "session/lost_flow.hpp"
#include "session/setting_flow.hpp"
#include "session/statement_rewriter.hpp"
#include "sql/scan.hpp"
#include "wire/frame.hpp"

namespace pgweir::session {

/// What a client says after its login, message by message: forwarded, dropped, answered here, or left in the buffer
/// until a server is there.
class frontend_flow {
public:
    explicit frontend_flow(exchange& shared)
        : x_(shared), rewriter_(shared), lost_(shared), deferred_(shared), settings_(shared), cache_(shared) {}

    enum class stop : std::uint8_t {
        need_more,    ///< the next message is not whole yet
        need_server,  ///< the next message waits for a server
        gated,        ///< the next message waits for an answer
        terminated,   ///< Terminate
        failed,       ///< exchange::fatal says how the conversation ends
    };
    struct progress {
        std::size_t consumed = 0;
        stop why = stop::need_more;
    };

    /// Bytes put into `to_server` may still lie in `input`.
    progress consume(base::bytes_view input);

private:
    using verdict = message_verdict;

    verdict take(const wire::header& header, base::bytes_view available);
    verdict take_next(const wire::header& header, base::bytes_view rest, std::size_t& taken);
    verdict take_whole(char tag, base::bytes_view message);
    verdict take_query(base::bytes_view message);
    void settle_deferred();
    bool gated(char tag);
    /// Has the server answer what it may hold back until a Sync.
    void flush_batch();
    bool yields_here() const;
    verdict answer_empty();
    verdict begin_refused(std::string_view text);
    verdict take_rest_of_query(std::string_view text);
    verdict forward_query(base::bytes_view message, std::string_view text, const sql::scan_result& found);
    verdict take_parse(base::bytes_view message);
    verdict take_bind(const wire::header& header, base::bytes_view available);
    verdict take_target(char tag, base::bytes_view message);
    verdict take_execute(base::bytes_view message);
    verdict take_sync(base::bytes_view message);
    verdict take_function_call(base::bytes_view message);
    void note_function(std::optional<std::uint32_t> oid);
    verdict take_large(const wire::header& header, base::bytes_view available);
    bool copy_may_begin();
    void take_copy(char tag, base::bytes_view available);

    bool refused_in_extended();
    bool refused_in_simple();
    verdict broken(std::error_code why);
    void stream(const wire::header& header, base::bytes_view available, bool forwarded);

    exchange& x_;
    bool flushed_ = false;  ///< a Flush of ours stands behind the message taken last
    statement_rewriter rewriter_;
    lost_flow lost_;
    deferred_flow deferred_;
    setting_flow settings_;
    cache_flow cache_;
};

}  // namespace pgweir::session
