#include "sql/row_order.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace pgweir::sql {
namespace {

TEST(row_order, matters) {
    for (const char* text :
         {"SELECT a FROM t LIMIT 1", "SELECT a FROM t ORDER BY a FETCH FIRST ROW ONLY", "select a from t offset 3",
          "SELECT DISTINCT ON (a) a, b FROM t", "SELECT row_number() OVER () FROM t", "SELECT Array_Agg(a) FROM t",
          "SELECT \"string_agg\"(a, ',') FROM t", "SELECT (SELECT jsonb_agg(a) FROM t)", "SELECT stddev(a) FROM t",
          "SELECT mode() WITHIN GROUP (ORDER BY a) FROM t", "SELECT regr_slope(a, b) FROM t", "SELECT 'never closed"})
        EXPECT_TRUE(may_depend_on_row_order(text)) << text;
}

TEST(row_order, does_not_matter) {
    for (const char* text : {"", "SELECT a FROM t", "SELECT DISTINCT a FROM t JOIN u ON a = b",
                             "SELECT 'limit 1' FROM t", "SELECT a /* limit */ FROM t -- over",
                             "SELECT limits, overt FROM t", "SELECT sum(a), count(*) FROM t ORDER BY 1"})
        EXPECT_FALSE(may_depend_on_row_order(text)) << text;
}

TEST(row_order, columns_that_rows_are_sorted_by) {
    using columns = std::vector<sort_column>;
    const columns a{{.name = "a"}}, ab{{.name = "a"}, {.name = "b"}};
    for (const char* text :
         {"SELECT a FROM t ORDER BY a", "select a from t order by A desc nulls last;",
          "SELECT a FROM t ORDER BY \"a\" ASC", "SELECT a FROM (SELECT b FROM t ORDER BY b) x ORDER BY a LIMIT 3",
          "SELECT a FROM t ORDER BY a OFFSET 1",
          "WITH x AS (SELECT 1 ORDER BY b) SELECT a FROM x UNION ALL SELECT 2 ORDER BY a FETCH FIRST 2 ROWS ONLY",
          "SELECT a FROM t ORDER BY lower(b), a", "SELECT a FROM t ORDER BY a, b COLLATE \"C\", t.c, b + 1, -b, $1",
          "SELECT a FROM t ORDER BY a USING >, a", "SELECT a FROM t ORDER BY (SELECT 1 ORDER BY c), a",
          "SELECT a FROM t ORDER BY current_date, a", "SELECT a FROM t ORDER BY b[1], a /* order by c */ -- , b"})
        EXPECT_EQ(sort_columns(text), a) << text;
    EXPECT_EQ(sort_columns("SELECT * FROM t ORDER BY a DESC, b"), ab);
    EXPECT_EQ(sort_columns("SELECT a, b FROM t ORDER BY 2, b"), (columns{{.name = {}, .number = 2}, {.name = "b"}}));
    EXPECT_EQ(sort_columns("SELECT * FROM t ORDER BY \"A\"\"b\""), (columns{{.name = "A\"b"}}));
}

TEST(row_order, what_does_not_say_how_rows_are_sorted) {
    for (const char* text :
         {"", "SELECT a FROM t", "SELECT sum(a) OVER (ORDER BY a) FROM t", "SELECT array_agg(a ORDER BY a) FROM t",
          "(SELECT a FROM t ORDER BY a)", "SELECT 'order by a'", "SELECT a FROM t ORDER BY a + 1",
          "SELECT a FROM t ORDER BY t.a", "SELECT a FROM t ORDER BY 1.5", "SELECT t.order by FROM t",
          "SELECT a FROM t ORDER BY U&\"a\"", "SELECT a FROM t ORDER BY", "SELECT a FROM t ORDER BY lower(a, (b",
          "SELECT a AS \"order\", by FROM t"})
        EXPECT_TRUE(sort_columns(text).empty()) << text;
}

}  // namespace
}  // namespace pgweir::sql
