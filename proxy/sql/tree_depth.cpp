#include "sql/tree_depth.hpp"

#include <array>
#include <cstdint>

#include "sql/tokens.hpp"
#include "sql/words.hpp"

namespace pgweir::sql {

namespace {

// Nodes that one construct can put on the way from the root to a leaf. A bracket's share pays for everything between it
// and the next bracket that does not count by itself: clause, target, OR, AND, sublink.
constexpr std::size_t statement_nodes = 24;
constexpr std::size_t bracket_nodes = 12;
constexpr std::size_t case_nodes = 8;
constexpr std::size_t link_nodes = 2;

enum class role : std::uint8_t {
    none,
    operand_end,  // AND, OR: what comes before is no ancestor of what follows
    between,
    link,  // of a chain that AND and commas interrupt
    long_link,  // the same, with a node more in it
    lasting_link,  // of a chain of clauses, which they do not interrupt
    case_begin,
    case_end,
};

struct counted_word {
    std::string_view text;
    role is;
};

constexpr std::array counted_words{
    counted_word{"and", role::operand_end},
    counted_word{"or", role::operand_end},
    counted_word{"between", role::between},
    counted_word{"not", role::link},
    counted_word{"is", role::link},
    counted_word{"isnull", role::link},
    counted_word{"notnull", role::link},
    counted_word{"in", role::link},
    counted_word{"like", role::link},
    counted_word{"ilike", role::link},
    counted_word{"escape", role::link},
    counted_word{"collate", role::link},
    counted_word{"at", role::link},
    counted_word{"operator", role::link},
    counted_word{"similar", role::long_link},
    counted_word{"union", role::lasting_link},
    counted_word{"except", role::lasting_link},
    counted_word{"intersect", role::lasting_link},
    counted_word{"join", role::lasting_link},
    counted_word{"case", role::case_begin},
    counted_word{"end", role::case_end},
};

role role_of(std::string_view name) noexcept {
    for (const counted_word& one : counted_words)
        if (same_word(name, one.text)) return one.is;
    return role::none;
}

class depth_counter {
public:
    std::size_t run(std::string_view text, std::size_t enough) noexcept;

private:
    // Between a bracket (or CASE) and its end.
    struct level {
        std::size_t own = 0;
        std::size_t chain = 0;  // operators in a row, each of which may contain what follows or what came before
        std::size_t lasting = 0;  // UNION and JOIN
        std::size_t betweens = 0;  // whose AND has not come
        bool is_case = false;
    };

    level& top() noexcept { return levels_[depth_]; }
    void add(std::size_t level::* counter, std::size_t nodes) noexcept;
    void interrupt_chain() noexcept;
    void open(std::size_t nodes, bool is_case) noexcept;
    void close() noexcept;
    void close_bracket() noexcept;
    void restart() noexcept;
    void take_word(std::string_view name, bool is_field) noexcept;
    void take_symbol(char symbol) noexcept;

    std::array<level, 512> levels_;
    std::size_t depth_ = 0;
    std::size_t total_ = 0;
    std::size_t highest_ = 0;
};

void depth_counter::add(std::size_t level::* counter, std::size_t nodes) noexcept {
    top().*counter += nodes;
    total_ += nodes;
    if (total_ > highest_) highest_ = total_;
}

void depth_counter::interrupt_chain() noexcept {
    total_ -= top().chain;
    top().chain = 0;
}

void depth_counter::open(std::size_t nodes, bool is_case) noexcept {
    // Deeper than the array is deeper than anybody asks for.
    if (depth_ + 1 == levels_.size()) {
        highest_ = static_cast<std::size_t>(-1);
        return;
    }
    levels_[++depth_] = {};
    top().is_case = is_case;
    add(&level::own, nodes);
}

void depth_counter::close() noexcept {
    total_ -= top().own + top().chain + top().lasting;
    --depth_;
}

// CASE may also be a column's label, and then has no END.
void depth_counter::close_bracket() noexcept {
    while (depth_ > 0 && top().is_case) close();
    if (depth_ > 0) close();
}

void depth_counter::restart() noexcept {
    levels_[0] = {};
    depth_ = total_ = 0;
    add(&level::own, statement_nodes);
}

void depth_counter::take_word(std::string_view name, bool is_field) noexcept {
    switch (role_of(name)) {
        case role::none: return;
        case role::operand_end:
            if (top().betweens == 0) return interrupt_chain();
            --top().betweens;
            return;
        case role::between: ++top().betweens; return add(&level::chain, 2 * link_nodes);
        case role::link: return add(&level::chain, link_nodes);
        case role::long_link: return add(&level::chain, 2 * link_nodes);
        case role::lasting_link: return add(&level::lasting, link_nodes);
        case role::case_begin: return open(case_nodes, true);
        case role::case_end:
            if (top().is_case && !is_field) close();
            return;
    }
}

void depth_counter::take_symbol(char symbol) noexcept {
    switch (symbol) {
        case '(':
        case '[': return open(bracket_nodes, false);
        case ')':
        case ']': return close_bracket();
        case ',': return interrupt_chain();
        case '.': return;
        default: return add(&level::chain, link_nodes);
    }
}

std::size_t depth_counter::run(std::string_view text, std::size_t enough) noexcept {
    tokens source(text);
    token current;
    bool after_dot = false;
    restart();
    for (source.next(current); current.kind != token_kind::end && highest_ <= enough; source.next(current)) {
        if (current.kind == token_kind::identifier)
            take_word(current.text, after_dot);
        else if (current.kind == token_kind::symbol)
            take_symbol(current.text.front());
        else if (current.kind == token_kind::semicolon && depth_ == 0)
            restart();
        after_dot = current.kind == token_kind::symbol && current.text.front() == '.';
    }
    return highest_;
}

}  // namespace

std::size_t tree_depth_bound(std::string_view text, std::size_t enough) noexcept {
    return depth_counter().run(text, enough);
}

}  // namespace pgweir::sql
