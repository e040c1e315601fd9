// The rules that hold for any input, tried on mutated messages. The same rules are the fuzz targets' assertions; this
// is the part of them that runs with every build.
#include <gtest/gtest.h>

#include <random>

#include "wire/backend_rules.hpp"
#include "wire/exact_copy.hpp"
#include "wire/frontend_rules.hpp"
#include "wire/samples.hpp"
#include "wire/startup_rules.hpp"

namespace pgweir::test {
namespace {

class mutator {
public:
    std::string operator()(std::string bytes) {
        for (std::size_t count = below(4) + 1; count > 0; --count) change(bytes);
        return bytes;
    }

private:
    std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

    char interesting_byte() {
        static constexpr std::string_view bytes("\0\1\2\4\x7f\x80\xfe\xff-= \\", 12);
        return below(3) == 0 ? static_cast<char>(below(256)) : bytes[below(bytes.size())];
    }

    void change(std::string& bytes) {
        if (bytes.empty()) bytes.push_back(interesting_byte());
        const std::size_t at = below(bytes.size());
        switch (below(4)) {
            case 0: bytes[at] = interesting_byte(); break;
            case 1: bytes.erase(at, below(4) + 1); break;
            case 2: bytes.insert(at, below(4) + 1, interesting_byte()); break;
            default: bytes.resize(at); break;
        }
    }

    std::mt19937 random_{20240917};
};

template <class Rule>
void expect_no_broken_rule(const std::vector<std::string>& samples, Rule rule) {
    mutator mutated;
    for (const std::string& sample : samples) {
        ASSERT_EQ(rule(exact_copy(sample).view()), "") << testing::PrintToString(sample);
        for (int i = 0; i < 3000; ++i) {
            const std::string input = mutated(sample);
            ASSERT_EQ(rule(exact_copy(input).view()), "") << testing::PrintToString(input);
        }
    }
}

TEST(mutation, frontend_messages) {
    expect_no_broken_rule(frontend_samples(), broken_frontend_rule);
}

TEST(mutation, backend_messages) {
    expect_no_broken_rule(backend_samples(), broken_backend_rule);
}

TEST(mutation, startup_packets) {
    expect_no_broken_rule(startup_samples(), broken_startup_rule);
}

TEST(mutation, startup_options) {
    expect_no_broken_rule(option_samples(), broken_options_rule);
}

}  // namespace
}  // namespace pgweir::test
