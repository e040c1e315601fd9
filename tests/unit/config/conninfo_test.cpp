#include "config/conninfo.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgweir::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(parse_conninfo, urls) {
    const auto [value, complaints] = parse_conninfo("postgres://app:p%40ss%2F@db.internal:5433/shop?sslmode=prefer");
    EXPECT_THAT(complaints, IsEmpty());
    EXPECT_EQ(value.host, "db.internal");
    EXPECT_EQ(value.port, 5433);
    EXPECT_EQ(value.database, "shop");
    EXPECT_EQ(value.user, "app");
    EXPECT_EQ(value.password, "p@ss/");
    EXPECT_EQ(parse_conninfo("postgresql://[::1]/x").value.host, "::1");
    EXPECT_EQ(parse_conninfo("postgres:///x?host=/run/pg").value.host, "/run/pg");
    EXPECT_EQ(parse_conninfo("postgres://%2Frun%2Fpg/x").value.host, "/run/pg");
    EXPECT_EQ(parse_conninfo("postgres://db").value.port, 0);
}

TEST(parse_conninfo, keywords) {
    const auto [value, complaints] = parse_conninfo("host=db port=5433 dbname='my db' user=app password='it\\'s'");
    EXPECT_THAT(complaints, IsEmpty());
    EXPECT_EQ(value.host, "db");
    EXPECT_EQ(value.database, "my db");
    EXPECT_EQ(value.password, "it's");
}

TEST(parse_conninfo, sslmode) {
    for (const char* mode : {"disable", "allow", "prefer"})
        EXPECT_THAT(parse_conninfo(std::string("postgres://db/x?sslmode=") + mode).complaints, IsEmpty()) << mode;
    for (const char* mode : {"require", "verify-ca", "verify-full"})
        EXPECT_THAT(parse_conninfo(std::string("postgres://db/x?sslmode=") + mode).complaints,
                    ElementsAre(std::string("sslmode=") + mode +
                                " needs TLS to the server, which is not available in this version"));
    EXPECT_THAT(parse_conninfo("postgres://db/x?sslmode=maybe").complaints,
                ElementsAre("sslmode has to be disable, allow or prefer"));
    EXPECT_THAT(parse_conninfo("postgres://db/x?ssl=true").complaints, ElementsAre(HasSubstr("TLS")));
    EXPECT_THAT(parse_conninfo("postgres://db/x?sslrootcert=/ca").complaints,
                ElementsAre(HasSubstr("sslrootcert needs TLS")));
}

TEST(parse_conninfo, other_keywords_are_refused_by_name_and_all_at_once) {
    EXPECT_THAT(parse_conninfo("postgres://db/x?options=-cjit%3Doff&application_name=a&connect_timeout=3").complaints,
                ElementsAre(HasSubstr("connect_timeout is not taken from here: set server.connect_timeout"),
                            HasSubstr("options is not supported"), HasSubstr("application_name is not supported")));
    EXPECT_THAT(parse_conninfo("host=db keepalives=1").complaints, ElementsAre("keepalives is not supported"));
    EXPECT_THAT(parse_conninfo("host=db gssencmode=disable channel_binding=prefer target_session_attrs=any").complaints,
                IsEmpty());
    EXPECT_THAT(parse_conninfo("host=db target_session_attrs=read-write").complaints,
                ElementsAre("target_session_attrs is not supported"));
    EXPECT_THAT(parse_conninfo("host=db colour=red").complaints, ElementsAre("has the unknown keyword \"colour\""));
    EXPECT_THAT(parse_conninfo("postgres://db/x?colour=red").complaints,
                ElementsAre("has the unknown keyword \"colour\""));
}

TEST(parse_conninfo, one_host_one_port) {
    EXPECT_THAT(parse_conninfo("postgres://a:1,b:2/x").complaints, ElementsAre(HasSubstr("several hosts")));
    EXPECT_THAT(parse_conninfo("host=a,b").complaints, ElementsAre(HasSubstr("several hosts")));
    EXPECT_THAT(parse_conninfo("postgres://a:0/x").complaints, ElementsAre(HasSubstr("from 1 to 65535")));
    EXPECT_THAT(parse_conninfo("postgres://a:65536/x").complaints, ElementsAre(HasSubstr("from 1 to 65535")));
}

TEST(parse_conninfo, names) {
    EXPECT_THAT(parse_conninfo("postgres://u%0a@db/" + std::string(64, 'x')).complaints,
                ElementsAre("the user holds a control character",
                            "the database is longer than 63 bytes, where PostgreSQL cuts names"));
    EXPECT_THAT(parse_conninfo("postgres://db/%80").complaints, ElementsAre("the database is not UTF-8"));
    EXPECT_THAT(parse_conninfo("postgres://%2Frun%2F%80/x").complaints, ElementsAre("the host is not a path"));
}

TEST(parse_conninfo, not_for_us) {
    EXPECT_THAT(parse_conninfo("mysql://db/x").complaints,
                ElementsAre("has the unknown URL scheme \"mysql\": write postgres://"));
    EXPECT_THAT(parse_conninfo("postgresql+psycopg2://db/x").complaints,
                ElementsAre(HasSubstr("\"postgresql+psycopg2\"")));
    EXPECT_THAT(parse_conninfo("db.internal").complaints, ElementsAre(HasSubstr("is neither a URL")));
    EXPECT_THAT(parse_conninfo("host='db").complaints, ElementsAre(HasSubstr("closing")));
    EXPECT_THAT(parse_conninfo("postgres://u:%zz@db/x").complaints, ElementsAre(HasSubstr("%25")));
    EXPECT_THAT(parse_conninfo(std::string("host=db\0x", 9)).complaints, ElementsAre(HasSubstr("is neither a URL")));
}

TEST(parse_conninfo, no_complaint_shows_a_piece_of_the_password) {
    for (const char* text :
         {"postgres://u:sEcReT%zz@db/x", "postgres://u:sEcReT/more@db/x", "postgres://u:sEcReT@[db/x",
          "mysql://u:sEcReT@db/x", "u:sEcReT@db/x", "password=sEcReT host", "password='sEcReT host=db",
          "postgres://u:sEcReT@db/x?sEcReT", "postgres://u:sEcReT@db:port/x", "postgres://u@db/x?sslmode=sEcReT",
          "postgres://u:a/sEcReT?b@db/x", "host=db port=sEcReT", "host='sEcReT x'", "u:sEcReT://u@db/x",
          "postgres://u:sEcReT%00@db/x", "postgres://u:sEcReT,x@db,db2/x?options=sEcReT"}) {
        const auto complaints = parse_conninfo(text).complaints;
        EXPECT_THAT(complaints, Not(IsEmpty())) << text;
        for (const std::string& each : complaints) EXPECT_THAT(each, Not(HasSubstr("sEcReT"))) << text;
    }
}

}  // namespace
}  // namespace pgweir::config
