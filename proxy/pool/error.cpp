#include "pool/error.hpp"

#include <string>

namespace pgweir::pool {
namespace {

class category : public std::error_category {
public:
    const char* name() const noexcept override { return "pool"; }

    std::string message(int value) const override {
        switch (static_cast<error_code>(value)) {
            case error_code::too_many_clients: return "too many clients";
            case error_code::too_many_database_clients: return "too many clients of this database";
            case error_code::too_many_user_clients: return "too many clients of this user";
            case error_code::too_many_address_clients: return "too many clients from this address";
        }
        return "unknown error";
    }
};

}  // namespace

const std::error_category& error_category() noexcept {
    static const category instance;
    return instance;
}

}  // namespace pgweir::pool
