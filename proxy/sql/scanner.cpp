#include "sql/scanner.hpp"

namespace pgweir::sql {

void scanner::advance() noexcept {
    tokens_.next(current_);
    word_ = word::none;
    caused_ = effect::none;
    if (at(token_kind::identifier)) {
        if (!may_be_known(current_.text)) return;
        const word_info& info = find_word(current_.text);
        word_ = info.id;
        caused_ = info.caused;
    } else if (at(',')) {
        word_ = word::comma;
    }
}

void scanner::run() noexcept {
    std::size_t statements = 0;
    advance();
    while (!at(token_kind::end)) {
        if (at(token_kind::semicolon)) {
            advance();
            continue;
        }
        ++statements;
        statement();
    }
    if (statements == 0 && !tokens_.ended_inside()) report(effect::empty);
    if (statements > 1) report(effect::multi_statement);
    if (statements > 0 && all_read_ && !has(result_.flags, effect::data_modifying)) report(effect::plain_read);
}

void scanner::statement() noexcept {
    open_parentheses_ = temp_words_ = set_config_parentheses_ = 0;
    creates_routine_ = in_body_ = dropped_on_commit_ = updates_ = has_pg_settings_ = in_set_config_ = false;
    previous_ = before_previous_ = word::none;
    while (at('(')) {
        ++open_parentheses_;
        advance();
    }
    first_ = word_;
    kind_ = take_head();
    if (kind_ == statement_kind::write) report(effect::data_modifying);
    if (kind_ != statement_kind::read) all_read_ = false;
    rest_of_statement();
    end_of_statement();
}

// A semicolon inside parentheses (CREATE RULE ... DO (...; ...)) or in a function body in plain SQL ends nothing. If
// the parentheses are not balanced the server refuses the whole text.
void scanner::rest_of_statement() noexcept {
    while (!at(token_kind::end)) {
        if (in_set_config_) look_at_set_config();
        switch (current_.kind) {
            case token_kind::semicolon:
                if (open_parentheses_ > 0) break;
                if (!in_body_) return;
                advance();
                if (!body_goes_on()) return;
                continue;
            case token_kind::identifier:
                if (word_ != word::none) look_at_word();
                break;
            case token_kind::quoted_identifier: look_at_quoted_identifier(); break;
            case token_kind::symbol: look_at_symbol(); break;
            case token_kind::string: look_at_string(); break;
            case token_kind::number:
            case token_kind::parameter:
            case token_kind::end: break;
        }
        before_previous_ = previous_;
        previous_ = word_;
        advance();
    }
}

// At the first token of a statement in a function's body. Bodies hold few kinds of statements, and END in front ends
// one; with anything else this is no body, whatever it looked like, and nothing may hide in it.
bool scanner::body_goes_on() noexcept {
    using enum word;
    if (at(word::end)) {
        in_body_ = false;
        return true;
    }
    return is_any_of<select, with, values, table, insert, update, delete_, merge, return_>(word_) ||
           at(token_kind::semicolon) || at(token_kind::end) || at('(');
}

void scanner::look_at_word() noexcept {
    if (caused_ != effect::none) named(caused_);
    if (word_ == word::temp) {
        if (temp_means_temporary()) ++temp_words_;
    } else if (word_ == word::hold) {
        if (first_ == word::declare && previous_ == word::with) report(effect::with_hold);
    } else if (word_ == word::update) {
        updates_ = true;
    } else if (word_ == word::pg_settings) {
        has_pg_settings_ = true;
    } else if (first_ == word::create) {
        look_at_create();
    } else if (kind_ == statement_kind::read) {
        look_at_read();
    }
}

// A table or a column may be called temp: INSERT INTO temp, but SELECT ... INTO TEMP. A column may be called insert.
bool scanner::temp_means_temporary() const noexcept {
    using enum word;
    if (previous_ == into) return !is_any_of<insert, merge>(first_);
    return is_any_of<create, replace, local, global>(previous_);
}

// Whether a temporary table ends with its transaction, and where the body of a function is.
void scanner::look_at_create() noexcept {
    if (word_ == word::routine && (previous_ == word::create || previous_ == word::replace)) {
        creates_routine_ = true;
        report(effect::creates_routine);
    } else if (word_ == word::atomic && previous_ == word::begin && creates_routine_) {
        in_body_ = true;
    } else if (word_ == word::end && previous_ == word::atomic) {
        in_body_ = false;
    } else if (word_ == word::drop && previous_ == word::commit && before_previous_ == word::on) {
        dropped_on_commit_ = true;
    } else if (word_ == word::execute && previous_ == word::as) {
        report(effect::execute);
    }
}

// Words that make a write of what begins like a read: SELECT ... INTO, EXPLAIN ANALYZE CREATE TABLE ... AS.
void scanner::look_at_read() noexcept {
    if (word_ == word::into || word_ == word::create) report(effect::data_modifying);
    if (first_ != word::explain) return;
    if (word_ == word::refresh) report(effect::data_modifying);
    if (word_ == word::execute) report(effect::execute | effect::data_modifying);
}

void scanner::look_at_quoted_identifier() noexcept {
    // U&"..." may spell any name; nobody writes one without a purpose.
    if (current_.text.front() != '"') return report(effect::session_function);
    const word_info& info = find_word(current_.text.substr(1, current_.text.size() - 2));
    if (info.caused != effect::none) named(info.caused);
    if (info.id == word::pg_settings) has_pg_settings_ = true;
}

void scanner::named(effect caused) noexcept {
    if (caused != effect::set_config || in_set_config_) {
        if (caused == effect::set_config) result_.unread_names = true;
        report(caused);
        return;
    }
    in_set_config_ = true;
    set_config_parentheses_ = open_parentheses_;
    set_config_argument_ = set_config_tokens_ = 0;
    names_search_path_ = false;
    plain_arguments_ = plain_name_ = true;
    config_name_ = {};
}

// set_config(name, value, is_local): the name must be known, and the value too if it is search_path, or CREATE TABLE
// may make a temporary one.
void scanner::look_at_set_config() noexcept {
    if (open_parentheses_ == set_config_parentheses_) return;  // at its opening parenthesis, or never called
    if (at(',') && open_parentheses_ == set_config_parentheses_ + 1) {
        ++set_config_argument_;
        set_config_tokens_ = 0;
        return;
    }
    if (at(')') && open_parentheses_ == set_config_parentheses_ + 1) return;
    const bool plain = at(token_kind::string) && current_.text.front() == '\'' && is_in_one_piece(current_.text) &&
                       ++set_config_tokens_ == 1;
    if (set_config_argument_ == 0) {
        constexpr std::string_view search_path = "'search_path'";
        names_search_path_ = names_search_path_ || same_word(current_.text, search_path);
        plain_arguments_ = plain_name_ = plain_arguments_ && plain;
        if (plain) config_name_ = current_.text;
    } else if (set_config_argument_ == 1 && names_search_path_) {
        plain_arguments_ = plain_arguments_ && plain;
    }
}

void scanner::end_of_set_config() noexcept {
    in_set_config_ = false;
    // set_config(name, value, true) is SET LOCAL.
    const bool local = previous_ == word::true_ && before_previous_ == word::comma;
    if (local && plain_arguments_) return report(effect::local_config);
    report(effect::set_config);
    if (!local) note_config_name();  // with the transaction the value is gone, whatever it was of
}

void scanner::note_config_name() noexcept {
    const bool readable = plain_name_ && config_name_.size() > 2 && config_name_.find('\\') == std::string_view::npos;
    if (!readable || result_.config_name_count == result_.config_names.size())
        result_.unread_names = true;
    else
        result_.config_names[result_.config_name_count++] = config_name_;
}

// What is put first into search_path decides where CREATE TABLE creates.
void scanner::look_at_string() noexcept {
    const char first = current_.text.front();
    // A block's body: whatever sets something there may give values to custom settings.
    if (first_ == word::do_ && may_set(current_.text)) result_.unread_names = true;
    // A string with escapes may say anything, and so may one in pieces.
    const bool escapes = first != '\'' && first != '$' && current_.text.find('\\') != std::string_view::npos;
    const bool hidden = escapes || (first != '$' && !is_in_one_piece(current_.text));
    const bool unicode = (first == 'u' || first == 'U') && current_.text[1] == '&';
    if (first_ == word::set || in_set_config_) {
        if (hidden || unicode || mentions_pg_temp(current_.text)) report(effect::temp_object);
    }
    if (hidden || unicode || mentions_moment(current_.text)) report(effect::time_literal);
}

void scanner::look_at_symbol() noexcept {
    if (at('(')) {
        ++open_parentheses_;
    } else if (at(')') && open_parentheses_ > 0) {
        --open_parentheses_;
        if (in_set_config_ && open_parentheses_ <= set_config_parentheses_) end_of_set_config();
    }
}

void scanner::end_of_statement() noexcept {
    if (in_set_config_) {
        report(effect::set_config);
        result_.unread_names = true;
    }
    if (has_pg_settings_ && updates_) report(effect::set_config);
    if (temp_words_ > 1 || (temp_words_ == 1 && !dropped_on_commit_)) report(effect::temp_object);
}

scan_result scan(std::string_view text, bool standard_conforming_strings) noexcept {
    scan_result result;
    scanner(text, standard_conforming_strings, result).run();
    return result;
}

bool begins_with_word(std::string_view text) noexcept {
    for (const char c : text) {
        if (!detail::is(c, detail::is_space)) return detail::is(c, detail::is_word_start);
    }
    return false;
}

}  // namespace pgweir::sql
