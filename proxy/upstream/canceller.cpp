#include "upstream/canceller.hpp"

#include <array>
#include <chrono>
#include <utility>

#include "net/connect.hpp"
#include "net/transport.hpp"
#include "wire/startup.hpp"

namespace pgweir::upstream {

namespace {

constexpr base::duration patience = std::chrono::seconds(10);

}  // namespace

class canceller::request final : net::event_handler, net::deadline_handler {
public:
    request(canceller& owner, std::uint64_t id, std::string message, callback done)
        : owner_(owner), id_(id), message_(std::move(message)), done_(std::move(done)), deadline_(*this, 0) {}

    bool begin(const net::socket_address& where) {
        auto socket = net::start_connect(where);
        if (!socket) return false;
        transport_ = net::transport(std::move(*socket));
        owner_.deadlines_.arm(deadline_, owner_.reactor_.now() + patience);
        watched_ = owner_.reactor_.watch(transport_.fd(), *this, 0);
        return static_cast<bool>(watched_);
    }

    void tell(bool harmless) { done_(harmless); }

private:
    void on_deadline(int, base::time_point) override { owner_.finish(id_, !sent_); }

    void on_ready(int, net::readiness ready) override {
        if (!sent_) {
            if (!ready.writable && !ready.hung_up) return;
            if (net::connect_outcome(transport_.fd())) return owner_.finish(id_, true);
            // Sixteen bytes into an empty socket buffer: all or nothing.
            if (transport_.write(message_).status != net::io_status::done) return owner_.finish(id_, true);
            sent_ = true;
        }
        std::array<char, 64> ignored{};
        while (true) {
            const auto result = transport_.read(ignored);
            if (result.status == net::io_status::done) continue;
            if (result.status == net::io_status::closed) return owner_.finish(id_, true);
            if (result.status == net::io_status::failed) return owner_.finish(id_, false);
            return;
        }
    }

    canceller& owner_;
    std::uint64_t id_;
    std::string message_;
    callback done_;
    net::deadline deadline_;
    net::transport transport_;
    net::registration watched_;
    bool sent_ = false;
};

void canceller::cancel(const net::socket_address& where, std::int32_t process_id, std::string secret_key,
                       callback done) {
    std::string message;
    wire::append_cancel_request(message, process_id, secret_key);
    const std::uint64_t id = next_id_++;
    auto sent = std::make_shared<request>(*this, id, std::move(message), std::move(done));
    requests_.emplace(id, sent);
    if (!sent->begin(where)) finish(id, true);
}

void canceller::finish(std::uint64_t id, bool harmless) {
    const auto found = requests_.find(id);
    if (found == requests_.end()) return;
    auto over = std::move(found->second);
    requests_.erase(found);
    // It is on the call stack below us: it goes in a tick of its own, its socket with it.
    reactor_.post([over, harmless] { over->tell(harmless); });
}

}  // namespace pgweir::upstream
