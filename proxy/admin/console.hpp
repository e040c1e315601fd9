#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/state_source.hpp"
#include "relay/virtual_database.hpp"

namespace pgweir::admin {

/// The virtual database `pgweir`, which also answers to `pgbouncer`: SHOW with PgBouncer's columns, so that its
/// exporter and dashboards find what they know.
class console final : public relay::virtual_database {
public:
    console(state_source& source, std::vector<std::string> console_users, std::vector<std::string> stats_users)
        : source_(source), console_users_(std::move(console_users)), stats_users_(std::move(stats_users)) {}

    bool serves(std::string_view database) const override { return database == "pgweir" || database == "pgbouncer"; }
    bool admits(std::string_view user) const override;
    void run(std::uint32_t worker, const std::string& user, const std::string& text,
             std::function<void(std::string)> done) override;

private:
    state_source& source_;
    std::vector<std::string> console_users_;
    std::vector<std::string> stats_users_;
};

}  // namespace pgweir::admin
