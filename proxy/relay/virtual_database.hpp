#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace pgweir::relay {

/// What somebody may do on the console.
enum class console_access : std::uint8_t {
    none,
    look,    ///< commands that change nothing
    change,  ///< all commands
};

/// Somebody on the console. A reload changes the access of those who come later.
struct console_user {
    std::string name;
    console_access access = console_access::none;
};

/// A database that pgweir answers itself: the console. Asked by clients of any worker, on that worker's thread.
class virtual_database {
public:
    virtual ~virtual_database() = default;

    virtual bool serves(std::string_view database) const = 0;

    /// Runs one text, if `user` may. `done` gets the whole reply without ReadyForQuery; it is called on `worker`'s
    /// thread, now or later, once.
    virtual void run(std::uint32_t worker, const console_user& user, const std::string& text,
                     std::function<void(std::string)> done) = 0;
};

}  // namespace pgweir::relay
