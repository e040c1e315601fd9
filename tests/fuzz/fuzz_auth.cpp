// Both roles of a login, whole conversations, and the texts of the configuration. The first byte chooses.
#include "auth/login_rules.hpp"
#include "fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pgweir;
    test::require_unbroken(auth::test::broken_auth_rule(test::input_view(data, size)));
    return 0;
}
