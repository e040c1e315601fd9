#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "session/server_state.hpp"

namespace pgweir::session {

/// A question of our own, on a server that no client has: one simple query whose answer is a few rows. It must change
/// nothing of the session. Knows no socket.
class inquiry {
public:
    using row = std::vector<std::optional<std::string>>;

    /// A longer answer is not one to a question of ours.
    static constexpr std::size_t most_rows = 100000;

    /// `server` is lent for as long as this lives.
    explicit inquiry(server_state& server) : server_(&server) {}

    /// Appends what has to be sent. Once.
    void start(std::string_view sql, std::string& out);

    enum class step : std::uint8_t {
        wait,      ///< for more bytes
        answered,  ///< rows() is complete; the server is as it was
        refused,   ///< the query failed; the server is as it was
        broken,    ///< the server is in no known state
    };
    step receive(base::bytes_view input, std::size_t& consumed);

    const std::vector<row>& rows() const noexcept { return rows_; }

private:
    step take(char tag, base::bytes_view body);
    step take_row(base::bytes_view body);

    server_state* server_;
    std::vector<row> rows_;
    bool failed_ = false;
};

}  // namespace pgweir::session
