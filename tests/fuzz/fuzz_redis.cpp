// What a server says on a connection to Redis. The first byte: from 128 on a greeting that is accepted comes first, and
// its last seven bits say where the rest is cut; the second byte: how many requests wait.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz_target.hpp"
#include "redis/conversation.hpp"

namespace {

using namespace pgweir;

/// A new one for each way to cut, since requests are numbered.
std::vector<std::string> play(std::string_view first, std::string_view second, std::size_t requests) {
    // Every third one is of two commands.
    redis::request_list list;
    for (std::size_t number = 0; number < requests; ++number) {
        list.push_back({{"GET", "a"}});
        if (number % 3 == 2) list.back().push_back({"GET", "b"});
    }
    redis::conversation talk({}, list, {.reply_bytes = 4096});
    talk.feed(first);
    if (!talk.machine.why().code) talk.feed(second);
    const bool greeted = talk.machine.is_greeted();
    talk.end();
    const auto told = std::count_if(talk.events.begin(), talk.events.end(),
                                    [](const std::string& each) { return each.front() >= '0' && each.front() <= '9'; });
    if (static_cast<std::size_t>(told) != (greeted ? requests : 0))
        test::require_unbroken("each request is told once: " + std::to_string(told));
    return talk.events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view said = test::input_view(data, size).substr(2);
    const std::string greeting = data[0] >= 128 ? redis::greeting_replies().to_string() : "";
    const std::string bytes = greeting + std::string(said);
    const std::size_t cut = std::min<std::size_t>(greeting.size() + data[0] % 128, bytes.size());
    const std::size_t requests = data[1] % 8;
    const auto whole = play(bytes, "", requests);
    const auto pieces = play(std::string_view(bytes).substr(0, cut), std::string_view(bytes).substr(cut), requests);
    // Where a reply is over the limit depends on how much of it came at once.
    if (bytes.size() <= 4096 && whole != pieces) test::require_unbroken("the same however it is cut");
    return 0;
}
