#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pgweir::session {

/// The beginning of the statement sent last in each cycle of requests (up to its ReadyForQuery) that is not answered
/// yet: what the log of slow ones tells. Reuses its strings.
class cycle_texts {
public:
    /// Of the cycle that is being sent. Keeps what fits into a log line.
    void note(std::string_view text) {
        constexpr std::size_t longest = 256;
        at(sent_).assign(text.substr(0, longest));
    }

    /// Whether nothing was noted of it yet.
    bool is_blank() noexcept { return at(sent_).empty(); }

    /// Its Query or Sync was sent: what is noted next belongs to another one.
    void cycle_sent() {
        if (++sent_ == texts_.size()) grow();
        at(sent_).clear();
    }

    /// Of the cycle whose answer comes now.
    const std::string& answered() const noexcept { return texts_[first_]; }

    void cycle_answered() noexcept {
        if (sent_ == 0) return;
        first_ = (first_ + 1) % texts_.size();
        --sent_;
    }

    /// Nothing that was sent will be answered.
    void forget_sent() noexcept {
        first_ = (first_ + sent_) % texts_.size();
        sent_ = 0;
    }

private:
    std::string& at(std::size_t cycle) noexcept { return texts_[(first_ + cycle) % texts_.size()]; }

    void grow() {
        std::vector<std::string> larger(texts_.size() * 2);
        for (std::size_t i = 0; i < texts_.size(); ++i) larger[i] = std::move(at(i));
        texts_ = std::move(larger);
        first_ = 0;
    }

    std::vector<std::string> texts_{2};
    std::size_t first_ = 0;
    std::size_t sent_ = 0;  ///< cycles behind first_ whose end was sent; the one behind them is being sent
};

}  // namespace pgweir::session
