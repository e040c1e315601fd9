#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.hpp"
#include "net/listen_address.hpp"

namespace pgweir::net {

/// A listening socket; removes its file at the end if it is a unix socket.
class listener {
public:
    listener() = default;
    explicit listener(base::unique_fd fd) noexcept : fd_(std::move(fd)) {}
    /// `path` is the file that `fd` was just bound to.
    listener(base::unique_fd fd, std::string path);
    listener(listener&&) noexcept = default;
    listener& operator=(listener&&) noexcept;
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    ~listener() { close(); }

    int fd() const noexcept { return fd_.get(); }
    bool is_open() const noexcept { return static_cast<bool>(fd_); }
    void close() noexcept;

private:
    base::unique_fd fd_;
    std::string path_;
    /// Which file it was: after a takeover by another process the path names another socket, which must stay.
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

/// Binds the file `path`, which nobody may connect to whom `mode` does not let write; takes the place of a socket that a
/// process which was killed has left behind. Non-blocking. Throws std::system_error.
listener open_unix_listener(const std::string& path, mode_t mode);

/// Binds every address of `where`, at least one; the same port for all. Non-blocking. Throws std::system_error.
std::vector<listener> open_listeners(const listen_address& where);

}  // namespace pgweir::net
