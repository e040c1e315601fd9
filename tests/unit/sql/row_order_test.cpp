#include "sql/row_order.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace pgweir::sql
