#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace pgweir::relay {

/// A database that pgweir answers itself: the console. Asked by clients of any worker, on that worker's thread.
class virtual_database {
public:
    virtual ~virtual_database() = default;

    virtual bool serves(std::string_view database) const = 0;

    /// Runs one text. `done` gets the whole reply without ReadyForQuery; it is called on `worker`'s thread, now or
    /// later, once.
    virtual void run(std::uint32_t worker, const std::string& user, const std::string& text,
                     std::function<void(std::string)> done) = 0;
};

}  // namespace pgweir::relay
