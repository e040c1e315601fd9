#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "session/exchange.hpp"
#include "wire/backend.hpp"
#include "wire/frame.hpp"

namespace pgweir::session {

/// What the server says while it is lent, message by message: relayed, absorbed, or looked at.
class backend_flow {
public:
    explicit backend_flow(exchange& shared) : x_(shared) {}

    enum class stop : std::uint8_t {
        need_more,   ///< the next message is not whole yet
        gated,       ///< the next answer waits for its gate
        broken,  ///< the server does not speak the protocol, or does not begin a transaction: it must be closed
    };
    struct progress {
        std::size_t consumed = 0;
        stop why = stop::need_more;
    };

    /// Requires a server. Bytes put into `to_client` may still lie in `input`.
    progress consume(base::bytes_view input);

private:
    void take(char tag, base::bytes_view message);
    void take_notification(base::bytes_view message);
    void take_error(base::bytes_view message);
    void take_extended_error(base::bytes_view message, const wire::error_fields& fields);
    void take_parameter_status(base::bytes_view message);
    void take_ready_for_query(base::bytes_view message);
    void take_copy_response(char tag, base::bytes_view message);
    void take_command_complete(base::bytes_view message);
    void take_row_description(base::bytes_view message, bool no_data);
    void answered(request_kind expected, base::bytes_view message);
    void relay(base::bytes_view bytes);
    void note_plan_failure(const pending_request& request, const wire::error_fields& fields);
    void transaction_ended();
    void skip_until_sync();
    void describe_compared(const pending_request& request, description_print found);

    bool absorbing() const noexcept { return !x_.pending.empty() && x_.pending.front().injected; }

    exchange& x_;
    bool broken_ = false;
};

}  // namespace pgweir::session
