#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redis/connection_machine.hpp"
#include "redis/error.hpp"
#include "redis/words.hpp"

namespace pgweir::redis {

using request_list = std::vector<std::vector<std::vector<std::string_view>>>;  ///< requests of commands of words

/// One connection whose requests are made as soon as it is greeted. Writes down what happens, in its order.
class conversation {
public:
    static constexpr base::time_point asked_at{std::chrono::hours(1)};

    explicit conversation(url where = {}, request_list requests = {}, request_limits most = {})
        : machine(where, most), requests_(std::move(requests)) {}

    void feed(std::string_view bytes) {
        machine.feed(bytes);
        while (true) {
            connection_machine::event told = machine.next();
            switch (told.what) {
                case connection_machine::event::kind::wait: return;
                case connection_machine::event::kind::broken:
                    events.push_back("broken: " + machine.why().to_string());
                    return;
                case connection_machine::event::kind::greeted:
                    events.emplace_back("greeted");
                    for (const auto& each : requests_) request(each);
                    break;
                case connection_machine::event::kind::answered: told.done(machine.current()); break;
            }
        }
    }

    bool request(const std::vector<std::vector<std::string_view>>& commands) {
        const std::vector<command> views(commands.begin(), commands.end());
        answer_callback done = [this, number = ++count_](const answer& told) {
            events.push_back(std::to_string(number) + ": " + (told ? text_of(*told) : told.error().message()));
        };
        return machine.request(views, done, asked_at);
    }

    /// The connection has ended.
    void end() {
        for (request_queue left = machine.take_waiting(); !left.empty();) {
            const waiting_request each = left.pop();
            if (each.done) each.done(error_code::lost);
        }
    }

    connection_machine machine;
    std::vector<std::string> events;

private:
    request_list requests_;
    int count_ = 0;
};

}  // namespace pgweir::redis
