#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sql/scan.hpp"
#include "sql/tokens.hpp"
#include "sql/words.hpp"

namespace pgweir::sql {

/// One run of scan(). The first words of a statement decide most (statement_heads.cpp); of the rest only single words
/// are looked at, with the two tokens before them (scanner.cpp).
class scanner {
public:
    scanner(std::string_view text, bool standard_conforming_strings, scan_result& result) noexcept
        : tokens_(text, standard_conforming_strings), result_(result) {}

    void run() noexcept;

private:
    enum class statement_kind : std::uint8_t {
        write,    ///< and whatever is not known: zero
        neutral,  ///< writes no table, but is no read either: SET, BEGIN
        read,
    };

    void advance() noexcept;
    bool at(token_kind kind) const noexcept { return current_.kind == kind; }
    bool at(word wanted) const noexcept { return word_ == wanted; }
    bool at(char symbol) const noexcept { return at(token_kind::symbol) && current_.text.front() == symbol; }
    bool at_name() const noexcept { return at(token_kind::identifier) || at(token_kind::quoted_identifier); }
    void report(effect what) noexcept { result_.flags |= what; }

    // statement_heads.cpp: take the first words of a statement and leave the rest.
    struct statement_head;
    static const statement_head& head_of(word first) noexcept;
    statement_kind take_head() noexcept;
    void set_head() noexcept;
    void names_head() noexcept;
    void time_zone_head() noexcept;
    void reset_head() noexcept;
    void setting_name(effect when_named) noexcept;
    void setting(std::string_view name, effect when_named) noexcept;
    void unread_setting() noexcept;
    void discard_head() noexcept;
    void prepare_head() noexcept;
    void deallocate_head() noexcept;
    void start_head() noexcept;
    void commit_head() noexcept;
    void rollback_head() noexcept;
    void chained_transaction() noexcept;
    void skip_work() noexcept;

    // scanner.cpp
    void statement() noexcept;
    void rest_of_statement() noexcept;
    void look_at_word() noexcept;
    bool body_goes_on() noexcept;
    bool temp_means_temporary() const noexcept;
    void look_at_create() noexcept;
    void look_at_read() noexcept;
    void look_at_quoted_identifier() noexcept;
    void look_at_string() noexcept;
    void look_at_symbol() noexcept;
    void named(effect caused) noexcept;
    void look_at_set_config() noexcept;
    void end_of_set_config() noexcept;
    void note_config_name() noexcept;
    void end_of_statement() noexcept;

    tokens tokens_;
    token current_;
    word word_ = word::none;
    effect caused_ = effect::none;  // by the mere name of the current token
    scan_result& result_;
    bool all_read_ = true;

    // Of the current statement.
    word first_ = word::none;
    word previous_ = word::none;
    word before_previous_ = word::none;
    statement_kind kind_ = statement_kind::write;
    std::size_t open_parentheses_ = 0;
    bool creates_routine_ = false;
    bool in_body_ = false;  // of a function in plain SQL: BEGIN ATOMIC ...; ...; END
    std::size_t temp_words_ = 0;
    bool dropped_on_commit_ = false;
    bool updates_ = false;
    bool has_pg_settings_ = false;
    bool in_set_config_ = false;           // between its name and the end of its arguments
    std::size_t set_config_parentheses_ = 0;  // open where its name stood
    std::size_t set_config_argument_ = 0;
    std::size_t set_config_tokens_ = 0;  // of the argument
    bool names_search_path_ = false;
    bool plain_name_ = true;  // the first argument is one string
    std::string_view config_name_;
    bool plain_arguments_ = true;  // as far as they decide where objects are made
};

}  // namespace pgweir::sql
