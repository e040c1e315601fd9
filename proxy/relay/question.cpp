#include "relay/question.hpp"

#include <chrono>
#include <utility>

#include "net/fault_points.hpp"

namespace pgweir::relay {

namespace {

// A server that does not answer for so long is not lent to anybody either.
constexpr base::duration longest_answer = std::chrono::seconds(5);

}  // namespace

question::question(net::reactor& host, net::deadline_queue& deadlines, std::unique_ptr<upstream::server> server,
                   callback done)
    : reactor_(host),
      deadlines_(deadlines),
      server_(std::move(server)),
      inquiry_(server_->state),
      done_(std::move(done)),
      deadline_(*this, 0) {
    server_->set_user(this);
}

void question::ask(std::string_view sql) {
    deadlines_.arm(deadline_, reactor_.now() + longest_answer);
    inquiry_.start(sql, unsent_.storage());
    write();
    if (server_ && !server_->drained) read();
}

void question::on_server_ready(net::readiness ready) {
    if (ready.writable) write();
    if (server_ && !server_->drained) read();
}

void question::on_deadline(int, base::time_point) {
    end(session::inquiry::step::broken);
}

void question::write() {
    while (!unsent_.empty()) {
        net::pass(net::fault_point::question_due);
        const net::io_result result = server_->transport.write(unsent_.view());
        if (result.status == net::io_status::want_write || result.status == net::io_status::want_read) return;
        if (result.status != net::io_status::done) return end(session::inquiry::step::broken);
        net::pass(net::fault_point::question_sent);
        unsent_.consume(result.bytes);
    }
}

void question::read() {
    const auto scratch = reactor_.scratch();
    while (true) {
        const net::io_result result = server_->transport.read(scratch);
        if (result.status == net::io_status::want_read || result.status == net::io_status::want_write) {
            server_->drained = true;
            return;
        }
        if (result.status != net::io_status::done) return end(session::inquiry::step::broken);
        if (result.drained && !server_->ended) server_->drained = true;
        server_->unread.append({scratch.data(), result.bytes});
        std::size_t consumed = 0;
        const auto next = inquiry_.receive(server_->unread.view(), consumed);
        server_->unread.consume(consumed);
        if (next != session::inquiry::step::wait) return end(next);
        if (server_->drained) return;
    }
}

void question::end(session::inquiry::step how) {
    deadline_.clear();
    server_->set_user(nullptr);
    answer told{std::move(server_), how, inquiry_.rows()};
    done_(std::move(told));
}

}  // namespace pgweir::relay
