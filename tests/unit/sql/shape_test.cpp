#include "sql/shape.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sql/understand.hpp"

namespace pgweir::sql {

namespace {

std::string shape_of(std::string_view text) {
    std::string shape;
    write_shape(text, shape);
    return shape;
}

TEST(shape, what_texts_have_in_common) {
    struct row {
        const char* text;
        const char* shape;
    };
    for (const auto& [text, shape] : {
             row{"SELECT * FROM t WHERE a = 12 AND b = 'x'", "SELECT * FROM t WHERE a = 0 AND b = ''"},
             row{"  select /* c */ 1.5,\n\t-- d\n 'it''s'  ", "select .0, ''"},
             row{"SELECT 2147483647, 2147483648, 0007, 1e3, .5, 5.", "SELECT 0, .0, 0, .0, .0, .0"},
             row{"INSERT INTO t VALUES (1, 'a'), (2, 'b');", "INSERT INTO t VALUES (0, '');"},
             row{"INSERT INTO t VALUES (1, f((2))), (2, f((3))), (DEFAULT, 4), (DEFAULT, 5) RETURNING 1",
                 "INSERT INTO t VALUES (0, f((0))), (DEFAULT, 0) RETURNING 0"},
             row{"SELECT a IN (1, 2, 3), b NOT IN ('x','y', 1, 2)", "SELECT a IN (0), b NOT IN ('', 0)"},
             row{"SELECT a IN (1, 2, 3 + 4, 5, 6, b)", "SELECT a IN (0 + 0, 0, 0, b)"},
             row{"SELECT a IN (1,,2), b IN (,1,1), c IN (1 1, 1)", "SELECT a IN (0,,0), b IN (,0,0), c IN (0 0, 0)"},
             row{"SELECT a IN ($1, $2), nullif(1, 1), (1, 1)", "SELECT a IN ($1, $2), nullif(0, 0), (0, 0)"},
             row{"VALUES (1), (2) UNION VALUES (3)", "VALUES (0) UNION VALUES (0)"},
             row{"VALUES 2.0, 1", "VALUES .0, 0"},
             row{"SELECT s.values(1), (1)", "SELECT s.values(0), (0)"},
             row{"(SELECT 1) UNION SELECT 2 LIMIT 10", "(SELECT 0) UNION SELECT 0 LIMIT 0"},
             row{"SELECT 1; SET x = 1; EXECUTE a(1)", "SELECT 0; SET x = 1; EXECUTE a(0)"},
             row{"SELECT a/**/b, c<-1, d< -1", "SELECT a b, c<-0, d< -0"},
             row{"SELECT f(1, 'a'), x[1], numeric(10, 2) '1'", "SELECT f(0, ''), x[0], numeric(0, 0) ''"},
             row{"SELECT $1, $2 /* $3 */", "SELECT $1, $2"},
             row{"", ""},
             row{" -- x", ""},
         })
        EXPECT_EQ(shape_of(text), shape) << text;
}

TEST(shape, texts_that_differ_in_integers_only) {
    const std::string noted = "SELECT a1 FROM t WHERE b = 12 AND c IN (3, 4) AND d = '5' AND e = 6.0";
    integer_places places;
    std::string shape;
    write_shape(noted, shape, places);
    for (const char* text : {"SELECT a1 FROM t WHERE b = 12 AND c IN (3, 4) AND d = '5' AND e = 6.0",
                             "SELECT a1 FROM t WHERE b = 7 AND c IN (123456789, 0) AND d = '5' AND e = 6.0"}) {
        EXPECT_TRUE(places.are_all_that_differs(text, noted)) << text;
        EXPECT_EQ(shape_of(text), shape) << text;
    }
    for (const char* text : {"SELECT a2 FROM t WHERE b = 12 AND c IN (3, 4) AND d = '5' AND e = 6.0",
                             "SELECT a1 FROM t WHERE b = 1234567890 AND c IN (3, 4) AND d = '5' AND e = 6.0",
                             "SELECT a1 FROM t WHERE b = 1.2 AND c IN (3, 4) AND d = '5' AND e = 6.0",
                             "SELECT a1 FROM t WHERE b = 12 AND c IN (3, 4) AND d = '6' AND e = 6.0",
                             "SELECT a1 FROM t WHERE b = 12 AND c IN (3, 4) AND d = '5' AND e = 7.0",
                             "SELECT a1 FROM t WHERE b =  AND c IN (3, 4) AND d = '5' AND e = 6.0",
                             "SELECT a1 FROM t WHERE b = 12 AND c IN (3, 4) AND d = '5' AND e = 6.0 ", "SELECT a1", ""})
        EXPECT_FALSE(places.are_all_that_differs(text, noted)) << text;
}

TEST(shape, what_is_kept) {
    for (const char* text : {
             "SELECT 'now', 'Today 04:00', 'x,tomorrow'",
             "SELECT E'a', U&'b', B'01', X'ff', N'c', $$d$$, $x$e$x$",
             "SELECT U&\"a\" UESCAPE '!', U&'a' UESCAPE '?'",
             "SELECT 'a'\n'b'",
             "SELECT a::float(24), CAST(b AS FLOAT ( 25 ))",
             "SELECT 1from t, 2.x, a.1",
             "SET x = 1",
             "CREATE TABLE t (a varchar(10) DEFAULT 'x')",
             "EXPLAIN (ANALYZE 0) SELECT 1",
             "COPY t FROM '/a' WITH (DELIMITER 'x')",
             "PREPARE TRANSACTION 'a'",
             "DO 'a'",
             "SELECT 1 \v 'a'",
             "SELECT 1, 'never closed",
             "SELECT 1 /* never closed",
         })
        EXPECT_EQ(shape_of(text), text);
    const std::string_view with_nul("SELECT 1\0, 2", 12);
    EXPECT_EQ(shape_of(with_nul), with_nul);
}

TEST(shape, a_long_text_is_understood_by_its_shape) {
    const std::string text = "INSERT INTO t VALUES ('" + std::string(max_understood_bytes, 'x') + "')";
    EXPECT_EQ(understand(text).reasons, reason::too_long);
    EXPECT_EQ(understand(shape_of(text)).writes.size(), 1U);
}

}  // namespace

}  // namespace pgweir::sql
