// The rules that hold for any input, tried on recorded logins with changes. They are the fuzz target's assertions too.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "auth/login_rules.hpp"

namespace pgweir::auth {
namespace {

using namespace test;

/// What one side of a login receives, as an input for broken_auth_rule().
std::string recorded(std::size_t selector, char tag, const std::vector<message>& messages) {
    std::string input(1, static_cast<char>(selector));
    for (const auto& sent : messages)
        if (sent.tag == tag) bodies::append(input, sent.body);
    return input;
}

std::vector<std::string> samples() {
    std::vector<std::string> inputs;
    for (std::size_t kind = 0; kind < sample_secrets; ++kind)
        for (std::size_t wanted = 0; wanted < methods.size(); ++wanted) {
            const auto messages = play(methods[wanted], "app", sample_secret(kind), "pencil").messages;
            const std::size_t variant = kind * methods.size() + wanted;
            inputs.push_back(recorded(variant * 3, 'p', messages));
            for (std::size_t with = 0; with < 4; ++with) inputs.push_back(recorded(with * 3 + 1, 'R', messages));
        }
    for (const std::string text : {"md5", "10.0.0.0/8", "::ffff:10.0.0.0/104", "fe80::1%eth0", "::1",
                                   "Zm9vYmE=", "a\u00a0b\u00adc", "SCRAM-SHA-256$1:c2FsdA==$"})
        inputs.push_back("\x02" + text);
    inputs.push_back("\x02" + to_text(make_verifier("pencil", "0123456789abcdef", 2)));
    return inputs;
}

std::string mutate(std::string bytes, std::mt19937& random) {
    const auto below = [&](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    for (std::size_t count = below(3) + 1; count > 0; --count) {
        const std::size_t at = below(bytes.size() + 1);
        const auto byte = static_cast<char>(below(256));
        switch (below(4)) {
            case 0: bytes.insert(at, below(4) + 1, byte); break;
            case 1: bytes.erase(at, below(4) + 1); break;
            case 2: bytes.resize(at); break;
            default:
                if (at < bytes.size()) bytes[at] = byte;
                break;
        }
    }
    return bytes;
}

TEST(mutation, no_rule_breaks) {
    std::mt19937 random(20240917);
    for (const auto& sample : samples()) {
        ASSERT_EQ(broken_auth_rule(sample), "") << testing::PrintToString(sample);
        for (int i = 0; i < 200; ++i) {
            const auto input = mutate(sample, random);
            ASSERT_EQ(broken_auth_rule(input), "") << testing::PrintToString(input);
        }
    }
}

}  // namespace
}  // namespace pgweir::auth
