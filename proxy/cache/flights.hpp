#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/entry.hpp"

namespace pgweir::cache {

/// Statements that are executed for the cache now, each by one client, and who waits for their replies. A client may
/// join only while the stamps are what they were when the flight began: what was acknowledged before it came is in the
/// reply then.
class flights {
public:
    using flight_id = std::uint64_t;  ///< 0: none
    using client_id = std::uint64_t;

    struct moment {
        std::uint64_t turn;  ///< result_cache's
        base::time_point at;
    };
    struct flight {
        flight_id id = 0;
        std::string key;
        std::vector<dependency> depends_on;
        moment began{};
        bool superseded = false;  ///< its reply is not to be kept
    };

    /// nullptr when nobody executes this.
    const flight* find(std::string_view key) const;
    /// Requires that there is none with this key.
    flight_id begin(std::string_view key, std::vector<dependency> depends_on, moment now = moment());
    /// Requires that nothing that it depends on has changed since.
    void join(flight_id which, client_id who) { waits_[who] = which; }
    /// Whoever executes this now does it for themselves and those who wait already.
    void supersede(std::string_view key);
    /// The flight ends; `waiters` are to ask again. Null when it has been ended by end_all().
    std::unique_ptr<flight> end(flight_id which, std::vector<client_id>& waiters);
    void end_all(std::vector<client_id>& waiters);
    /// It no longer waits.
    void leave(client_id who) { waits_.erase(who); }
    std::size_t size() const noexcept { return by_id_.size(); }
    std::size_t waiting() const noexcept { return waits_.size(); }

private:
    std::unordered_map<flight_id, std::unique_ptr<flight>> by_id_;
    std::unordered_map<std::string_view, flight*> by_key_;  // keys are the flights' own
    std::unordered_map<client_id, flight_id> waits_;
    flight_id last_ = 0;
};

}  // namespace pgweir::cache
