#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/reactor.hpp"
#include "redis/counters.hpp"
#include "redis/key_set.hpp"
#include "redis/link.hpp"

namespace pgweir::redis {

/// Look-ups of keys by many clients of one worker: all that are made in one tick share one MGET, which is sent at the
/// end of the tick. So the values are no older than that, and show what was sent over the link in the same tick. Belongs
/// to the reactor's thread.
class lookup_batch final : net::deferred {
public:
    /// One for each key, in their order; nothing for a key that is not there or is no string. Valid inside the call.
    using values = std::span<const std::optional<std::string_view>>;
    /// Must not throw. Two words of captures fit into it without an allocation.
    using callback = std::function<void(const base::result<values>&)>;

    /// To be destroyed together with `store`, or when that has been stopped.
    lookup_batch(net::reactor& host, link& store) : reactor_(host), store_(store) {}
    lookup_batch(const lookup_batch&) = delete;
    lookup_batch& operator=(const lookup_batch&) = delete;

    /// `keys`, at least one, are copied. `done` is called once, never from inside this call: with the values, with an
    /// error_code of the link, or with command_refused. It may call fetch() and what link::send() allows.
    void fetch(std::span<const std::string_view> keys, callback done);

    const lookup_counters& counters() const noexcept { return counters_; }

private:
    struct lookup {
        std::size_t keys;  ///< so many entries of flight::wanted, behind those of the look-up before
        callback done;
    };

    /// Look-ups that share one MGET.
    struct flight {
        key_set keys;
        std::vector<std::uint32_t> wanted;  ///< indexes into `keys`
        std::vector<lookup> lookups;
    };

    void run() override;
    void answered(flight& which, const answer& told);
    std::error_code read_values(const flight& which, const answer& told);
    void tell(flight& which, std::error_code failure);
    std::unique_ptr<flight> take_spare();

    net::reactor& reactor_;
    link& store_;
    std::unique_ptr<flight> gathering_;
    std::vector<std::unique_ptr<flight>> in_flight_;
    std::vector<std::unique_ptr<flight>> spare_;
    std::vector<std::string_view> words_;
    std::vector<std::optional<std::string_view>> found_;  ///< for each of a flight's keys
    std::vector<std::optional<std::string_view>> told_;  ///< for each key of one look-up
    lookup_counters counters_;
};

}  // namespace pgweir::redis
