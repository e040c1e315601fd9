#include "config/secret_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/unique_fd.hpp"
#include "config/problem.hpp"

namespace pgweir::config {

namespace {

constexpr std::size_t largest_secret = 4096;

complaint cannot_read(const std::string& path, const std::string& why) {
    return {cited(path) + " cannot be read: " + why};
}

std::string last_error() {
    return std::generic_category().message(errno);
}

}  // namespace

parsed<std::string> read_file(const std::string& path, std::size_t limit) {
    // Without O_NONBLOCK a FIFO that nobody writes to would block the start for ever.
    const base::unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) return cannot_read(path, last_error());
    struct stat about{};
    if (::fstat(file.get(), &about) != 0) return cannot_read(path, last_error());
    if (!S_ISREG(about.st_mode)) return cannot_read(path, "it is not a regular file");
    std::string content;
    std::array<char, 16384> chunk{};
    while (true) {
        const ssize_t count = ::read(file.get(), chunk.data(), chunk.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return cannot_read(path, last_error());
        if (count == 0) return content;
        content.append(chunk.data(), static_cast<std::size_t>(count));
        if (content.size() > limit) return cannot_read(path, "it is longer than " + std::to_string(limit) + " bytes");
    }
}

parsed<std::string> read_secret_file(const std::string& path, const std::string& configuration) {
    const std::filesystem::path full = std::filesystem::path(configuration).parent_path() / path;
    auto content = read_file(full.string(), largest_secret);
    if (!content) return content;
    std::string secret = *content;
    if (!secret.empty() && secret.back() == '\n') secret.pop_back();
    if (!secret.empty() && secret.back() == '\r') secret.pop_back();
    if (secret.empty()) return complaint{cited(path) + " is empty"};
    if (secret.find('\0') != std::string::npos) return complaint{cited(path) + " holds a NUL byte"};
    return secret;
}

}  // namespace pgweir::config
