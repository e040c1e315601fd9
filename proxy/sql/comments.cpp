#include "sql/comments.hpp"

#include "sql/tokens.hpp"

namespace pgweir::sql {

namespace {

bool may_begin_comment(std::string_view text) {
    return text.find("--") != std::string_view::npos || text.find("/*") != std::string_view::npos;
}

}  // namespace

// Strings that are continued on another line are one token, so the gap between two tokens never joins them.
void append_without_comments(std::string& out, std::string_view text, bool standard_conforming_strings) {
    if (!may_begin_comment(text)) {
        out += text;
        return;
    }
    tokens all(text, standard_conforming_strings);
    const std::size_t begin = out.size();
    const char* done = text.data();
    for (token next = all.next(); next.kind != token_kind::end; next = all.next()) {
        const std::string_view gap(done, static_cast<std::size_t>(next.text.data() - done));
        if (!may_begin_comment(gap))
            out += gap;
        else if (out.size() > begin)
            out += ' ';
        out += next.text;
        done = next.text.data() + next.text.size();
    }
    const std::string_view rest(done, static_cast<std::size_t>(text.data() + text.size() - done));
    if (!may_begin_comment(rest) || all.ended_inside()) out += rest;
}

}  // namespace pgweir::sql
