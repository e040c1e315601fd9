// A configuration file: YAML, substitution, every value parser, the checks, and what is shown of it.
#include "config/config_rules.hpp"
#include "fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pgweir::test;
    require_unbroken(broken_config_rule(input_view(data, size)));
    return 0;
}
