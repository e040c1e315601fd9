#include "session/sequences.hpp"

#include <string_view>

#include "session/effects.hpp"
#include "wire/frontend.hpp"

namespace pgweir::session {

namespace {

using sql::effect;

constexpr effect may_draw = effect::draws | effect::do_block | effect::call | effect::execute | effect::copy;
constexpr std::string_view forget = "DISCARD SEQUENCES";
constexpr std::string_view own_name = "pgweir_sequences";  ///< of a statement and a portal, both closed at once

}  // namespace

void guard_sequences(exchange& x, effect flags, bool in_batch) {
    if (!x.rewrites) return;
    const bool asks = sql::has(flags, effect::lastval_currval);
    if (asks && !x.own_sequences) {
        std::string& out = x.to_server.own();
        if (!in_batch && !x.unsynced) {
            wire::append_query(out, forget);
            x.push(request_kind::query).injected = true;
        } else {
            wire::append_parse(out, own_name, forget, {});
            x.push(request_kind::parse).injected = true;
            wire::append_bind(out, {own_name, own_name, {}, {}, {}});
            x.push(request_kind::bind).injected = true;
            wire::append_execute(out, own_name, 0);
            x.push(request_kind::execute).injected = true;
            wire::append_close(out, 'S', own_name);
            x.push(request_kind::close).injected = true;
            x.unsynced = true;
        }
        x.server->unnamed_client = in_batch ? x.server->unnamed_client : 0;
    }
    x.own_sequences = x.own_sequences || asks || sql::has(flags, may_draw);
    if (x.asks_sequences && sql::has(flags, effect::draws)) pin(x, metrics::pin_reason::sequence);
}

}  // namespace pgweir::session
