#pragma once

#include <string>

#include "admin/cache_arguments.hpp"
#include "admin/command_table.hpp"
#include "admin/console.hpp"
#include "admin/state_source.hpp"
#include "relay/pool_directory.hpp"

namespace pgweir::admin {

/// What operators do to the result caches. Work that grows with the number of entries is done in steps, between which
/// clients are served.
class cache_commands {
public:
    /// Both outlive the last command.
    cache_commands(relay::pool_directory& directory, state_source& source) : directory_(directory), source_(source) {}

    void add_to(console& whose);

private:
    void clear(const command_request& request, const command_reply& reply) const;
    void show_entries(const command_request& request, const command_reply& reply) const;
    void test(const command_request& request, const command_reply& reply) const;
    void explain(const command_request& request, const command_reply& reply) const;

    relay::pool_directory& directory_;
    state_source& source_;
};

}  // namespace pgweir::admin
