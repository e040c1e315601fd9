#include "cache/stored_reply.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cache/forged_reply.hpp"

namespace pgweir::cache {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

/// What is refused however it came about.
void expect_refused(const std::string& bytes, std::string_view key = "key") {
    EXPECT_FALSE(from_stored(bytes, key)) << ::testing::PrintToString(bytes);
}

struct stored_reply_test : ::testing::Test {
    stored_reply_test() {
        const forged_reply text;
        whole.key = "the entry's own, in this process";
        whole.description = text.description;
        whole.rows = message('D', "a") + message('D', "") + message('C', "SELECT 2");
        whole.row_count = 2;
        whole.took = 12345us;
        whole.created = base::time_point(1h);
        whole.expires = whole.created + 67s;
        for (const relation_id relation : {whole_database, 1U, no_relation - 1}) {
            stamp_table::cell& cell = stamps.at(relation);
            whole.depends_on.push_back({&cell, cell.now});
        }
        whole.depends_on.back().then = most;
    }

    stamp_table stamps;
    entry whole;
};

TEST_F(stored_reply_test, says_what_the_entry_said) {
    const std::string bytes = to_stored(whole, "key");
    const auto read = from_stored(bytes, "key");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->description, whole.description);
    EXPECT_EQ(read->rows, whole.rows);
    EXPECT_EQ(read->row_count, 2U);
    EXPECT_EQ(read->took, 12345us);
    EXPECT_EQ(read->lifetime, 67s);
    ASSERT_EQ(read->depends_on.size(), whole.depends_on.size());
    for (std::size_t i = 0; i < whole.depends_on.size(); ++i) {
        EXPECT_EQ(read->depends_on[i].relation, whole.depends_on[i].of->relation);
        EXPECT_EQ(read->depends_on[i].then, whole.depends_on[i].then);
    }
    EXPECT_EQ(to_stored(entry_of(*read).what, "key"), bytes);
}

TEST_F(stored_reply_test, holds_any_bytes_and_none) {
    std::string all_bytes;
    for (int byte = 0; byte < 256; ++byte) all_bytes.push_back(static_cast<char>(byte));
    whole.rows = message('D', all_bytes) + message('D', std::string(300'000, '\0')) + message('C', "");
    const std::string bytes = to_stored(whole, all_bytes);
    const auto read = from_stored(bytes, all_bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->rows, whole.rows);
    // Without a description, without rows, of no relation.
    entry bare;
    bare.rows = message('C', "SELECT 0");
    const std::string few = to_stored(bare, "");
    const auto least = from_stored(few, "");
    ASSERT_TRUE(least);
    EXPECT_EQ(least->description, "");
    EXPECT_EQ(least->rows, bare.rows);
    EXPECT_EQ(least->row_count, 0U);
    EXPECT_EQ(least->took, 0ns);
    EXPECT_TRUE(least->depends_on.empty());
}

// What is in Redis outlives the program: another layout needs another head.
TEST_F(stored_reply_test, has_the_layout_that_its_head_names) {
    entry known;
    const forged_reply text;
    known.description = text.description;
    known.rows = text.rows;
    known.row_count = 1;
    known.took = 5ns;
    known.expires = known.created + 60ns;
    stamp_table::cell all{.now = 9};
    stamp_table::cell one{.now = 9, .relation = 1};
    known.depends_on = {{&all, 7}, {&one, 8}};
    EXPECT_EQ(to_stored(known, "key"), text.bytes());
}

TEST_F(stored_reply_test, each_part_of_one_is_none) {
    const std::string bytes = to_stored(whole, "key");
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        // In memory of just this size, so that a sanitizer sees a read behind it.
        const auto part = std::make_unique<char[]>(size);
        bytes.copy(part.get(), size);
        EXPECT_FALSE(from_stored({part.get(), size}, "key")) << size;
    }
    expect_refused(bytes + '\0');
    expect_refused(bytes + bytes);
}

// The same where somebody took care that the sum is right.
TEST_F(stored_reply_test, each_part_of_one_is_none_also_with_its_own_sum) {
    const std::string fields = forged_reply{}.fields();
    ASSERT_TRUE(from_stored(forged_reply::summed(fields), "key"));
    for (std::size_t size = 0; size < fields.size(); ++size)
        expect_refused(forged_reply::summed(fields.substr(0, size)));
    for (std::size_t more = 1; more <= 33; ++more)
        expect_refused(forged_reply::summed(fields + std::string(more, '\x01')));
}

TEST_F(stored_reply_test, each_change_of_a_byte_is_found) {
    const std::string bytes = to_stored(whole, "key");
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (int mask = 1; mask < 256; ++mask) {
            std::string changed = bytes;
            changed[at] = static_cast<char>(changed[at] ^ mask);
            ASSERT_FALSE(from_stored(changed, "key")) << at << " " << mask;
        }
    }
}

