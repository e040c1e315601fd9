#include "pool/limits.hpp"

#include <utility>

namespace pgweir::pool {
namespace {

// The first byte keeps the kinds apart; a zero byte cannot occur in a name that came in a startup packet.
std::string process_key() {
    return "p";
}

std::string database_key(std::string_view database) {
    return std::string("d").append(database);
}

std::string user_key(std::string_view database, std::string_view user) {
    return std::string("u").append(database).append(1, '\0').append(user);
}

std::string address_key(std::string_view database, std::string_view address) {
    return std::string("a").append(database).append(1, '\0').append(address);
}

}  // namespace

admission::admission(admission&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), entries_(std::exchange(other.entries_, {})) {}

admission& admission::operator=(admission&& other) noexcept {
    if (this != &other) {
        release();
        owner_ = std::exchange(other.owner_, nullptr);
        entries_ = std::exchange(other.entries_, {});
    }
    return *this;
}

void admission::release() noexcept {
    if (owner_ == nullptr) return;
    for (entry*& used : entries_) {
        if (used != nullptr) owner_->forget(used);
        used = nullptr;
    }
    owner_ = nullptr;
}

base::result<admission> client_limits::connect(std::uint32_t most) {
    if (most != 0 && connections() >= most) return error_code::too_many_clients;
    admission place;
    place.owner_ = this;
    place.entries_[0] = enter(process_key());
    return place;
}

base::result<admission> client_limits::login(std::string_view database, std::string_view user, std::string_view address,
                                             const ceilings& most) {
    const std::string database_name = database_key(database);
    const std::string user_name = user_key(database, user);
    const std::string address_name = address_key(database, address);
    const auto full = [this](std::uint32_t limit, const std::string& key) { return limit != 0 && count(key) >= limit; };
    if (full(most.database, database_name)) return error_code::too_many_database_clients;
    if (full(most.user, user_name)) return error_code::too_many_user_clients;
    const bool by_address = !address.empty();
    if (by_address && full(most.address, address_name)) return error_code::too_many_address_clients;

    admission place;
    place.owner_ = this;
    place.entries_[0] = enter(database_name);
    place.entries_[1] = enter(user_name);
    if (by_address) place.entries_[2] = enter(address_name);
    return place;
}

std::uint32_t client_limits::connections() const {
    return count(process_key());
}

std::uint32_t client_limits::clients_of(std::string_view database) const {
    return count(database_key(database));
}

std::uint32_t client_limits::clients_of(std::string_view database, std::string_view user) const {
    return count(user_key(database, user));
}

std::uint32_t client_limits::count(const std::string& key) const {
    const auto found = counts_.find(key);
    return found == counts_.end() ? 0 : found->second;
}

admission::entry* client_limits::enter(const std::string& key) {
    auto& entry = *counts_.try_emplace(key, 0).first;
    ++entry.second;
    return &entry;
}

void client_limits::forget(admission::entry* used) noexcept {
    if (--used->second == 0) counts_.erase(counts_.find(used->first));
}

}  // namespace pgweir::pool
