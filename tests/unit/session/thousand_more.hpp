#pragma once

#include <cstdint>

#include "session/hub_messages.hpp"

namespace pgweir::test {

/// The client of each server process has the number that is a thousand higher.
class thousand_more final : public session::notifier_names {
public:
    std::int32_t client_of(std::int32_t backend) const override { return backend + 1000; }
};

}  // namespace pgweir::test
