#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "admin/state_source.hpp"
#include "relay/virtual_database.hpp"

namespace pgweir::admin {

/// The virtual database `pgweir`, which also answers to `pgbouncer`: SHOW with PgBouncer's columns, so that its
/// exporter and dashboards find what they know.
class console final : public relay::virtual_database {
public:
    explicit console(state_source& source) : source_(source) {}

    bool serves(std::string_view database) const override { return database == "pgweir" || database == "pgbouncer"; }
    void run(std::uint32_t worker, const std::string& user, const std::string& text,
             std::function<void(std::string)> done) override;

private:
    state_source& source_;
};

}  // namespace pgweir::admin
