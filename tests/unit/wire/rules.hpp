#pragma once

#include <string>
#include <string_view>

#include "wire/frame.hpp"

/// What must hold for any bytes at all, shared by the fuzz targets and the unit tests: each broken_*_rule() returns
/// the name of the rule that the input breaks, or nothing. Decoders must also never read outside the input, which the
/// sanitizer sees.
namespace pgweir::test {

/// A message written again must be the bytes it was read from.
class rewritten {
public:
    explicit rewritten(std::string_view body) : body_(body) {}
    std::string& out() { return out_; }
    bool same() const { return std::string_view(out_).substr(wire::header_size) == body_; }

private:
    std::string_view body_;
    std::string out_;
};

/// Of a header in either direction, before any body is looked at.
template <class Read, class Why, class Find>
std::string broken_header_rule(std::string_view input, Read read, Why why, Find find) {
    wire::header found{'?', 1};
    const wire::header_state state = read(input, found);
    const bool has_reason = bool(why(input));
    switch (state) {
        case wire::header_state::incomplete:
            if (input.size() >= wire::header_size || has_reason) return "incomplete means too short, and no more";
            break;
        case wire::header_state::invalid:
            if (!has_reason) return "what is invalid has a reason";
            break;
        case wire::header_state::complete: {
            if (has_reason) return "what is complete has no reason";
            const wire::message_info* info = find(input.front());
            if (info == nullptr || found.tag != info->tag || !info->allows(found.size)) return "the table's limits";
            return "";
        }
    }
    return found.tag == '?' && found.size == 1 ? "" : "only a complete header is written";
}

}  // namespace pgweir::test
