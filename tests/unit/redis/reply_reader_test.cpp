#include "redis/reply_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "redis/words.hpp"

namespace pgweir::redis {
namespace {

using ::testing::ElementsAre;

constexpr std::size_t plenty = std::size_t{1} << 20;

/// In a block of exactly their size, so that a read beyond them is seen by a sanitizer.
void feed_exactly(reply_reader& reader, std::string_view bytes) {
    const std::unique_ptr<char[]> block(new char[bytes.size()]);
    std::memcpy(block.get(), bytes.data(), bytes.size());
    reader.feed({block.get(), bytes.size()});
}

/// All replies, and `broken` at the end if it came to that.
void take_all(reply_reader& reader, std::vector<std::string>& found) {
    while (true) {
        const auto step = reader.next();
        if (step == reply_reader::step::wait) return;
        found.push_back(step == reply_reader::step::reply ? text_of(reader.current()) : "broken");
        if (step == reply_reader::step::broken) return;
    }
}

std::vector<std::string> read_pieces(std::vector<std::string_view> pieces, std::size_t most = plenty) {
    reply_reader reader(most);
    std::vector<std::string> found;
    for (const std::string_view piece : pieces) {
        feed_exactly(reader, piece);
        take_all(reader, found);
        if (!found.empty() && found.back() == "broken") break;
    }
    return found;
}

/// The replies of the whole; the same ones must come of it however it is cut.
std::vector<std::string> read_all(std::string_view bytes) {
    auto whole = read_pieces({bytes});
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut)
        EXPECT_EQ(read_pieces({bytes.substr(0, cut), bytes.substr(cut)}), whole) << "cut at " << cut;
    std::vector<std::string_view> single;
    for (std::size_t at = 0; at < bytes.size(); ++at) single.push_back(bytes.substr(at, 1));
    EXPECT_EQ(read_pieces(single), whole) << "byte by byte";
    return whole;
}

TEST(reply_reader_test, reads_each_type) {
    EXPECT_THAT(read_all("+OK\r\n-ERR no\r\n:0\r\n:-9223372036854775808\r\n:9223372036854775807\r\n$3\r\nabc\r\n"),
                ElementsAre("+OK", "-ERR no", ":0", ":-9223372036854775808", ":9223372036854775807", "\"abc\""));
}

TEST(reply_reader_test, nothing_is_told_from_what_is_empty) {
    EXPECT_THAT(read_all("$-1\r\n$0\r\n\r\n*-1\r\n*0\r\n+\r\n-\r\n"),
                ElementsAre("nil", "\"\"", "nil", "[]", "+", "-"));
}

TEST(reply_reader_test, strings_may_hold_any_bytes) {
    const std::string odd("\r\n\0$3\r\n+OK\r\n", 12);
    EXPECT_THAT(read_all(bulk(odd)), ElementsAre('"' + odd + '"'));
}

TEST(reply_reader_test, reads_arrays_in_arrays) {
    EXPECT_THAT(read_all("*3\r\n*2\r\n:1\r\n*0\r\n*1\r\n*1\r\n$1\r\nx\r\n$-1\r\n:7\r\n"),
                ElementsAre("[[:1 []] [[\"x\"]] nil]", ":7"));
    EXPECT_THAT(read_all("*2\r\n-ERR inside\r\n*-1\r\n"), ElementsAre("[-ERR inside nil]"));
    EXPECT_THAT(read_all("*3\r\n*0\r\n*0\r\n*2\r\n+a\r\n+b\r\n"), ElementsAre("[[] [] [+a +b]]"));
}

TEST(reply_reader_test, refuses_arrays_that_are_too_deep) {
    std::string seven;
    for (int depth = 0; depth < 7; ++depth) seven += "*1\r\n";
    EXPECT_THAT(read_all(seven + ":1\r\n"), ElementsAre("[[[[[[[:1]]]]]]]"));
    EXPECT_THAT(read_all(seven + "*1\r\n*1\r\n:1\r\n"), ElementsAre("broken"));
}

TEST(reply_reader_test, a_large_string_comes_in_pieces) {
    const std::string large(700'000, 'x');
    const std::string bytes = bulk(large) + ":1\r\n" + bulk("small");
    reply_reader reader(plenty);
    std::vector<std::string> found;
    for (std::size_t at = 0; at < bytes.size(); at += 65536) {
        feed_exactly(reader, std::string_view(bytes).substr(at, 65536));
        take_all(reader, found);
    }
    EXPECT_THAT(found, ElementsAre('"' + large + '"', ":1", "\"small\""));
}

TEST(reply_reader_test, refuses_what_is_no_reply) {
    for (const std::string_view bytes :
         {"HTTP/1.1 400 Bad Request\r\n", "\r\n", "PING\r\n", "OK\r\n", "$x\r\n", "$-2\r\n", "$3x\r\nabc\r\n", ":\r\n",
          ":1x\r\n", ":12345678901234567890\r\n", "*x\r\n", "*-2\r\n", "*4294967296\r\n", "$3\r\nabcde\r\n",
          "$0\r\nxy\r\n", "*1\r\nx\r\n", "_\r\n", "%1\r\n+a\r\n+b\r\n", ">2\r\n+a\r\n+b\r\n"})
        EXPECT_THAT(read_all(bytes), ElementsAre("broken")) << bytes;
}

TEST(reply_reader_test, stays_broken) {
    reply_reader reader(plenty);
    reader.feed("+OK\r\nx+OK\r\n");
    EXPECT_EQ(reader.next(), reply_reader::step::reply);
    EXPECT_EQ(reader.next(), reply_reader::step::broken);
    reader.feed("+OK\r\n");
    EXPECT_EQ(reader.next(), reply_reader::step::broken);
}

TEST(reply_reader_test, waits_for_what_may_still_become_a_reply) {
    for (const std::string_view bytes : {"", "+", "+OK\r", "$", "$3\r\nabc", "$3\r\nabc\r", "*2\r\n:1\r\n", ":1"})
        EXPECT_THAT(read_all(bytes), ElementsAre()) << bytes;
}

TEST(reply_reader_test, refuses_what_is_over_the_limit) {
    constexpr std::size_t most = 1000;
    const std::string fits(most, 'x');
    EXPECT_THAT(read_pieces({bulk(fits)}, most), ElementsAre('"' + fits + '"'));
    EXPECT_THAT(read_pieces({bulk(fits + "x")}, most), ElementsAre("broken"));
    // Told before it is there.
    EXPECT_THAT(read_pieces({"$1000000\r\n", fits}, most), ElementsAre("broken"));
    // A line without an end.
    EXPECT_THAT(read_pieces({"+", fits, "x"}, most), ElementsAre("broken"));
    // All elements together.
    const std::string half = bulk(std::string(most / 2, 'x'));
    EXPECT_THAT(read_pieces({"*3\r\n", half, half, half}, most), ElementsAre("broken"));
    // Each reply has the limit for itself.
    EXPECT_EQ(read_pieces({half, half, half, half}, most).size(), 4U);
}

TEST(reply_reader_test, an_array_that_promises_much_costs_nothing_yet) {
    EXPECT_THAT(read_pieces({"*2147483647\r\n:1\r\n"}), ElementsAre());
}

TEST(reply_reader_test, an_array_of_very_many_small_values_is_refused) {
    reply_reader reader(plenty);
    reader.feed("*2147483647\r\n");
    std::string thousand;
    for (int count = 0; count < 1000; ++count) thousand += ":1\r\n";
    int fed = 0;
    for (; reader.next() == reply_reader::step::wait && fed < 2000; ++fed) reader.feed(thousand);
    EXPECT_EQ(fed, 1000);
}

TEST(reply_test, says_what_it_is) {
    reply_reader reader(plenty);
    reader.feed("*4\r\n:5\r\n$-1\r\n-OOM command not allowed\r\n$2\r\nab\r\n");
    ASSERT_EQ(reader.next(), reply_reader::step::reply);
    const reply list = reader.current();
    EXPECT_EQ(list.type(), reply_type::array);
    EXPECT_EQ(list.size(), 4U);
    EXPECT_EQ(list.text(), "");
    EXPECT_EQ(list.integer(), 0);
    const std::vector<reply> each(list.begin(), list.end());
    ASSERT_EQ(each.size(), 4U);
    EXPECT_EQ(each[0].integer(), 5);
    EXPECT_EQ(each[0].text(), "");
    EXPECT_EQ(each[0].size(), 0U);
    EXPECT_TRUE(each[1].is_nil());
    EXPECT_TRUE(each[2].is_error());
    EXPECT_EQ(each[3].text(), "ab");
    EXPECT_EQ(each[3].integer(), 0);
    EXPECT_EQ(each[3].begin(), each[3].end());
}

TEST(reply_test, the_kind_of_an_error_is_its_first_word_and_nothing_more) {
    EXPECT_EQ(error_kind("OOM command not allowed when used memory > 'maxmemory'."), "OOM");
    EXPECT_EQ(error_kind("NOAUTH"), "NOAUTH");
    EXPECT_EQ(error_kind("wrong number of arguments"), "");
    EXPECT_EQ(error_kind("pAssw0rd is unknown"), "");
    EXPECT_EQ(error_kind(std::string(21, 'X')), "");
    EXPECT_EQ(error_kind(""), "");
}

}  // namespace
}  // namespace pgweir::redis
