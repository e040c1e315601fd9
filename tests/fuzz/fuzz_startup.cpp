// What a client sends first: the packets without a tag.
#include "fuzz_target.hpp"
#include "wire/startup_rules.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pgweir::test;
    require_unbroken(broken_startup_rule(input_view(data, size)));
    return 0;
}
