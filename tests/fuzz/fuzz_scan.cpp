// The keyword scan that decides pins. The first byte switches standard_conforming_strings.
#include "fuzz_target.hpp"
#include "sql/scan_rules.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pgweir::test;
    if (size == 0) return 0;
    const bool standard_conforming_strings = data[0] != '0';
    const std::string_view text = input_view(data + 1, size - 1);
    require_unbroken(broken_token_rule(text, standard_conforming_strings));
    require_unbroken(broken_scan_rule(text, standard_conforming_strings));
    return 0;
}
