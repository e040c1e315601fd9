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

void append_row_bytes(cache_fill& fill, base::bytes_view bytes, std::size_t most) {
    if (fill.spoiled) return;
    if (fill.reply.rows.size() + bytes.size() > most) {
        // The cache is told how large it has become, no more.
        fill.reply.rows.append(most, '\0');
        fill.spoiled = true;
        return;
    }
    fill.reply.rows.append(bytes);
}

}  // namespace

void capture(exchange& x, char tag, base::bytes_view message) {
    if (x.pending.empty() || !x.pending.front().fills) return;
    cache_fill& fill = x.fill;
    switch (tag) {
        case 'T': fill.reply.description = message; break;
        case 'D':
            ++fill.reply.row_count;
            append_row_bytes(fill, message, x.cache->largest_reply());
            break;
        case 'C':
            fill.spoiled = fill.spoiled || !counts_rows(message, fill.reply.row_count);
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
    x.counters->cache_requests[metrics::cache_result::miss].add();
    x.cache->filled(std::move(done.reply), x.now);
}

void drop_fill(exchange& x) {
    if (x.fill.is == cache_fill::state::none) return;
    x.fill = {};
    x.cache->not_filled();
}

}  // namespace pgweir::session
