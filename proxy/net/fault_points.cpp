#include "net/fault_points.hpp"

#ifdef PGWEIR_FAULT_POINTS

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace pgweir::net {
namespace {

constexpr std::array<std::string_view, 16> names{
    "transport_read",    "transport_write", "server_opened", "server_lent",   "server_given_back", "request_due",
    "request_forwarded", "reply_relayed",   "question_due",  "question_sent", "listener_due",      "listener_sent",
    "cache_lock_due",    "cache_lock_sent", "redis_due",     "redis_sent"};

struct faults {
    std::size_t most_bytes = ~std::size_t{0};
    std::chrono::milliseconds delay{0};
    std::atomic<std::uint64_t> until_kill{0};  ///< 0: never
    std::atomic<std::uint64_t> until_stop{0};
};

std::array<faults, names.size()>& all() {
    static std::array<faults, names.size()> points;
    return points;
}

[[noreturn]] void refuse(std::string_view what) {
    throw std::invalid_argument("PGWEIR_FAULTS: " + std::string(what));
}

void set(std::string_view entry) {
    const auto equals = entry.find('=');
    const auto colon = entry.find(':');
    if (equals == std::string_view::npos || colon == std::string_view::npos || colon < equals) refuse(entry);
    const auto name = std::find(names.begin(), names.end(), entry.substr(0, equals));
    std::uint64_t number = 0;
    const std::string_view digits = entry.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (name == names.end() || error != std::errc() || end != digits.data() + digits.size() || number == 0)
        refuse(entry);
    faults& point = all()[static_cast<std::size_t>(name - names.begin())];
    const std::string_view action = entry.substr(equals + 1, colon - equals - 1);
    if (action == "short")
        point.most_bytes = number;
    else if (action == "delay")
        point.delay = std::chrono::milliseconds(number);
    else if (action == "kill")
        point.until_kill = number;
    else if (action == "stop")
        point.until_stop = number;
    else
        refuse(entry);
}

bool is_due(std::atomic<std::uint64_t>& until) noexcept {
    return until.load() != 0 && until.fetch_sub(1) == 1;
}

}  // namespace

std::size_t pass(fault_point where, std::size_t wanted) noexcept {
    faults& point = all()[static_cast<std::size_t>(where)];
    if (is_due(point.until_kill)) std::raise(SIGKILL);
    if (is_due(point.until_stop)) std::raise(SIGSTOP);
    if (point.delay.count() != 0) std::this_thread::sleep_for(point.delay);
    return std::min(wanted, point.most_bytes);
}

void read_fault_points() {
    const char* wanted = std::getenv("PGWEIR_FAULTS");  // NOLINT(concurrency-mt-unsafe): before any other thread
    std::string_view rest = wanted == nullptr ? "" : wanted;
    while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        set(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
}

}  // namespace pgweir::net

#endif
