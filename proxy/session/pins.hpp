#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "metrics/pin_reason.hpp"

namespace pgweir::session {

/// Why a session keeps its server between transactions.
class pin_set {
public:
    bool any() const noexcept { return bits_ != 0; }

    /// True when it was not pinned for this reason yet.
    bool add(metrics::pin_reason reason) noexcept {
        const std::uint32_t bit = std::uint32_t{1} << static_cast<unsigned>(reason);
        const bool fresh = (bits_ & bit) == 0;
        bits_ |= bit;
        return fresh;
    }

    bool has(metrics::pin_reason reason) const noexcept { return (bits_ >> static_cast<unsigned>(reason) & 1U) != 0; }

    void remove(metrics::pin_reason reason) noexcept { bits_ &= ~(std::uint32_t{1} << static_cast<unsigned>(reason)); }

    void add(const pin_set& more) noexcept { bits_ |= more.bits_; }

    /// Those of which `keep` says so stay.
    template <class Predicate>
    void filter(Predicate&& keep) {
        for (std::size_t i = 0; i < metrics::enum_size<metrics::pin_reason>; ++i) {
            if (!keep(static_cast<metrics::pin_reason>(i))) bits_ &= ~(std::uint32_t{1} << i);
        }
    }

    /// Calls `look` for each that is not among `known`.
    template <class Function>
    void for_each_beyond(const pin_set& known, Function&& look) const {
        for (std::size_t i = 0; i < metrics::enum_size<metrics::pin_reason>; ++i) {
            const auto reason = static_cast<metrics::pin_reason>(i);
            if (has(reason) && !known.has(reason)) look(reason);
        }
    }

    /// DISCARD ALL ends all of these, but not what it does not know.
    void discard() noexcept {
        std::uint32_t kept = 0;
        for (const auto reason : {metrics::pin_reason::setseed, metrics::pin_reason::load, metrics::pin_reason::other})
            kept |= std::uint32_t{1} << static_cast<unsigned>(reason);
        bits_ &= kept;
    }

    /// The reasons, separated by commas.
    std::string names() const {
        std::string all;
        for (std::size_t i = 0; i < metrics::enum_size<metrics::pin_reason>; ++i) {
            if (!has(static_cast<metrics::pin_reason>(i))) continue;
            if (!all.empty()) all += ',';
            all += metrics::name_of(static_cast<metrics::pin_reason>(i));
        }
        return all;
    }

private:
    std::uint32_t bits_ = 0;
};

}  // namespace pgweir::session
