#pragma once

#include <memory>

#include "config/settings.hpp"
#include "relay/settings.hpp"

namespace pgweir::runtime {

/// What the workers serve by, from what was configured. Works out one SCRAM verifier for each clear password, a
/// millisecond each, so that no login has to.
std::shared_ptr<const relay::service_settings> build_service(const config::settings& configured);

/// The same after a reload. Of users whose password is as it was the verifier is kept, and with it the salt.
std::shared_ptr<const relay::service_settings> rebuild_service(const config::settings& configured,
                                                               const config::settings& before,
                                                               const relay::service_settings& built_before);

}  // namespace pgweir::runtime
