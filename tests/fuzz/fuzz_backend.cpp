// One server message: a header with any length field, then a body that ends where the input ends.
#include "fuzz_target.hpp"
#include "wire/backend_rules.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pgweir::test;
    require_unbroken(broken_backend_rule(input_view(data, size)));
    return 0;
}
