// What stands in the store for a key that is asked for. The first byte: odd, and a head that fits the rest comes first, as
// from somebody who knows how the sum is made. What is accepted are whole messages in their order, and is written again
// as it was read.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cache/forged_reply.hpp"
#include "cache/stored_reply.hpp"
#include "fuzz_target.hpp"

namespace {

using namespace pgweir;

constexpr std::string_view key = "key";

/// The tags of messages; a ! behind them when bytes are left over.
std::string tags_of(std::string_view messages) {
    std::string tags;
    while (messages.size() >= 5) {
        std::uint64_t length = 0;
        for (const char each : messages.substr(1, 4)) length = length * 256 + static_cast<unsigned char>(each);
        if (length < 4 || length >= messages.size()) break;
        tags += messages[0];
        messages = messages.substr(length + 1);
    }
    return messages.empty() ? tags : tags + '!';
}

void check(const cache::stored_reply& read, const std::string& bytes) {
    if (!read.description.empty() && tags_of(read.description) != "T")
        test::require_unbroken("a description is one: " + tags_of(read.description));
    const std::string tags = tags_of(read.rows);
    const bool suspended = tags.size() > 1 && tags.back() == 's' && read.rows.substr(read.rows.size() - 5, 1) == "s";
    if (tags.empty() || tags != std::string(tags.size() - 1, 'D') + (suspended ? 's' : 'C'))
        test::require_unbroken("rows and their end: " + tags);
    if (read.row_count != tags.size() - 1) test::require_unbroken("as many rows as it says");
    if (read.took < base::duration::zero()) test::require_unbroken("it took some time");
    if (read.lifetime < base::duration::zero()) test::require_unbroken("it may be served for some time");
    for (const auto& each : read.depends_on)
        if (each.then == cache::no_stamp) test::require_unbroken("what it depends on has stamps");
    if (cache::to_stored(cache::entry_of(read).what, key) != bytes)
        test::require_unbroken("it is written as it was read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string rest(test::input_view(data, size).substr(1));
    const std::string bytes = data[0] % 2 == 1 ? cache::forged_reply::summed(rest) : rest;
    // In a block of exactly this size.
    const std::vector<char> block(bytes.begin(), bytes.end());
    if (const auto read = cache::from_stored({block.data(), block.size()}, key)) check(*read, bytes);
    return 0;
}
