#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "relay/pool_directory.hpp"

namespace pgweir::relay::test {

using namespace std::chrono_literals;

using members = std::vector<std::unique_ptr<pool::member>>;

/// A database whose servers are all opened as `app`.
inline database_settings forced(const std::string& password = "pw") {
    database_settings how;
    how.upstream.host = "db";
    how.upstream.user = "app";
    how.upstream.password = password;
    return how;
}

/// A database where each client works under its own name.
inline database_settings unforced() {
    database_settings how;
    how.upstream.host = "db";
    return how;
}

inline auth::credentials proof_of(const std::string& user, const std::string& password) {
    auth::credentials proven;
    proven.user = user;
    proven.password = password;
    return proven;
}

/// The directory, and configurations that follow each other.
struct directory_lab {
    using databases = std::map<std::string, database_settings>;

    members serve_by(databases what) {
        auto made = std::make_shared<service_settings>();
        made->databases = std::move(what);
        current = std::move(made);
        return directory.serve_by(current, now);
    }

    /// A client that has just proved its password.
    shared_pool& login(const std::string& database, const std::string& user, const std::string& password = "pw") {
        const auto how = find_database(current, database);
        EXPECT_NE(how, nullptr);
        return directory.find_or_make(database, user, how, [&] {
            ++asked;
            return proof_of(user, password);
        });
    }

    std::vector<std::string> names() {
        std::vector<std::string> all;
        directory.for_each([&](shared_pool& each) { all.push_back(each.database() + "/" + each.user()); });
        return all;
    }

    /// nullptr if there is none.
    shared_pool* find(const std::string& database, const std::string& user) {
        shared_pool* found = nullptr;
        directory.for_each([&](shared_pool& each) {
            if (each.database() == database && each.user() == user) found = &each;
        });
        return found;
    }

    /// Requires that the pool wants a connect.
    pool::handover connect(shared_pool& to) {
        pool::slot place = to.servers.begin_connect(now);
        EXPECT_TRUE(place);
        return to.servers.connected(std::make_unique<pool::member>(++last_id, 0, std::move(place), now, 0), now);
    }

    std::unique_ptr<pool::member> lend(shared_pool& from) {
        pool::waiter client(0);
        auto got = from.servers.acquire(client, now);
        return got.server ? std::move(got.server) : connect(from).server;
    }

    void stock(shared_pool& with) { EXPECT_FALSE(with.servers.give_back(lend(with), now).must_close()); }

    std::uint32_t idle(const shared_pool& of) const { return of.servers.snapshot(now).idle; }

    pool_directory directory{2};
    std::shared_ptr<const service_settings> current = std::make_shared<service_settings>();
    base::time_point now{1000h};
    int asked = 0;  ///< how often a client was asked for what it has proved
    std::uint64_t last_id = 0;
};

}  // namespace pgweir::relay::test
