#include "auth/scram_cache.hpp"

#include <algorithm>
#include <string>

#include "auth/scram.hpp"

namespace pgweir::auth {
namespace {

digest hash_of(std::string_view password, base::bytes_view salt, std::uint32_t iterations) {
    std::string question = std::to_string(iterations) + ":" + std::to_string(salt.size()) + ":";
    // Reserved at once: growing would leave pieces of the password in freed memory.
    question.reserve(question.size() + salt.size() + password.size());
    question.append(salt).append(password);
    const digest hash = sha256(question);
    wipe(question);
    return hash;
}

}  // namespace

digest scram_cache::salted_password(std::string_view password, base::bytes_view salt, std::uint32_t iterations) {
    const digest question = hash_of(password, salt, iterations);
    const auto known = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const entry& candidate) { return candidate.question == question; });
    if (known != entries_.end()) {
        entries_.splice(entries_.begin(), entries_, known);
        return entries_.front().answer;
    }
    ++misses_;
    if (entries_.size() == capacity) entries_.pop_back();
    entries_.push_front({question, auth::salted_password(password, salt, iterations)});
    return entries_.front().answer;
}

}  // namespace pgweir::auth
