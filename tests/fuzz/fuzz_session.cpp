// One whole client session: bytes from the client and from a server that says anything, interleaved with loans, losses
// and the client's end. Each step is an operation byte, a length byte for those that take bytes, and the bytes.
#include <chrono>
#include <string>

#include "fuzz_target.hpp"
#include "session/conversation.hpp"
#include "session/messages.hpp"

namespace pgweir::test {
namespace {

using session::conversation;
using fate = conversation::server_fate;

class fuzzed_session {
public:
    explicit fuzzed_session(std::string_view input)
        : rest_(input), talk_(limits_with_timeouts(), counters_, texts_, schema_, (flags() & 1) != 0, 7) {
        talk_.set_state({}, {}, "app.alice");
    }

    void run() {
        while (!rest_.empty() && !talk_.fatal()) {
            step(static_cast<unsigned char>(rest_.front()));
            if (broken_.empty()) check();
            if (!broken_.empty()) return require_unbroken(broken_);
        }
        leave(false);
        talk_.server_lost(now_);
        if (talk_.pending() != 0) require_unbroken("requests pend without a server and a client");
        if (talk_.gates() != 0) require_unbroken("gates are closed without a server and a client");
        if (talk_.fate() != fate::none) require_unbroken("a fate without a server");
    }

private:
    static const session::settings& limits_with_timeouts() {
        static const session::settings limits = [] {
            session::settings with;
            with.query_timeout = with.idle_in_transaction_timeout = std::chrono::seconds(1);
            with.max_prepared = 2;
            return with;
        }();
        return limits;
    }

    unsigned char flags() {
        const unsigned char first = rest_.empty() ? 1 : static_cast<unsigned char>(rest_.front());
        if (!rest_.empty()) rest_.remove_prefix(1);
        return first;
    }

    std::string_view piece() {
        if (rest_.empty()) return {};
        const auto size = static_cast<unsigned char>(rest_.front());
        const std::string_view taken = rest_.substr(1, size);
        rest_.remove_prefix(1 + taken.size());
        return taken;
    }

    void step(unsigned char operation) {
        rest_.remove_prefix(1);
        switch (operation % 8) {
            case 0:
            case 1: client_unread_ += piece(); return from_client();
            case 2:
            case 3: server_unread_ += piece(); return from_server();
            case 4: talk_.server_lost(now_); return forget_server();
            case 5: return leave(operation % 16 == 5);
            case 6:
                now_ += std::chrono::seconds(2);
                if (talk_.expire(now_)) forget_server();
                return;
            default: talk_.refuse({.reason = session::outcome::queue_timeout}); return from_client();
        }
    }

    void from_client() {
        while (!gone_) {
            const std::string input = client_unread_;
            const auto progress = talk_.from_client(input, now_);
            drain();
            client_unread_.erase(0, progress.consumed);
            if (progress.why == session::frontend_flow::stop::terminated) return leave(true);
            if (progress.why != session::frontend_flow::stop::need_server) return;
            if (talk_.has_server()) return note("a server is asked for while one is lent");
            lend();
            if (!talk_.has_server()) return;
        }
    }

    void lend() {
        state_ = session::server_state{};
        state_.baseline = session::parameters::make(texts_, {{"timezone", "UTC"}, {"client_encoding", "UTF8"}});
        if (++loans_ % 2 == 0) state_.actual = state_.baseline;
        state_.reported = {{"TimeZone", "UTC"}, {"client_encoding", "UTF8"}};
        talk_.lend(state_, now_, loans_ % 3 == 0);
        drain();
    }

    void from_server() {
        if (!talk_.has_server()) return server_unread_.clear();
        const std::string input = server_unread_;
        const auto progress = talk_.from_server(input, now_);
        if (progress.consumed > input.size()) return note("more was consumed than there was");
        drain();
        server_unread_.erase(0, progress.consumed);
        from_client();
    }

    void leave(bool orderly) {
        if (gone_) return;
        gone_ = true;
        talk_.client_left(orderly, now_);
        drain();
    }

    void forget_server() {
        server_unread_.clear();
        drain();
    }

    void drain() {
        said_ += talk_.to_client().first();
        said_ += talk_.to_client().second();
        talk_.to_client().clear();
        talk_.to_server().clear();
    }

    void note(std::string what) { broken_ = std::move(what); }

    void check() {
        talk_.take_cancel();
        if (talk_.gates() > talk_.pending()) note("more gates than requests");
        const fate what = talk_.fate();
        if ((what == fate::none) != !talk_.has_server()) note("fate and server disagree");
        if (what == fate::give_back) {
            if (talk_.pending() != 0) return note("a server is given back with requests pending");
            if (talk_.gates() != 0) return note("a server is given back behind a gate");
            if (state_.transaction_status != 'I') return note("a server is given back in a transaction");
        }
        if (what == fate::give_back || (what == fate::close && talk_.pending() == 0)) {
            talk_.take_back(now_);
            server_unread_.clear();
        } else if (what == fate::close) {
            talk_.server_lost(now_);
            forget_server();
        }
        if (gone_) return said_.clear();
        take_messages(said_, direction::from_server);
        wire::header header;
        if (wire::read_backend_header(said_, header) == wire::header_state::invalid)
            note("the client is told what is no message");
    }

    std::string_view rest_;
    base::interner texts_;
    base::shared_counter schema_;
    metrics::pool_counters counters_;
    session::server_state state_;
    conversation talk_;
    base::time_point now_{std::chrono::hours(1000)};
    std::string client_unread_;
    std::string server_unread_;
    std::string said_;
    std::string broken_;
    unsigned loans_ = 0;
    bool gone_ = false;
};

}  // namespace
}  // namespace pgweir::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    pgweir::test::fuzzed_session(pgweir::test::input_view(data, size)).run();
    return 0;
}
