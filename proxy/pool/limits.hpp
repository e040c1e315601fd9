#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/result.hpp"
#include "pool/error.hpp"

namespace pgweir::pool {

class client_limits;

/// A client's place under the limits; gives it back when destroyed, which needs the same lock as client_limits.
class admission {
public:
    admission() = default;
    admission(admission&& other) noexcept;
    admission& operator=(admission&& other) noexcept;
    ~admission() { release(); }

    /// False for a default-constructed or moved-from one.
    explicit operator bool() const noexcept { return owner_ != nullptr; }

    void release() noexcept;

private:
    friend class client_limits;
    using entry = std::pair<const std::string, std::uint32_t>;

    client_limits* owner_ = nullptr;
    std::array<entry*, 3> entries_{};
};

/// Counts of clients: of the process, and for each database in total, by user and by address. Bounded by the number of
/// clients: a name whose count falls to zero is forgotten. Outlives its admissions; all calls under the shell's lock.
class client_limits {
public:
    /// A value of 0 is no limit.
    struct ceilings {
        std::uint32_t database = 0;
        std::uint32_t user = 0;
        std::uint32_t address = 0;
    };

    client_limits() = default;
    client_limits(const client_limits&) = delete;
    client_limits& operator=(const client_limits&) = delete;

    /// A connection was accepted. Counts logins in progress too, so that a login storm cannot pass the limit.
    /// `most` 0 is no limit. Fails with error_code::too_many_clients.
    base::result<admission> connect(std::uint32_t most);

    /// The startup packet was read. `address` without port; empty (a unix socket) is not limited. Fails with the
    /// error_code that names the limit, the database's first, then the user's, then the address's; then nothing is
    /// counted.
    base::result<admission> login(std::string_view database, std::string_view user, std::string_view address,
                                  const ceilings& most);

    std::uint32_t connections() const;
    std::uint32_t clients_of(std::string_view database) const;
    std::uint32_t clients_of(std::string_view database, std::string_view user) const;

    /// How many names are kept; 0 at rest.
    std::size_t names() const noexcept { return counts_.size(); }

private:
    friend class admission;

    std::uint32_t count(const std::string& key) const;
    admission::entry* enter(const std::string& key);
    void forget(admission::entry* used) noexcept;

    std::unordered_map<std::string, std::uint32_t> counts_;
};

}  // namespace pgweir::pool
