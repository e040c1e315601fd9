#include "net/error.hpp"

#include <string>

namespace pgweir::net {
namespace {

class category final : public std::error_category {
public:
    const char* name() const noexcept override { return "net"; }

    std::string message(int code) const override {
        switch (static_cast<error_code>(code)) {
            case error_code::bad_address: return "not a valid address";
            case error_code::name_not_resolved: return "host name could not be resolved";
            case error_code::name_service_failed: return "the name service did not answer";
        }
        return "unknown error";
    }
};

}  // namespace

const std::error_category& error_category() noexcept {
    static const category instance;
    return instance;
}

}  // namespace pgweir::net
