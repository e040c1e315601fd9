#include "sql/understand.hpp"

#include <algorithm>
#include <string>

#include "sql/parse_tree.hpp"
#include "sql/tree_depth.hpp"
#include "sql/tree_walker.hpp"

namespace pgweir::sql {

namespace {

statement_facts only(reason why) {
    statement_facts facts;
    facts.reasons = why;
    facts.writes_more = true;
    return facts;
}

template <class Element>
void sort_and_keep_one_of_each(std::vector<Element>& elements) {
    std::ranges::sort(elements);
    elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
    elements.shrink_to_fit();
}

void tidy(statement_facts& facts) {
    for (auto* names : {&facts.reads, &facts.writes, &facts.functions, &facts.operators, &facts.types})
        sort_and_keep_one_of_each(*names);
    sort_and_keep_one_of_each(facts.fields);
    facts.statements.shrink_to_fit();
}

}  // namespace

statement_facts understand(std::string_view text) {
    if (text.size() > max_understood_bytes) return only(reason::too_long);
    // To libpg_query it would be the end of the text.
    if (text.find('\0') != std::string_view::npos) return only(reason::unparsed);
    if (tree_depth_bound(text, max_tree_depth) > max_tree_depth) return only(reason::too_deep);

    const parse_tree tree{std::string(text)};
    if (tree.root() == nullptr) return only(reason::unparsed);
    statement_facts facts;
    tree_walker(facts).walk(*tree.root());
    if (facts.statements.empty()) facts.reasons |= reason::empty;
    if (facts.statements.size() > 1) facts.reasons |= reason::multi_statement;
    tidy(facts);
    return facts;
}

}  // namespace pgweir::sql
