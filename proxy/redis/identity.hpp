#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pgweir::redis {

/// Which data a connection talks to: one process of Redis and one history of what is in it. Another one after a
/// restart, a failover, and when a primary became one anew: nothing that was remembered from before may be believed.
///
/// Redis also begins a new history, with the same data, when it releases its replication backlog (repl-backlog-ttl,
/// by default an hour after its last replica has left): two epochs that differ may be of the same data, and pgweirs
/// that connected before and after it have different ones until the next check.
struct epoch {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    bool operator==(const epoch&) const = default;

    /// 32 hexadecimal digits.
    std::string to_string() const;
};

epoch make_epoch(std::string_view run_id, std::string_view replication_id);

/// What a server tells of itself by INFO, as far as it was read.
struct server_identity {
    std::string run_id;
    std::string replication_id;  ///< master_replid
    std::string role;            ///< `master` or `slave`, in Redis's words
    std::string mode;            ///< `standalone`, `cluster` or `sentinel`
    std::string version;
    std::string eviction_policy;  ///< maxmemory_policy; empty when the user may not know

    redis::epoch epoch() const { return make_epoch(run_id, replication_id); }
    bool is_primary() const noexcept { return role == "master"; }

    /// Takes over what the text of an INFO, of any sections, says.
    void read(std::string_view info);
};

}  // namespace pgweir::redis
