#include "config/overrides.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.hpp"
#include "config/support.hpp"

namespace pgweir::config {
namespace {

using test::complaints_after_minimal;
using test::minimal;
using testing::ElementsAre;
using testing::HasSubstr;

settings loaded(const std::string& text, const source& from) {
    const outcome out = load_text("c.yaml", text, from);
    for (const problem& each : out.problems) ADD_FAILURE() << to_string(each);
    return out.value;
}

std::vector<std::string> set_complaints(std::vector<std::string> overrides) {
    return complaints_after_minimal("", {"", std::move(overrides), {}});
}

TEST(precedence, set_over_environment_over_file_over_default) {
    const std::string file = minimal + "workers: 2\n";
    EXPECT_EQ(loaded(minimal, {}).workers, 1U);
    EXPECT_EQ(loaded(file, {}).workers, 2U);
    EXPECT_EQ(loaded(file, {"", {}, {{"PGWEIR__WORKERS", "3"}}}).workers, 3U);
    EXPECT_EQ(loaded(file, {"", {"workers=4"}, {{"PGWEIR__WORKERS", "3"}}}).workers, 4U);
    EXPECT_EQ(loaded(file, {"", {"workers=4", "workers=5"}, {}}).workers, 5U);
}

TEST(precedence, a_stronger_source_replaces_a_wrong_value) {
    EXPECT_EQ(loaded(minimal + "workers: many\n", {"", {"workers=4"}, {}}).workers, 4U);
    EXPECT_EQ(loaded(minimal + "workers: '${NONE}'\n", {"", {"workers=4"}, {}}).workers, 4U);
}

TEST(overrides, reach_into_sections_and_make_new_ones) {
    const settings all =
        loaded(minimal, {"",
                         {"databases.app.pool.size=7", "databases.other.upstream=host=db2 user=u",
                          "databases.\"my.db\".upstream=host=db3", "auth.users.u.password=x=y",
                          "listen.addresses=[\"127.0.0.1:1\", /run/x]", "log={level: debug}", "admin.http=\"h:1\""},
                         {}});
    EXPECT_EQ(all.databases.at("app").pool.size, 7U);
    EXPECT_EQ(all.databases.at("other").upstream.host, "db2");
    EXPECT_EQ(all.databases.at("my.db").upstream.host, "db3");
    EXPECT_EQ(all.auth.users.at("u").secret, "x=y");
    EXPECT_THAT(all.listen.addresses, ElementsAre("127.0.0.1:1", "/run/x"));
    EXPECT_EQ(all.log.level, base::log::level::debug);
    EXPECT_EQ(all.admin.http, "h:1");
}

TEST(overrides, variables_are_replaced_so_that_secrets_stay_out_of_the_arguments) {
    const settings all = loaded(minimal, {"", {"auth.users.app.password=${PW}"}, {{"PW", "from env"}}});
    EXPECT_EQ(all.auth.users.at("app").secret, "from env");
}

TEST(overrides, secrets_are_not_yaml) {
    const settings all = loaded(minimal, {"", {"auth.users.app.password={x: [\"#"}, {}});
    EXPECT_EQ(all.auth.users.at("app").secret, "{x: [\"#");
}

TEST(overrides, the_other_spelling_of_a_secret_gives_way) {
    const test::temporary_folder folder;
    const std::string file = folder.write("pw", "from file\n");
    EXPECT_EQ(loaded(minimal, {"", {"auth.users.app.password_file=" + file}, {}}).auth.users.at("app").secret,
              "from file");
    EXPECT_EQ(loaded("auth: {users: {app: {password_file: " + file + "}}}\ndatabases: {app: {upstream: host=db}}\n",
                     {"", {"auth.users.app.password=direct"}, {}})
                  .auth.users.at("app")
                  .secret,
              "direct");
}

TEST(overrides, what_is_wrong) {
    EXPECT_THAT(set_complaints({"workers"}), ElementsAre("--set: \"workers\" is not written as path.to.key=value"));
    EXPECT_THAT(set_complaints({"=5"}), ElementsAre(HasSubstr("is not written as")));
    EXPECT_THAT(set_complaints({"listen..max_clients=5"}), ElementsAre(HasSubstr("is not written as")));
    EXPECT_THAT(set_complaints({"listen.=5"}), ElementsAre(HasSubstr("is not written as")));
    EXPECT_THAT(set_complaints({"\"listen=5"}), ElementsAre(HasSubstr("is not written as")));
    EXPECT_THAT(set_complaints({"\"listen\"x=5"}), ElementsAre(HasSubstr("is not written as")));
    EXPECT_THAT(set_complaints({"wrokers=5"}), ElementsAre("--set: wrokers: unknown key, did you mean 'workers'?"));
    EXPECT_THAT(set_complaints({"workers="}), ElementsAre("--set: workers: needs a value"));
    EXPECT_THAT(set_complaints({"listen.addresses=[x"}),
                ElementsAre(HasSubstr("--set: listen.addresses: not valid YAML")));
    EXPECT_THAT(set_complaints({"listen=5"}), ElementsAre(HasSubstr("--set: listen: has to be a section")));
    EXPECT_THAT(set_complaints({"databases.new.pool.size=5"}),
                ElementsAre(HasSubstr("--set: databases.new: needs upstream")));
    EXPECT_THAT(
        set_complaints({"databases.app.upstream.host=x"}),
        ElementsAre(
            "--set: databases.app.upstream.host: databases.app.upstream is given as one value: set it as a whole"));
    EXPECT_THAT(set_complaints({"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r=1"}), ElementsAre("--set: nested too deeply"));
    EXPECT_THAT(set_complaints({"log={level: info, level: debug}"}),
                ElementsAre(HasSubstr("--set: log.level: duplicate key")));
}

TEST(environment, names_are_spelled_in_upper_case) {
    const settings all = loaded("auth: {users: {App: {password: pw}}}\ndatabases: {My_Db: {upstream: host=db}}\n",
                                {"",
                                 {},
                                 {{"PGWEIR__LISTEN__MAX_CLIENTS", "5"},
                                  {"PGWEIR__DATABASES__MY_DB__POOL__QUEUE__MAX_WAIT", "7s"},
                                  {"PGWEIR__DATABASES__NEW__UPSTREAM", "host=new"},
                                  {"PGWEIR__AUTH__USERS__APP__PASSWORD", "other"},
                                  {"PGWEIR__LISTEN__ADDRESSES", "[\"127.0.0.1:1\"]"},
                                  {"PGWEIR_SERVICE_HOST", "kubernetes sets such"},
                                  {"OTHER", "x"}}});
    EXPECT_EQ(all.listen.max_clients, 5U);
    EXPECT_EQ(all.databases.at("My_Db").pool.queue_max_wait, std::chrono::seconds(7));
    EXPECT_EQ(all.databases.at("new").upstream.host, "new");
    EXPECT_EQ(all.databases.size(), 2U);
    EXPECT_EQ(all.auth.users.at("App").secret, "other");
    EXPECT_THAT(all.listen.addresses, ElementsAre("127.0.0.1:1"));
}

TEST(environment, values_are_literal) {
    const settings all =
        loaded(minimal, {"",
                         {},
                         {{"PGWEIR__AUTH__USERS__APP__PASSWORD", "${HOME} $$ # [x"},
                          {"PGWEIR__DATABASES__APP__UPSTREAM", "{host: db, user: u, password: '$$${HOME}'}"}}});
    EXPECT_EQ(all.auth.users.at("app").secret, "${HOME} $$ # [x");
    EXPECT_EQ(all.databases.at("app").upstream.password, "$$${HOME}");
}

TEST(environment, what_is_wrong) {
    const auto complaints = [](const std::string& name, const std::string& text) {
        return complaints_after_minimal("", {"", {}, {{name, text}}});
    };
    EXPECT_THAT(complaints("PGWEIR__WORKER", "5"),
                ElementsAre("PGWEIR__WORKER: worker: unknown key, did you mean 'workers'?"));
    EXPECT_THAT(complaints("PGWEIR__", "5"), ElementsAre(HasSubstr("PGWEIR__: does not name a key")));
    EXPECT_THAT(complaints("PGWEIR__LISTEN____MAX_CLIENTS", "5"), ElementsAre(HasSubstr("does not name a key")));
    EXPECT_THAT(complaints("PGWEIR__LISTEN__", "5"), ElementsAre(HasSubstr("does not name a key")));
    EXPECT_THAT(complaints("PGWEIR__WORKERS", ""), ElementsAre("PGWEIR__WORKERS: workers: needs a value"));
    EXPECT_THAT(complaints("PGWEIR__WORKERS", "x"), ElementsAre(HasSubstr("PGWEIR__WORKERS: workers: \"x\" is not")));
}

}  // namespace
}  // namespace pgweir::config