TEST_F(stored_reply_test, swapped_bytes_are_found) {
    const std::string bytes = to_stored(whole, "key");
    for (std::size_t at = 0; at + 1 < bytes.size(); ++at) {
        std::string changed = bytes;
        std::swap(changed[at], changed[at + 1]);
        if (changed != bytes) expect_refused(changed);
    }
}

// The store finds replies by a hash of their keys.
TEST_F(stored_reply_test, a_reply_to_another_key_is_none) {
    const std::string bytes = to_stored(whole, "key");
    for (const std::string_view other : {"", "ke", "keys", "kez", "KEY"}) expect_refused(bytes, other);
    expect_refused(bytes, std::string_view("key\0", 4));
    expect_refused(to_stored(whole, ""));
}

TEST_F(stored_reply_test, what_others_have_written_is_none) {
    const std::string bytes = to_stored(whole, "key");
    for (const std::string& foreign :
         {std::string("1"), std::string("pgweir2\n"), std::string("{\"rows\": []}"), std::string(16, '\0'),
          std::string(1000, '\0'), std::string(1000, '\xff'), whole.rows, "pgweir2\n" + std::string(56, '\0')})
        expect_refused(foreign);
    for (const std::string_view layout : {"pgweir1\n", "pgweir3\n", "pgweir20", "PGWEIR2\n"})
        expect_refused(std::string(layout) + bytes.substr(layout.size()));
}

struct forged_reply_test : ::testing::Test {
    /// With the sum that fits it.
    void refuse() const { expect_refused(forged.bytes()); }
    void accept() const { EXPECT_TRUE(from_stored(forged.bytes(), "key")); }

    forged_reply forged;
    const std::string description = forged.description;
    const std::string row = message('D', "row");
    const std::string end = message('C', "SELECT 1");
};

TEST_F(forged_reply_test, is_accepted_while_nothing_is_wrong_with_it) {
    accept();
    forged.description.clear();
    accept();
    forged.rows = end;
    forged.row_count = 0;
    accept();
    forged.depends_on.clear();
    accept();
}

TEST_F(forged_reply_test, rows_are_data_rows_and_one_command_complete) {
    for (const std::string& rows : {std::string(),
                                    row,
                                    row + row,
                                    end + end,
                                    end + row,
                                    row + end + row,
                                    row + end + end,
                                    description + end,
                                    row + description + end,
                                    row + end + message('Z', "I"),
                                    row + message('E', "") + end,
                                    message('N', "") + row + end,
                                    message('S', "") + row + end,
                                    message('G', ""),
                                    message('I', ""),
                                    message('A', "") + end,
                                    row + message('s', "x"),
                                    message('s', ""),
                                    row + message('B', message('s', "")),
                                    row + message('s', message('s', "")),
                                    message('R', "") + end,
                                    message('d', "row") + end}) {
        // Whatever their count is said to be.
        forged.rows = rows;
        for (const std::uint64_t count :
             {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}, most}) {
            forged.row_count = count;
            refuse();
        }
    }
}

TEST_F(stored_reply_test, of_some_rows_of_more) {
    whole.rows = message('D', "a") + message('D', "") + message('s', "");
    const std::string bytes = to_stored(whole, "key");
    const auto read = from_stored(bytes, "key");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->rows, whole.rows);
}

TEST_F(forged_reply_test, the_count_of_rows_is_that_of_the_rows) {
    for (const std::uint64_t wrong : {std::uint64_t{0}, std::uint64_t{2}, std::uint64_t{1} << 32, most}) {
        forged.row_count = wrong;
        refuse();
    }
    forged.rows = end;
    forged.row_count = most;
    refuse();
    forged.row_count = 1;
    refuse();
}

