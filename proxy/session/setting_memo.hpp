#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/shared_counter.hpp"

namespace pgweir::session {

/// What SET came to on a server of the pool, so that the same need not be asked again: see setting_flow. Of one
/// worker, and bounded.
class setting_memo {
public:
    struct change {
        std::string name;  ///< in lower case
        std::string value;
        bool reported = false;  ///< by ParameterStatus
    };
    struct outcome {
        std::string reply;  ///< all messages but those of the protocol around them
        std::vector<change> changes;
    };

    /// `servers` grows when servers may be others than before. Outlives the memo.
    explicit setting_memo(const base::shared_counter& servers) noexcept : servers_(&servers) {}

    std::uint64_t epoch() const noexcept { return servers_->get(); }

    /// Null: not known. Good until the next call.
    const outcome* find(std::string_view question) {
        forget_others();
        const auto found = known_.find(question);
        return found == known_.end() ? nullptr : &found->second;
    }

    /// `since`: epoch() before the server was asked.
    void learn(std::string question, outcome what, std::uint64_t since) {
        forget_others();
        if (since != epoch_) return;
        // Whoever makes up texts costs others a question to the server, and no memory.
        if (known_.size() >= most) known_.clear();
        known_.insert_or_assign(std::move(question), std::move(what));
    }

private:
    static constexpr std::size_t most = 512;

    void forget_others() {
        if (epoch_ == epoch()) return;
        known_.clear();
        epoch_ = epoch();
    }

    const base::shared_counter* servers_;
    std::uint64_t epoch_ = 0;
    std::map<std::string, outcome, std::less<>> known_;
};

}  // namespace pgweir::session
