#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "metrics/cache_labels.hpp"
#include "session/cache_key.hpp"
#include "session/exchange.hpp"

namespace pgweir::session {

/// Reads that the result cache may answer in place of a server: in the simple protocol a Query, in the extended one
/// Bind, Describe and Execute of the unnamed portal as a whole, with the Parse of an unnamed statement in front of them.
class cache_flow {
public:
    explicit cache_flow(exchange& shared) : x_(shared) {}

    enum class verdict : std::uint8_t {
        pass,  ///< it goes to a server
        answered,  ///< here
        wait,  ///< it stays in the input until the cache has moved
    };

    verdict take_query(std::string_view text);

    /// `input` begins with a whole Parse or Bind. `taken`: the bytes of what was answered.
    verdict take_batch(base::bytes_view input, std::size_t& taken);

    /// A message was taken, whatever became of it.
    void moved_behind(char tag) {
        if (tag == 'P') return;
        asked_ = false;
        x_.asked_cache = {};
        if (x_.fill.is != cache_fill::state::none) end_unused_fill(tag);
    }

private:
    struct batch;

    std::optional<metrics::cache_bypass> why_not() const;
    bool is_worth_asking(std::string_view text) const;
    bool block_allows() const;
    bool all_pending_are_reads() const;
    /// Each takes what it has read off `rest`.
    std::optional<metrics::cache_bypass> find_statement(base::bytes_view& rest, batch& found) const;
    std::optional<metrics::cache_bypass> find_execution(base::bytes_view& rest, batch& found) const;
    bool find_named(batch& found) const;
    bool find_unnamed(batch& found) const;
    bool is_described_now(std::uint64_t& at) const;
    verdict look(cache_question& what, cache_answer& found);
    void read_hint(cache_question& what);
    void note_slow_wait(std::string_view text);
    verdict pass();
    verdict not_served();
    verdict bypass(metrics::cache_bypass why);
    void count_bypass(metrics::cache_bypass why);
    void end_unused_fill(char tag);
    std::string_view make_key(cache_key parts, std::string_view text);

    exchange& x_;
    std::string key_;
    bool asked_ = false;  ///< the next message goes to a server, or belongs to such a batch
};

}  // namespace pgweir::session
