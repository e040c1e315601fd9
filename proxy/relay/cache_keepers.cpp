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
        if (!store_.empty()) made->name_store(store_);
        made->start();
    });
}

void cache_keepers::name_store(const std::string& name) {
    const bool other = name != store_;
    store_ = name;
    for (auto& [domain, keeper] : keepers_) {
        if (other)
            keeper->name_store(name);
        else
            keeper->store_is_back();
    }
}

}  // namespace pgweir::relay
