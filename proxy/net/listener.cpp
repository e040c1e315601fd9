#include "net/listener.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "net/address.hpp"
#include "net/connect.hpp"
#include "net/error.hpp"

namespace pgweir::net {
namespace {

/// The kernel takes less if net.core.somaxconn says so. Large, because after a restart all clients come at once.
constexpr int backlog = 4096;

[[noreturn]] void fail(int number, const std::string& what) {
    throw std::system_error(number, std::system_category(), what);
}

base::unique_fd new_socket(const socket_address& where) {
    return base::unique_fd(::socket(where.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

std::vector<socket_address> addresses_of(const listen_address& where) {
    addrinfo hints{};
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const char* host = where.host == "*" ? nullptr : where.host.c_str();
    const int error = ::getaddrinfo(host, std::to_string(where.port).c_str(), &hints, &found);
    if (error != 0)
        throw std::system_error(error_code::name_not_resolved,
                                "listen address " + where.host + ": " + gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);

    std::vector<socket_address> addresses;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        const socket_address address(each->ai_addr, each->ai_addrlen);
        // `localhost` often stands twice in /etc/hosts.
        if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.push_back(address);
    }
    return addresses;
}

/// 0, or the errno of what failed.
int bind_tcp(int fd, const socket_address& where) noexcept {
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    // So that 0.0.0.0 and [::] can be listened on with the same port, and a peer has one form of address.
    if (where.family() == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    // An accepted socket has the options of the one that listens (tcp(7)): five system calls less for each client.
    tune_stream(fd, where);
    if (::bind(fd, where.native(), where.size()) != 0 || ::listen(fd, backlog) != 0) return errno;
    return 0;
}

std::vector<listener> open_tcp(const listen_address& asked) {
    listen_address where = asked;
    std::vector<listener> opened;
    std::pair<int, std::string> missing;
    for (const socket_address& each : addresses_of(where)) {
        // What port 0 became for the first address holds for the others.
        const socket_address address =
            where.port == asked.port ? each : *socket_address::parse(each.host(), where.port);
        base::unique_fd fd = new_socket(address);
        const int error = fd ? bind_tcp(fd.get(), address) : errno;
        if (error == EAFNOSUPPORT || error == EADDRNOTAVAIL) {
            // IPv6 switched off is no reason not to serve the IPv4 address of the same name.
            missing = {error, address.to_string()};
            continue;
        }
        if (error != 0) fail(error, "cannot listen on " + address.to_string());
        where.port = socket_address::local_of(fd.get()).port();
        opened.emplace_back(std::move(fd));
    }
    if (opened.empty()) fail(missing.first, "cannot listen on " + missing.second);
    return opened;
}

/// Whether somebody still listens at the file that is in the way.
bool is_abandoned(const socket_address& where) {
    // What is no socket refuses a connection as well, and is somebody's file.
    struct stat status{};
    if (::lstat(where.host().c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
    const base::unique_fd probe = new_socket(where);
    return probe && ::connect(probe.get(), where.native(), where.size()) != 0 && errno == ECONNREFUSED;
}

}  // namespace

listener::listener(base::unique_fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {
    struct stat status{};
    if (::stat(path_.c_str(), &status) != 0) fail(errno, path_);
    device_ = status.st_dev;
    inode_ = status.st_ino;
}

listener& listener::operator=(listener&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::move(other.fd_);
        path_ = std::move(other.path_);
        device_ = other.device_;
        inode_ = other.inode_;
    }
    return *this;
}

void listener::close() noexcept {
    if (!fd_) return;
    // First the file: who finds it must find somebody behind it.
    struct stat status{};
    if (!path_.empty() && ::stat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_)
        ::unlink(path_.c_str());
    fd_.reset();
}

listener open_unix_listener(const std::string& path, mode_t mode) {
    const auto address = socket_address::unix_path(path);
    if (!address) throw std::system_error(address.error(), "listen address " + path);
    base::unique_fd fd = new_socket(*address);
    if (!fd) fail(errno, "cannot listen on " + path);

    int error = ::bind(fd.get(), address->native(), address->size()) == 0 ? 0 : errno;
    // A process that was killed leaves its file behind.
    if (error == EADDRINUSE && is_abandoned(*address) && ::unlink(path.c_str()) == 0)
        error = ::bind(fd.get(), address->native(), address->size()) == 0 ? 0 : errno;
    if (error != 0) fail(error, "cannot listen on " + path);

    listener result(std::move(fd), path);
    // In this order: until it listens nobody is let in, whatever the umask made of the mode.
    if (::chmod(path.c_str(), mode) != 0 || ::listen(result.fd(), backlog) != 0)
        fail(errno, "cannot listen on " + path);
    return result;
}

std::vector<listener> open_listeners(const listen_address& where) {
    if (!where.is_unix()) return open_tcp(where);
    // As PostgreSQL's unix_socket_permissions: who may come in is decided by the login.
    constexpr mode_t open_to_all = 0777;
    std::vector<listener> only;
    only.push_back(open_unix_listener(unix_socket_path(where.host, where.port), open_to_all));
    return only;
}

}  // namespace pgweir::net
