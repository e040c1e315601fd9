#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cache/settings.hpp"
#include "metrics/snapshot.hpp"
#include "redis/link.hpp"
#include "redis/shared_store.hpp"
#include "relay/client_id.hpp"
#include "relay/worker.hpp"

namespace pgweir::runtime {

/// Each worker's way to the Redis that several pgweirs share.
class shared_stores {
public:
    /// `told`: of which data it has, on the first worker, each time that this one has connected. The workers do not run
    /// yet, and outlive this. The URL is a valid one.
    shared_stores(const cache::redis_settings& how, std::vector<relay::worker*> workers,
                  std::function<void(const std::string& data)> told);

    /// Any thread.
    metrics::store_snapshot look() const;

private:
    struct store {
        store(relay::worker& host, const redis::settings& how, redis::link_events told)
            : link({host.reactor(), host.deadlines(), host.random()}, how, std::move(told)),
              shared(host.reactor(), link, host.random()) {}

        redis::link link;
        redis::shared_store shared;
    };

    std::vector<std::unique_ptr<store>> stores_;
};

}  // namespace pgweir::runtime
