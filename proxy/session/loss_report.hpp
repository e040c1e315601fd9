#pragma once

#include <cstddef>
#include <vector>

#include "session/exchange.hpp"

namespace pgweir::session {

/// What a client is told when its server was lost and its session lives on: an error for each request under way, as if
/// the server had failed them one after the other, and with what transaction status it goes on.
class loss_report {
public:
    /// `in_block`: the server was in a transaction block.
    loss_report(exchange& shared, const failure& why, bool in_block) : x_(shared), why_(why), in_block_(in_block) {}

    /// Answers and takes away all that is pending.
    void tell();

private:
    void tell_of_block_alone();
    void answer(std::size_t index);
    void begin(std::size_t index, bool completed);
    void fail(const pending_request& request);

    exchange& x_;
    const failure& why_;
    bool in_block_;
    bool skipping_ = false;  ///< behind an error in the extended protocol, up to Sync
    std::vector<std::size_t> undone_;
};

}  // namespace pgweir::session
