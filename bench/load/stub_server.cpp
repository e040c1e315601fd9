// A server that does nothing but answer, so that the proxy in front of it is what limits.
//
// One thread. Every login is let in. A simple query returns one row of four texts, which is what a pooler wants to
// know when it opens a connection, whatever was asked; an execution returns one row of one byte.

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "load/frames.hpp"
#include "readiness/epoll_set.hpp"
#include "readiness/sockets.hpp"

namespace pgweir::bench {
namespace {

/// What is sent for each message of the client; built once.
struct answers {
    answers() {
        const std::vector<std::string_view> values = {"\"$user\", public", "none", "read committed", "f"};
        std::string description(1, '\0');
        std::string row(1, '\0');
        description.push_back(static_cast<char>(values.size()));
        row.push_back(static_cast<char>(values.size()));
        for (const std::string_view value : values) {
            description += std::string("c\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0", 20);
            append_uint32(row, static_cast<std::uint32_t>(value.size()));
            row += value;
        }
        ready = message('Z', "I");
        described = message('T', description);
        const std::string complete = message('C', {"SELECT 1", 9});
        executed = message('D', {"\0\1\0\0\0\1\61", 7}) + complete;
        query = described + message('D', row) + complete + ready;
        login = message('R', {"\0\0\0\0", 4});
        for (const auto& [name, value] : parameters) {
            login += message('S', std::string(name) + '\0' + std::string(value) + '\0');
        }
        login += message('K', {"\0\0\0\1\0\0\0\1", 8}) + ready;
    }

    static constexpr std::pair<std::string_view, std::string_view> parameters[] = {
        {"application_name", ""},
        {"client_encoding", "UTF8"},
        {"DateStyle", "ISO, MDY"},
        {"default_transaction_read_only", "off"},
        {"in_hot_standby", "off"},
        {"integer_datetimes", "on"},
        {"IntervalStyle", "postgres"},
        {"is_superuser", "on"},
        {"server_encoding", "UTF8"},
        {"server_version", "15.0"},
        {"session_authorization", "postgres"},
        {"standard_conforming_strings", "on"},
        {"TimeZone", "UTC"},
    };

    std::string login, query, ready, described, executed;
    std::string parsed = message('1', {});
    std::string bound = message('2', {});
    std::string closed = message('3', {});
};

class stub;

class connection final : watcher {
public:
    connection(stub& owner, base::unique_fd socket);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection();

private:
    void on_ready(std::uint32_t events) override;
    void on_bytes(std::string_view bytes);
    void on_message(char tag);
    /// True once the startup packet, and nothing else, has been taken off the front.
    bool take_startup(std::string_view& bytes);
    void flush();

    stub& owner_;
    base::unique_fd socket_;
    tag_reader reader_;
    std::string startup_;
    std::string out_;
    bool started_ = false;
    bool ended_ = false;
};

class stub final : watcher {
public:
    explicit stub(std::uint16_t port) : listener_(listen_on(port)) { set_.add(listener_.get(), *this); }

    [[noreturn]] void run() {
        for (;;) set_.dispatch(-1);
    }

    void forget(int fd) { connections_.erase(fd); }

    epoll_set& set() noexcept { return set_; }
    const answers& texts() const noexcept { return texts_; }
    std::vector<char>& scratch() noexcept { return scratch_; }

private:
    void on_ready(std::uint32_t) override {
        while (base::unique_fd client = accept_client(listener_.get())) {
            const int fd = client.get();
            connections_.emplace(fd, std::make_unique<connection>(*this, std::move(client)));
        }
    }

    epoll_set set_;
    base::unique_fd listener_;
    answers texts_;
    std::vector<char> scratch_ = std::vector<char>(scratch_size);
    std::unordered_map<int, std::unique_ptr<connection>> connections_;
};

connection::connection(stub& owner, base::unique_fd socket) : owner_(owner), socket_(std::move(socket)) {
    owner_.set().add(socket_.get(), *this);
}

connection::~connection() {
    owner_.set().remove(socket_.get(), *this);
}

void connection::on_ready(std::uint32_t events) {
    for (;;) {
        std::vector<char>& scratch = owner_.scratch();
        const ssize_t got = ::recv(socket_.get(), scratch.data(), scratch.size(), 0);
        if (got < 0 && errno == EAGAIN) break;
        if (got <= 0) ended_ = true;
        if (ended_) return owner_.forget(socket_.get());
        on_bytes({scratch.data(), static_cast<std::size_t>(got)});
        // A short read has emptied the socket; but no further edge comes for an end that came with these bytes.
        if (static_cast<std::size_t>(got) < scratch.size() && (events & EPOLLRDHUP) == 0) break;
    }
    flush();
}

bool connection::take_startup(std::string_view& bytes) {
    startup_ += bytes;
    bytes = {};
    while (startup_.size() >= 8) {
        const std::uint32_t length = load_uint32(startup_.data());
        if (startup_.size() < length) return false;
        const std::uint32_t code = load_uint32(startup_.data() + 4);
        startup_.clear();
        if (code >> 16 == 3) return true;
        out_ += 'N';  // SSLRequest, GSSENCRequest
    }
    return false;
}

void connection::on_bytes(std::string_view bytes) {
    if (!started_) {
        if (!take_startup(bytes)) return;
        started_ = true;
        out_ += owner_.texts().login;
    }
    reader_.read(bytes, [this](char tag) { on_message(tag); });
}

void connection::on_message(char tag) {
    const answers& texts = owner_.texts();
    switch (tag) {
        case 'Q': out_ += texts.query; break;
        case 'P': out_ += texts.parsed; break;
        case 'B': out_ += texts.bound; break;
        case 'D': out_ += texts.described; break;
        case 'E': out_ += texts.executed; break;
        case 'C': out_ += texts.closed; break;
        case 'S': out_ += texts.ready; break;
        case 'X': ended_ = true; break;
        default: break;
    }
}

void connection::flush() {
    while (!out_.empty()) {
        const ssize_t sent = ::send(socket_.get(), out_.data(), out_.size(), MSG_NOSIGNAL);
        if (sent < 0) return;  // the next edge, writable or hung up, comes back here
        out_.erase(0, static_cast<std::size_t>(sent));
    }
}

}  // namespace
}  // namespace pgweir::bench

int main(int argc, char** argv) {
    using namespace pgweir::bench;
    const std::uint16_t port = argc == 2 ? parse_port(argv[1]) : std::uint16_t{0};
    if (port == 0) {
        std::fprintf(stderr, "usage: %s LISTEN_PORT\n", argv[0]);
        return 2;
    }
    stub(port).run();
}
