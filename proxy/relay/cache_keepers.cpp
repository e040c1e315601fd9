#include "relay/cache_keepers.hpp"

#include <string>

#include "relay/client_id.hpp"

namespace pgweir::relay {

void cache_keepers::keep(shared_pool& of) {
    if (of.cache() == nullptr || of.cache()->take_keeper()) return;
    workers_.post(first_worker, [this, &of] {
        cache_domain& domain = *of.cache();
        auto& made = keepers_[&domain];
        if (made) return;
        made = std::make_unique<cache_keeper>(with_, of, domain, std::to_string(random_.number()));
        domain.set_watcher([this, keeper = made.get()](std::int32_t process_id) {
            workers_.post(first_worker, [keeper, process_id] { keeper->watch(process_id); });
        });
        made->start();
    });
}

}  // namespace pgweir::relay
