#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "session/cache_verdict.hpp"

namespace pgweir::session {

/// The statement sent last in each cycle of requests (up to its ReadyForQuery) that is not answered yet: what the log of
/// slow ones tells. Reuses its strings.
class cycle_texts {
public:
    struct statement {
        std::string text;  ///< as much of it as fits into a log line
        cache_verdict cache;
    };

    /// Of the cycle that is being sent.
    void note(std::string_view text, const cache_verdict& cache) {
        constexpr std::size_t longest = 256;
        at(sent_).text.assign(text.substr(0, longest));
        at(sent_).cache = cache;
    }

    /// Whether nothing was noted of it yet.
    bool is_blank() noexcept { return at(sent_).text.empty(); }

    /// Its Query or Sync was sent: what is noted next belongs to another one.
    void cycle_sent() {
        if (++sent_ == texts_.size()) grow();
        at(sent_).text.clear();
    }

    /// Of the cycle whose answer comes now.
    const statement& answered() const noexcept { return texts_[first_]; }

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
    statement& at(std::size_t cycle) noexcept { return texts_[(first_ + cycle) % texts_.size()]; }

    void grow() {
        std::vector<statement> larger(texts_.size() * 2);
        for (std::size_t i = 0; i < texts_.size(); ++i) larger[i] = std::move(at(i));
        texts_ = std::move(larger);
        first_ = 0;
    }

    std::vector<statement> texts_{2};
    std::size_t first_ = 0;
    std::size_t sent_ = 0;  ///< cycles behind first_ whose end was sent; the one behind them is being sent
};

}  // namespace pgweir::session
