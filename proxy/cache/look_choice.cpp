#include "cache/look_choice.hpp"

#include "base/hash.hpp"

namespace pgweir::cache {

look_choice::experience& look_choice::of(std::string_view text) noexcept {
    return all_[base::fingerprint(text.substr(0, compared), seed_) % all_.size()];
}

bool look_choice::takes(std::string_view text) noexcept {
    experience& so_far = of(text);
    if (!so_far.looks_at_few || ++so_far.passed == few) {
        so_far.passed = 0;
        return true;
    }
    return false;
}

void look_choice::note(std::string_view text, bool of_use) noexcept {
    experience& so_far = of(text);
    if (of_use) ++so_far.of_use;
    if (++so_far.looks < (so_far.looks_at_few ? measure_of_few : measure)) return;
    so_far.looks_at_few = so_far.of_use < so_far.looks / share;
    so_far.looks = so_far.of_use = 0;
}

}  // namespace pgweir::cache
