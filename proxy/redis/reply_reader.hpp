#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "redis/reply.hpp"

// NOLINTBEGIN(readability-identifier-naming): hiredis's
struct redisReader;
struct redisReadTask;
// NOLINTEND(readability-identifier-naming)

namespace pgweir::redis {

/// Bytes of the server to replies. hiredis finds the boundaries; what it finds is kept here, so that a reply costs no
/// allocation for each of its elements.
class reply_reader {
public:
    /// `most_bytes`: what one reply may take.
    explicit reply_reader(std::size_t most_bytes);
    reply_reader(const reply_reader&) = delete;
    reply_reader& operator=(const reply_reader&) = delete;
    ~reply_reader();

    /// Copies them.
    void feed(base::bytes_view bytes);

    enum class step : std::uint8_t {
        wait,    ///< for more bytes
        reply,   ///< current() is the next reply
        broken,  ///< not RESP 2, too large, or nested more than seven deep: nothing can be read any more
    };
    step next();

    /// The reply that next() found. Valid until next() is called again.
    reply current() const noexcept { return reply(tree_); }

private:
    struct callbacks;
    struct close {
        void operator()(redisReader* which) const noexcept;
    };

    static constexpr std::size_t kept_bytes = std::size_t{64} * 1024;
    /// A reply of many small values takes more memory here than on the wire.
    static constexpr std::size_t most_nodes = 1'000'000;

    reply_tree::node* add(reply_type type);
    bool add_text(const redisReadTask& task, const char* text, std::size_t length);
    void start_reply() noexcept;
    void measure_arrays() noexcept;

    std::unique_ptr<redisReader, close> reader_;
    std::size_t most_bytes_;
    reply_tree tree_;
    std::size_t arrays_ = 0;  ///< in the tree
    bool complete_ = true;    ///< the tree holds a reply that was handed out
    bool broken_ = false;
};

}  // namespace pgweir::redis
