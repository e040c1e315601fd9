// What PostgreSQL's grammar says of a text, against the scan that decides pins and against the text's shape.
#include "fuzz_target.hpp"
#include "sql/understand_rules.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pgweir::test;
    require_unbroken(broken_understanding_rule(input_view(data, size)));
    return 0;
}
