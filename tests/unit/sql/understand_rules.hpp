#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "sql/parse_tree.hpp"
#include "sql/scan.hpp"
#include "sql/shape.hpp"
#include "sql/tokens.hpp"
#include "sql/tree_depth.hpp"
#include "sql/understand.hpp"
#include "sql/words.hpp"

/// What must hold for every text; shared by the unit tests and the fuzz target. Each returns the broken rule or "".
namespace pgweir::test {

inline sql::effect effect_of(sql::statement_class what) {
    using enum sql::statement_class;
    using sql::effect;
    switch (what) {
        case select:
        case explain:
        case show:
        case fetch:
        case savepoint:
        case lock:
        case notify:
        case rollback_prepared:
        case refresh:
        case maintenance:
        case ddl: return effect::none;
        case insert:
        case update:
        case delete_:
        case merge:
        case truncate: return effect::data_modifying;
        case copy_from:
        case copy_to: return effect::copy;
        case set:
            return effect::set_named | effect::set_other | effect::set_role | effect::set_session_authorization |
                   effect::session_characteristics | effect::setseed | effect::set_transaction;
        case set_local: return effect::set_transaction;
        case reset:
            return effect::reset | effect::reset_all | effect::set_role | effect::set_session_authorization |
                   effect::set_other | effect::set_transaction | effect::setseed;
        case discard: return effect::discard_all | effect::discard_other;
        case begin: return effect::begins_transaction;
        case commit: return effect::explicit_commit;
        case rollback: return effect::ends_transaction;
        case rollback_to: return effect::rollback_to;
        case prepare_transaction: return effect::prepare_transaction;
        case commit_prepared: return effect::explicit_commit;
        case prepare: return effect::prepare;
        case execute: return effect::execute;
        case deallocate: return effect::deallocate | effect::deallocate_all;
        case declare_cursor: return effect::declare_cursor;
        case close_cursor: return effect::releases;
        case listen: return effect::listen;
        case unlisten: return effect::unlisten;
        case load: return effect::load;
        case call: return effect::call;
        case do_block: return effect::do_block;
    }
    return effect::none;
}

inline bool only_reads(sql::statement_class what) {
    using enum sql::statement_class;
    return what == select || what == explain || what == show || what == fetch;
}

/// What the grammar finds, the scan has to report; it may report more.
inline std::string broken_scan_agreement(std::string_view text, const sql::statement_facts& facts) {
    using sql::effect;
    const effect scanned = sql::scan(text).flags;
    if (facts.statements.size() > 1 && !has(scanned, effect::multi_statement)) return "several statements are seen";
    if (has(scanned, effect::empty) && !facts.statements.empty()) return "a text with statements is not empty";
    for (const sql::statement_class what : facts.statements) {
        const effect wanted = effect_of(what);
        if (wanted != effect::none && !has(scanned, wanted))
            return "the scan sees what the grammar sees: " + std::string(name_of(what));
        if (has(scanned, effect::plain_read) && !only_reads(what)) return "what is no read is not taken for one";
    }
    if (has(scanned, effect::plain_read) && (!facts.writes.empty() || facts.writes_more))
        return "what writes is not taken for a read";
    for (const sql::qualified_name& function : facts.functions) {
        effect wanted = sql::find_word(function.name).caused;
        if (wanted == effect::none) continue;
        if (wanted == effect::set_config) wanted |= effect::local_config;
        if (!has(scanned, wanted | effect::session_function)) return "a function is seen: " + function.name;
    }
    // INSERT INTO temp writes a table of that name; SELECT INTO TEMP inside of an INSERT the server refuses.
    const bool into_means_table = std::ranges::any_of(facts.statements, [](sql::statement_class what) {
        return what == sql::statement_class::insert || what == sql::statement_class::merge;
    });
    if (facts.creates_temporary && !into_means_table && !has(scanned, effect::temp_object | effect::session_function))
        return "something temporary is seen";
    if (facts.holds_cursor && !has(scanned, effect::with_hold)) return "a held cursor is seen";
    if (has(facts.reasons, sql::reason::time_literal) && !has(scanned, effect::time_literal))
        return "a moment in a string is seen";
    return "";
}

inline std::string broken_shape_rule(std::string_view text, const sql::statement_facts& facts) {
    if (text.size() > sql::max_understood_bytes) return "";
    std::string shape;
    sql::integer_places integers;
    sql::write_shape(text, shape, integers);
    std::string again = "what stood there before";
    std::string alike(text);
    for (char& c : alike)
        if (c >= '0' && c <= '9') c = c == '9' ? '1' : static_cast<char>(c + 1);
    sql::write_shape(alike, again);
    if (integers.are_all_that_differs(alike, text) && again != shape)
        return "texts that differ in integers have one shape: " + shape + " and " + again;
    sql::write_shape(shape, again);
    if (again != shape) return "a shape is its own shape: " + shape + " became " + again;
    // A parameter's number of one digit may become longer, never by more than one byte for two.
    if (shape.size() <= sql::max_understood_bytes && !(sql::understand(shape) == facts))
        return "a text is understood as its shape is: " + shape;
    return "";
}

inline std::size_t nodes_below(const sql::parse_tree::message& node) {
    std::size_t deepest = 0;
    sql::for_each_child(node, [&](const auto& child) { deepest = std::max(deepest, nodes_below(child)); });
    return deepest + 1;
}

/// Requires a text that was understood.
inline std::string broken_depth_rule(std::string_view text) {
    const sql::parse_tree tree{std::string(text)};
    if (tree.root() == nullptr) return "what was understood parses";
    const std::size_t bound = sql::tree_depth_bound(text, sql::max_tree_depth);
    const std::size_t depth = nodes_below(tree.root()->base);
    if (depth > bound) return "a tree of depth " + std::to_string(depth) + " has the bound " + std::to_string(bound);
    return "";
}

/// Where a name, a string, a number or a parameter begins and ends, the lexer of PostgreSQL and ours agree. Requires
/// a text that was understood.
inline std::string broken_lexer_agreement(std::string_view text) {
    struct piece {
        std::size_t begin, end;
        bool operator==(const piece&) const = default;
    };
    // PostgreSQL's lexer looks behind U&'...' and U&"..." for UESCAPE, and reports another end.
    const auto between = [text](std::size_t begin, std::size_t end) {
        const bool unicode =
            (text[begin] == 'U' || text[begin] == 'u') && begin + 1 < text.size() && text[begin + 1] == '&';
        return piece{begin, unicode ? begin : end};
    };
    const auto is_operator_or_comment = [text](std::size_t begin) {
        const char c = text[begin];
        const bool word = std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
        const bool number =
            c == '.' && begin + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[begin + 1]));
        return !word && !number && c != '_' && c != '"' && c != '\'' && c != '$';
    };
    std::vector<piece> theirs;
    const std::string copy(text);
    const PgQueryScanResult scanned = pg_query_scan(copy.c_str());
    if (scanned.error == nullptr) {
        PgQuery__ScanResult* found = pg_query__scan_result__unpack(
            nullptr, scanned.pbuf.len, reinterpret_cast<const std::uint8_t*>(scanned.pbuf.data));
        for (std::size_t i = 0; i < found->n_tokens; ++i) {
            const auto begin = static_cast<std::size_t>(found->tokens[i]->start);
            if (is_operator_or_comment(begin)) continue;
            const auto end = static_cast<std::size_t>(found->tokens[i]->end);
            // N'...' is a word and a string that touch.
            const bool after_n = !theirs.empty() && theirs.back().end == begin && begin - theirs.back().begin == 1 &&
                                 (text[begin - 1] == 'n' || text[begin - 1] == 'N');
            if (after_n && text[begin] == '\'')
                theirs.back().end = end;
            else
                theirs.push_back(between(begin, end));
        }
        pg_query__scan_result__free_unpacked(found, nullptr);
    }
    const bool failed = scanned.error != nullptr;
    pg_query_free_scan_result(scanned);
    if (failed) return "";

    std::vector<piece> ours;
    sql::tokens source(text);
    for (sql::token t = source.next(); t.kind != sql::token_kind::end; t = source.next()) {
        const auto begin = static_cast<std::size_t>(t.text.data() - text.data());
        if (t.kind != sql::token_kind::symbol && t.kind != sql::token_kind::semicolon)
            ours.push_back(between(begin, begin + t.text.size()));
    }
    const auto [one, other] = std::ranges::mismatch(ours, theirs);
    if (one == ours.end() && other == theirs.end()) return "";
    return "tokens begin and end where PostgreSQL's do: " +
           std::string(text.substr(one != ours.end() ? one->begin : other->begin, 40));
}

inline std::string broken_understanding_rule(std::string_view text) {
    const sql::statement_facts facts = sql::understand(text);
    if (std::string rule = broken_shape_rule(text, facts); !rule.empty()) return rule;
    if (!facts.understood()) return facts.writes_more ? "" : "what is not understood may do anything";
    if (std::string rule = broken_scan_agreement(text, facts); !rule.empty()) return rule;
    if (std::string rule = broken_depth_rule(text); !rule.empty()) return rule;
    return broken_lexer_agreement(text);
}

}  // namespace pgweir::test
