#include "session/cache_capture.hpp"

#include <string>
#include <utility>

#include "wire/backend.hpp"
#include "wire/frame.hpp"

namespace pgweir::session {

namespace {

bool counts_rows(base::bytes_view command_complete, std::uint64_t rows) {
    const auto tag = wire::decode_command_complete(command_complete.substr(wire::header_size));
    return tag && *tag == "SELECT " + std::to_string(rows);
}

// Of a reply that is larger than `most` the cache is told so much that it can see it, and no more.
void append_row_bytes(cache_fill& fill, base::bytes_view bytes, std::size_t most) {
    if (!fill.spoiled && fill.reply.rows.size() <= most) fill.reply.rows.append(bytes);
}

// All rows are here, but the server is not ready. A batch may go on with other statements, whose answers have nothing to
// do with it; that it could not be committed has.
void look_behind(cache_fill& fill, char tag, const pending_request& request) {
    const bool unusual = tag == 'N' || tag == 'S' || (tag == 'E' && ends_cycle(request.kind)) ||
                         (request.fills && tag != 'A' && tag != 'Z');
    fill.spoiled = fill.spoiled || unusual;
}

}  // namespace

void capture(exchange& x, char tag, base::bytes_view message) {
    if (x.pending.empty()) return;
    cache_fill& fill = x.fill;
    if (fill.is == cache_fill::state::complete) return look_behind(fill, tag, x.pending.front());
    if (!x.pending.front().fills) return;
    switch (tag) {
        case 'T': fill.reply.description = message; break;
        case 'D':
            ++fill.reply.row_count;
            append_row_bytes(fill, message, x.cache->largest_reply());
            break;
        case 'C':
        case 's':  // as many as were wanted
            fill.spoiled =
                fill.spoiled || (tag == 'C' ? !counts_rows(message, fill.reply.row_count)
                                            : fill.reply.row_count != static_cast<std::uint64_t>(fill.max_rows));
            append_row_bytes(fill, message, x.cache->largest_reply());
            fill.reply.took = x.now - fill.began;
            fill.is = cache_fill::state::complete;
            break;
        case 'A':
        case 'E':
        case 'Z': break;
        default: fill.spoiled = true; break;  // a notice, a changed setting, COPY
    }
}

void capture_more(exchange& x, base::bytes_view part) {
    if (x.pending.empty() || !x.pending.front().fills) return;
    append_row_bytes(x.fill, part, x.cache->largest_reply());
}

void finish_fill(exchange& x, char status) {
    const bool ours = x.fill.is == cache_fill::state::complete || x.pending.front().fills;
    if (!ours) return;
    if (x.fill.is != cache_fill::state::complete || x.fill.spoiled || status == 'E') return drop_fill(x);
    cache_fill done = std::exchange(x.fill, {});
    if (!done.audits) x.counters->cache_requests[metrics::cache_result::miss].add();
    done.reply.asked = done.asked;
    x.cache->filled(std::move(done.reply), x.now);
}

void drop_fill(exchange& x) {
    if (x.fill.is == cache_fill::state::none) return;
    x.fill = {};
    x.cache->not_filled();
}

}  // namespace pgweir::session
