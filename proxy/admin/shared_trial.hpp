#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "admin/store_trial.hpp"
#include "base/time.hpp"
#include "cache/shared_store.hpp"

namespace pgweir::admin {

/// Tries the store that several pgweirs share, over the connection of the worker on which it runs. What it writes stands
/// under a name that no database has, and is taken away again.
class shared_trial final : public store_trial {
public:
    /// `store` is that worker's. `name`: unique for ever. `at_least`: how long it is measured.
    shared_trial(cache::shared_store& store, std::string name, base::duration at_least = std::chrono::milliseconds(300))
        : store_(store), name_(std::move(name)), at_least_(at_least) {}

    std::string_view store() const override { return "redis"; }
    void run(std::uint32_t worker, result done) override;

private:
    cache::shared_store& store_;
    std::string name_;
    base::duration at_least_;
};

}  // namespace pgweir::admin
