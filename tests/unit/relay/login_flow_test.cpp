#include "relay/login_flow.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "relay/login_lab.hpp"

namespace pgweir::relay::test {
namespace {

using session::outcome;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

struct login_flow_test : testing::Test {
    login_lab lab{auth::method::trust};
};

TEST_F(login_flow_test, encryption_requests_are_answered_no_and_the_login_goes_on) {
    EXPECT_EQ(lab.send(ssl_request()), step::wait);
    EXPECT_EQ(lab.told(), "N");
    EXPECT_EQ(lab.send(gssenc_request()), step::wait);
    EXPECT_EQ(lab.told(), "N");
    EXPECT_EQ(lab.send(startup()), step::proven);
    EXPECT_THAT(lab.told(), testing::StartsWith("R"));
}

TEST_F(login_flow_test, each_kind_of_encryption_may_be_asked_for_once) {
    for (const bool gss_first : {false, true}) {
        for (const bool gss_again : {false, true}) {
            login_lab one(auth::method::trust);
            one.send(gss_first ? gssenc_request() : ssl_request());
            one.send(gss_first ? ssl_request() : gssenc_request());
            EXPECT_EQ(one.told(), "NN");
            EXPECT_EQ(one.send(gss_again ? gssenc_request() : ssl_request()), step::failed);
            EXPECT_EQ(one.flow.failure().reason, outcome::unsupported_protocol);
            EXPECT_EQ(one.told(), "");
        }
    }
}

TEST_F(login_flow_test, nothing_may_follow_an_encryption_request_before_its_answer) {
    for (const std::string& request : {ssl_request(), gssenc_request()}) {
        for (const std::string& more : {std::string("\x16"), startup(), ssl_request()}) {
            login_lab one(auth::method::trust);
            EXPECT_EQ(one.send(request + more), step::failed);
            EXPECT_EQ(one.flow.failure().reason, outcome::protocol_violation);
            EXPECT_EQ(one.told(), "");
        }
    }
}

TEST_F(login_flow_test, a_cancel_request_needs_no_login) {
    EXPECT_EQ(lab.send(cancel_request(4711, "abcd")), step::cancel);
    EXPECT_EQ(lab.flow.packet().process_id, 4711);
    EXPECT_EQ(lab.flow.packet().secret_key, "abcd");
    EXPECT_EQ(lab.told(), "");
    EXPECT_EQ(lab.unread, "");
}

TEST_F(login_flow_test, a_cancel_request_may_come_behind_an_encryption_request) {
    lab.send(ssl_request());
    EXPECT_EQ(lab.send(cancel_request(-1, std::string(256, 'k'))), step::cancel);
    EXPECT_EQ(lab.flow.packet().secret_key, std::string(256, 'k'));
}

TEST_F(login_flow_test, the_database_is_called_like_the_user_unless_it_is_named) {
    lab.send(startup({{"user", "app"}}));
    EXPECT_EQ(lab.flow.user(), "app");
    EXPECT_EQ(lab.flow.database(), "app");
    login_lab empty(auth::method::trust);
    empty.send(startup({{"user", "app"}, {"database", ""}}));
    EXPECT_EQ(empty.flow.database(), "app");
    login_lab named(auth::method::trust);
    named.send(startup({{"database", "shop"}, {"user", "app"}}));
    EXPECT_EQ(named.flow.database(), "shop");
}

TEST_F(login_flow_test, a_user_must_be_named) {
    for (const startup_parameters& parameters :
         {startup_parameters{}, {{"database", "app"}}, {{"user", ""}}, {{"user", "app"}, {"user", ""}}}) {
        login_lab one(auth::method::trust);
        EXPECT_EQ(one.send(startup(parameters)), step::failed);
        EXPECT_EQ(one.flow.failure().message, "no PostgreSQL user name specified in startup packet");
        EXPECT_EQ(one.sqlstate(), "28000");
        EXPECT_EQ(one.told(), "");
    }
}

TEST_F(login_flow_test, settings_and_options_are_asked_for_by_names_in_lower_case) {
    lab.send(startup({{"user", "app"},
                      {"DateStyle", "ISO"},
                      {"options", "-c Search_Path=a\\ b --work-mem=1MB"},
                      {"TimeZone", "UTC"}}));
    EXPECT_THAT(lab.flow.settings(), ElementsAre(Pair("search_path", "a b"), Pair("work_mem", "1MB"),
                                                 Pair("datestyle", "ISO"), Pair("timezone", "UTC")));
}

TEST_F(login_flow_test, parameters_of_their_own_are_stronger_than_options_behind_them) {
    lab.send(startup({{"user", "app"},
                      {"client_encoding", "UTF8"},
                      {"application_name", "shop"},
                      {"options", "-c client_encoding=SQL_ASCII -c application_name=none"}}));
    EXPECT_EQ(lab.flow.settings().back(), session::parameters::entry("client_encoding", "UTF8"));
    EXPECT_EQ(lab.flow.application_name(), "shop");
}

TEST_F(login_flow_test, application_name_is_none_of_the_settings) {
    lab.send(startup({{"user", "app"}, {"Application_Name", "first"}, {"application_name", "shop"}}));
    EXPECT_THAT(lab.flow.settings(), IsEmpty());
    EXPECT_EQ(lab.flow.application_name(), "shop");
    login_lab in_options(auth::method::trust);
    in_options.send(startup({{"user", "app"}, {"options", "-c application_name=shop"}}));
    EXPECT_THAT(in_options.flow.settings(), IsEmpty());
    EXPECT_EQ(in_options.flow.application_name(), "shop");
}

TEST_F(login_flow_test, application_name_is_what_postgresql_would_report) {
    const auto reported = [](const std::string& name) {
        login_lab one(auth::method::trust);
        one.send(startup({{"user", "app"}, {"application_name", name}}));
        return one.flow.application_name();
    };
    EXPECT_EQ(reported("a b~!"), "a b~!");
    EXPECT_EQ(reported("a\nb\x7f\xc3\xa9"), "a?b???");
    EXPECT_EQ(reported(std::string(70, 'x')), std::string(63, 'x'));
    EXPECT_EQ(reported(""), "");
}

TEST_F(login_flow_test, options_that_are_no_settings_end_it) {
    EXPECT_EQ(lab.send(startup({{"user", "app"}, {"options", "-x"}})), step::failed);
    EXPECT_THAT(lab.flow.failure().message, testing::HasSubstr("options"));
    EXPECT_EQ(lab.told(), "");
}

/// wire/error.hpp: the two about command-line options are 42601.
TEST_F(login_flow_test, options_that_are_no_settings_are_a_syntax_error) {
    for (const char* options : {"-x", "-c work_mem"}) {
        login_lab one(auth::method::trust);
        ASSERT_EQ(one.send(startup({{"user", "app"}, {"options", options}})), step::failed);
        EXPECT_EQ(one.sqlstate(), "42601") << options;
    }
}

TEST_F(login_flow_test, replication_is_what_the_manual_says) {
    using replication = login_flow::replication;
    const auto wanted = [](const startup_parameters& more) {
        startup_parameters all{{"user", "app"}};
        all.insert(all.end(), more.begin(), more.end());
        login_lab one(auth::method::trust);
        EXPECT_EQ(one.send(startup(all)), step::proven);
        EXPECT_THAT(one.flow.settings(), IsEmpty());
        EXPECT_EQ(one.flow.wants_replication(), one.flow.wanted_replication() != replication::none);
        return one.flow.wanted_replication();
    };
    EXPECT_EQ(wanted({}), replication::none);
    for (const char* on : {"true", "on", "yes", "1", "TRUE", "On"})
        EXPECT_EQ(wanted({{"replication", on}}), replication::physical) << on;
    for (const char* off : {"false", "off", "no", "0"})
        EXPECT_EQ(wanted({{"replication", off}}), replication::none) << off;
    EXPECT_EQ(wanted({{"replication", "database"}}), replication::logical);
    EXPECT_EQ(wanted({{"replication", "database"}, {"replication", "off"}}), replication::none);
}

TEST_F(login_flow_test, of_newer_protocols_what_is_spoken_here_is_told) {
    EXPECT_EQ(lab.send(startup({{"user", "app"}, {"_pq_.command_tag", "on"}}, 2)), step::proven);
    std::string expected;
    const std::vector<std::string> unknown{"_pq_.command_tag"};
    wire::append_negotiate_protocol_version(expected, 0, unknown);
    wire::append_authentication_ok(expected);
    EXPECT_EQ(lab.told(), expected);
    EXPECT_THAT(lab.flow.settings(), IsEmpty());

    login_lab plain(auth::method::trust);
    plain.send(startup());
    EXPECT_THAT(plain.told(), testing::StartsWith("R")) << "nothing to negotiate";
}

TEST_F(login_flow_test, other_protocols_are_refused) {
    EXPECT_EQ(lab.send(std::string("\0\0\0\x09\0\2\0\0\0", 9)), step::failed);
    EXPECT_EQ(lab.flow.failure().reason, outcome::unsupported_protocol);
    EXPECT_EQ(lab.sqlstate(), "0A000");
    EXPECT_EQ(lab.told(), "");
}

TEST_F(login_flow_test, lengths_that_no_startup_packet_has_are_refused_at_once) {
    for (const std::string& length :
         {std::string("\0\0\0\7", 4), std::string("\0\0\x27\x15", 4), std::string("\xff\xff\xff\xff", 4),
          std::string("GET "), std::string("\x16\3\1\2")}) {
        login_lab one(auth::method::trust);
        EXPECT_EQ(one.send(length.substr(0, 3)), step::wait);
        EXPECT_EQ(one.send(length.substr(3)), step::failed);
        EXPECT_EQ(one.flow.failure().reason, outcome::protocol_violation);
        EXPECT_EQ(one.told(), "");
    }
}

TEST_F(login_flow_test, the_longest_startup_packet_is_taken) {
    const std::size_t rest = startup({{"user", "app"}, {"k", ""}}).size();
    const std::string longest = startup({{"user", "app"}, {"k", std::string(10004 - rest, 'v')}});
    ASSERT_EQ(longest.size(), wire::max_startup_packet_size);
    EXPECT_EQ(lab.send(longest), step::proven);
}

TEST_F(login_flow_test, packets_that_are_malformed_are_refused) {
    for (std::string bad : {startup().substr(0, startup().size() - 1), startup() + "x", ssl_request() + "x"}) {
        bad[3] = static_cast<char>(bad.size());
        login_lab one(auth::method::trust);
        EXPECT_EQ(one.send(bad), step::failed);
        EXPECT_EQ(one.flow.failure().reason, outcome::protocol_violation);
    }
}

TEST_F(login_flow_test, trust_is_for_this_machine_and_the_networks_that_are_allowed) {
    service_settings how = known_user(auth::method::trust);
    ASSERT_FALSE(how.trusted.add("10.0.0.0/8"));
    const auto comes_from = [&how](const peer_facts& peer) {
        login_lab one(how, peer);
        const step last = one.send(startup());
        if (last == step::failed) {
            EXPECT_EQ(one.flow.failure().reason, outcome::not_allowed);
            EXPECT_EQ(one.told(), "");
        }
        return last;
    };
    EXPECT_EQ(comes_from({.local = true, .address = ""}), step::proven);
    EXPECT_EQ(comes_from({.local = false, .address = "10.1.2.3"}), step::proven);
    EXPECT_EQ(comes_from({.local = false, .address = "::ffff:10.1.2.3"}), step::proven);
    EXPECT_EQ(comes_from({.local = false, .address = "11.1.2.3"}), step::failed);
    EXPECT_EQ(comes_from({.local = false, .address = ""}), step::failed);
    how.trusted = {};
    EXPECT_EQ(comes_from({.local = false, .address = "10.1.2.3"}), step::failed);
}

TEST_F(login_flow_test, trust_asks_nobody_for_a_name_that_is_known) {
    EXPECT_EQ(lab.send(startup({{"user", "stranger"}})), step::proven);
    EXPECT_EQ(lab.flow.credentials().user, "stranger");
    EXPECT_EQ(lab.flow.credentials().password, "");
}

TEST_F(login_flow_test, other_methods_are_for_every_address) {
    login_lab remote(known_user(auth::method::password), {.local = false, .address = "203.0.113.9"});
    EXPECT_EQ(remote.send(startup()), step::wait);
    EXPECT_EQ(remote.send(password("pencil")), step::proven);
}

}  // namespace
}  // namespace pgweir::relay::test