TEST_F(forged_reply_test, the_description_is_one_row_description) {
    for (const std::string& other : {description + description, end, row, message('n', ""), message('t', ""),
                                     description + message('Z', "I"), message('t', "") + description}) {
        forged.description = other;
        refuse();
    }
}

// A message that is not whole would make a client take what comes behind it for a part of it.
TEST_F(forged_reply_test, messages_are_whole) {
    for (std::size_t size = 1; size < description.size(); ++size) {
        forged.description = description.substr(0, size);
        refuse();
    }
    forged.description = description;
    const std::string rows = forged.rows;
    for (std::size_t size = 0; size < rows.size(); ++size) {
        forged.rows = rows.substr(0, size);
        refuse();
    }
    forged.rows = rows + '\0';
    refuse();
}

TEST_F(forged_reply_test, lengths_of_messages_stay_inside) {
    for (const std::uint32_t length : {0U, 1U, 3U, 8U, 0x7fffffffU, 0x80000000U, 0xfffffffeU, 0xffffffffU}) {
        std::string bad = "D";
        for (int shift = 24; shift >= 0; shift -= 8) bad.push_back(static_cast<char>(length >> shift));
        forged.rows = bad + "row";
        refuse();
        forged.rows = row + "C" + bad.substr(1) + "row";
        refuse();
        forged.rows = row + end;
        forged.description = "T" + bad.substr(1) + "row";
        refuse();
        forged.description = description;
    }
}

TEST_F(forged_reply_test, lengths_of_texts_stay_inside) {
    const std::size_t at[] = {0, 8 + forged.key.size(), 16 + forged.key.size() + forged.description.size()};
    const std::string fields = forged.fields();
    for (const std::size_t where : at) {
        for (const std::uint64_t length :
             {most, most - 7, most / 2 + 1, std::uint64_t{1} << 32, std::uint64_t{fields.size()},
              std::uint64_t{fields.size() - where - 8 + 1}}) {
            std::string changed = fields;
            changed.replace(where, 8, number(length));
            expect_refused(forged_reply::summed(changed));
        }
    }
}

// 2^60 of them are 2^64 bytes, which are none.
TEST_F(forged_reply_test, the_count_of_relations_is_what_is_there) {
    const std::string fields = forged.fields();
    const std::size_t where = fields.size() - 16 * forged.depends_on.size() - 8;
    ASSERT_EQ(fields.substr(where, 8), number(2));
    for (const std::uint64_t count :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3}, (std::uint64_t{1} << 60) + 2, std::uint64_t{1} << 60,
          std::uint64_t{1} << 32, most, most / 2 + 1}) {
        std::string changed = fields;
        changed.replace(where, 8, number(count));
        expect_refused(forged_reply::summed(changed));
    }
    std::string none = fields.substr(0, where);
    for (const std::uint64_t count : {std::uint64_t{1}, std::uint64_t{1} << 60, most})
        expect_refused(forged_reply::summed(none + number(count)));
    EXPECT_TRUE(from_stored(forged_reply::summed(none + number(0)), "key"));
}

TEST_F(forged_reply_test, relations_have_numbers_of_32_bits) {
    forged.depends_on = {{no_relation - 1, 1}};
    accept();
    // Cut to 32 bits these were the whole database, and 1.
    for (const std::uint64_t relation : {std::uint64_t{1} << 32, (std::uint64_t{1} << 32) + 1, most}) {
        forged.depends_on = {{1, 1}, {relation, 1}};
        refuse();
    }
}

// Relations have it whose stamp was evicted: it would look as if nothing had changed.
TEST_F(forged_reply_test, no_stamp_is_none) {
    for (const std::size_t which : {0U, 1U}) {
        forged = {};
        forged.depends_on[which].second = no_stamp;
        refuse();
    }
    forged.depends_on[1].second = most;
    accept();
}

TEST_F(forged_reply_test, it_took_no_less_than_no_time) {
    for (const std::uint64_t took : {most, most / 2 + 1}) {
        forged.took = took;
        refuse();
    }
    forged.took = most / 2;
    accept();
}

}  // namespace
}  // namespace pgweir::cache
