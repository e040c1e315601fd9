#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "session/exchange.hpp"

namespace pgweir::session {

/// SET without a server, when one has executed the same text for a session that had the same values of the
/// settings in it: then what is answered is known to the byte, and what the session is from then on. The next server that
/// is lent is brought to that as to any other state.
class setting_flow {
public:
    explicit setting_flow(exchange& shared) : x_(shared) {}

    /// Whether the text was answered here. Requires that there is no server.
    bool take_query(std::string_view text);

    /// `input` begins with Parse. True when it and all up to Sync were answered; `taken`: their bytes. If not, what comes
    /// of them may be learned.
    bool take_batch(base::bytes_view input, std::size_t& taken);

    /// A text is about to be forwarded: what comes of it may be learned.
    void observe(std::string_view text);

private:
    bool knows_all() const;
    const setting_memo::outcome* known(std::string_view text);
    bool write_question(std::string_view text);
    void apply(const setting_memo::outcome& what);

    exchange& x_;
    std::string question_;
};

}  // namespace pgweir::session
