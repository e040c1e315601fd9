#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "admin/command_table.hpp"
#include "admin/state_source.hpp"
#include "relay/virtual_database.hpp"

namespace pgweir::admin {

/// The virtual database `pgweir`, which also answers to `pgbouncer`: SHOW with PgBouncer's columns, so that its
/// exporter and dashboards find what they know.
class console final : public relay::virtual_database {
public:
    explicit console(state_source& source);
    console(const console&) = delete;
    console& operator=(const console&) = delete;

    /// One more command. Before the first client comes.
    void add(console_command command) { commands_.add(std::move(command)); }

    bool serves(std::string_view database) const override { return database == "pgweir" || database == "pgbouncer"; }
    void run(std::uint32_t worker, const relay::console_user& user, const std::string& text,
             std::function<void(std::string)> done) override {
        commands_.run(worker, user, text, std::move(done));
    }

private:
    void add_subjects();
    void add_what_drivers_send();

    state_source& source_;
    command_table commands_;
};

}  // namespace pgweir::admin
