#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/published.hpp"
#include "session/lab.hpp"
#include "sql/suspects.hpp"

namespace pgweir::test {
namespace {

/// One client of a database of whose functions `sets` and the procedure `sets_too` are known to change the session.
class judging : public testing::Test {
protected:
    judging() {
        lab_.add_client();
        lab_.at(0).talk.use_routines(routines_);
    }

    void know(bool some = true) {
        auto found = std::make_shared<sql::suspects>();
        found->read_at = lab_.schema.get();
        if (some) {
            found->add("sets", sql::effect::own_routine);
            found->add("sets_too", sql::effect::own_routine);
            found->add("seeds", sql::effect::setseed);
            found->add_setting("app.tenant");
        }
        routines_.publish(std::move(found));
    }

    std::string surveys_behind(const std::string& asked) {
        lab_.client_says(0, asked);
        lab_.run();
        const auto& executed = lab_.database.executed;
        const auto found = std::find_if(executed.rbegin(), executed.rend(),
                                        [](const std::string& sql) { return sql.starts_with("SELECT 'setting'"); });
        const std::string survey = found == executed.rend() ? "" : *found;
        lab_.database.executed.clear();
        return survey;
    }

    base::published<sql::suspects> routines_;
    lab lab_;
};

TEST_F(judging, where_nothing_is_suspicious_nothing_is_asked) {
    know(false);
    for (const char* text : {"SELECT sets()", "CALL sets_too()", "INSERT INTO t VALUES (1)"}) {
        EXPECT_EQ(surveys_behind(query(text)), "") << text;
        EXPECT_EQ(lab_.at(0).server, nullptr) << text;
    }
}

TEST_F(judging, a_suspicious_name_is_looked_behind) {
    know();
    for (const std::string& asked : {query("SELECT sets()"), query("CALL sets_too()"), query("SELECT v FROM sets"),
                                     parse("", "SELECT sets()") + bind_to("") + execute() + sync(),
                                     parse("s", "CALL sets_too()") + bind_to("s") + execute() + sync()}) {
        EXPECT_NE(surveys_behind(asked).find("'app.tenant'"), std::string::npos) << "its settings are asked for";
        EXPECT_EQ(lab_.at(0).server, nullptr);
    }
    EXPECT_EQ(surveys_behind(query("SELECT others()")), "");
}

TEST_F(judging, what_cannot_be_asked_for_pins) {
    know();
    surveys_behind(query("SELECT seeds()"));
    EXPECT_EQ(lab_.at(0).talk.pins().names(), "setseed");
}

TEST_F(judging, what_is_not_known_is_looked_behind) {
    EXPECT_NE(surveys_behind(query("SELECT others()")), "") << "nothing was published yet";
    EXPECT_EQ(surveys_behind(query("BEGIN; COMMIT")), "") << "nothing runs";
    know(false);
    EXPECT_EQ(surveys_behind(query("SELECT others()")), "");
    lab_.schema.add();
    EXPECT_NE(surveys_behind(query("SELECT others()")), "") << "the schema has changed since";
    know(false);
    EXPECT_EQ(surveys_behind(query("SELECT others()")), "");
}

TEST_F(judging, a_statement_is_judged_when_it_is_executed) {
    know(false);
    EXPECT_EQ(surveys_behind(parse("s", "SELECT sets()") + sync()), "");
    know();
    EXPECT_NE(surveys_behind(bind_to("s") + execute() + sync()), "");
    know(false);
    EXPECT_EQ(surveys_behind(bind_to("s") + execute() + sync()), "");
}

TEST_F(judging, who_asks_what_was_drawn_keeps_the_server_of_the_insert) {
    know(false);
    const std::string insert = query("INSERT INTO t VALUES (1)");
    surveys_behind(insert);
    EXPECT_EQ(lab_.at(0).server, nullptr);
    lab_.at(0).talk.expect_sequences();
    surveys_behind(query("SELECT 1"));
    EXPECT_EQ(lab_.at(0).server, nullptr) << "a SELECT draws nothing";
    surveys_behind(insert);
    EXPECT_EQ(lab_.at(0).talk.pins().names(), "sequence");
}

}  // namespace
}  // namespace pgweir::test
