#include <array>
#include <cstddef>

#include "sql/scanner.hpp"

namespace pgweir::sql {

// What a statement is, by its first word.
struct scanner::statement_head {
    statement_kind kind = statement_kind::write;
    effect caused = effect::none;
    void (scanner::*take)() noexcept = nullptr;  // called behind the first word
};

const scanner::statement_head& scanner::head_of(word first) noexcept {
    using enum statement_kind;
    static constexpr auto heads = [] {
        std::array<statement_head, word_count> table{};
        const auto begins = [&table](word first_word) -> statement_head& {
            return table[static_cast<std::size_t>(first_word)];
        };
        for (const word reads :
             {word::select, word::values, word::table, word::with, word::show, word::fetch, word::explain})
            begins(reads) = {read};
        for (const word harmless : {word::move, word::lock, word::checkpoint, word::savepoint, word::release})
            begins(harmless) = {neutral};

        begins(word::close) = {neutral, effect::releases};
        begins(word::drop) = {write, effect::releases};

        begins(word::set) = {neutral, effect::none, &scanner::set_head};
        begins(word::reset) = {neutral, effect::none, &scanner::reset_head};
        begins(word::discard) = {neutral, effect::none, &scanner::discard_head};
        begins(word::prepare) = {neutral, effect::none, &scanner::prepare_head};
        begins(word::deallocate) = {neutral, effect::none, &scanner::deallocate_head};
        begins(word::listen) = {neutral, effect::listen};
        begins(word::unlisten) = {neutral, effect::unlisten};
        begins(word::declare) = {neutral, effect::declare_cursor};
        begins(word::load) = {neutral, effect::load};

        begins(word::begin) = {neutral, effect::begins_transaction};
        begins(word::start) = {neutral, effect::none, &scanner::start_head};
        begins(word::commit) = {neutral, effect::explicit_commit, &scanner::commit_head};
        begins(word::end) = {neutral, effect::explicit_commit, &scanner::commit_head};
        begins(word::rollback) = {neutral, effect::none, &scanner::rollback_head};
        begins(word::abort) = {neutral, effect::none, &scanner::rollback_head};

        begins(word::copy) = {write, effect::copy};
        begins(word::call) = {write, effect::call};
        begins(word::do_) = {write, effect::do_block};
        begins(word::execute) = {write, effect::execute};
        return table;
    }();
    return heads[static_cast<std::size_t>(first)];
}

scanner::statement_kind scanner::take_head() noexcept {
    const statement_head& head = head_of(word_);
    report(head.caused);
    if (head.take != nullptr) {
        previous_ = word_;
        advance();
        (this->*head.take)();
    }
    return head.kind;
}

void scanner::start_head() noexcept {
    if (at(word::transaction)) report(effect::begins_transaction);
}

void scanner::discard_head() noexcept {
    report(at(word::all) ? effect::discard_all : effect::discard_other);
}

void scanner::commit_head() noexcept {
    if (at(word::prepared)) return;
    report(effect::ends_transaction);
    chained_transaction();
}

void scanner::rollback_head() noexcept {
    skip_work();
    if (at(word::prepared)) {
        report(effect::data_modifying);
    } else if (at(word::to)) {
        report(effect::rollback_to);
    } else {
        report(effect::ends_transaction);
        chained_transaction();
    }
}

void scanner::chained_transaction() noexcept {
    skip_work();
    if (!at(word::and_)) return;
    advance();
    if (at(word::chain)) report(effect::begins_transaction);
}

void scanner::skip_work() noexcept {
    if (at(word::work) || at(word::transaction)) advance();
}

void scanner::set_head() noexcept {
    if (at(word::local)) {
        report(effect::set_transaction);
        return;
    }
    if (at(word::session)) {
        advance();
        if (at(word::characteristics)) return report(effect::session_characteristics);
        if (at(word::authorization)) return report(effect::set_session_authorization);
    }
    if (at(word::transaction) || at(word::constraints)) return report(effect::set_transaction);
    if (at(word::session)) return report(effect::set_session_authorization);  // SET SESSION SESSION AUTHORIZATION
    if (at(word::names)) return names_head();
    if (at(word::schema)) return setting("search_path", effect::set_named);
    if (at(word::xml)) return setting("xmloption", effect::set_named);
    if (at(word::time)) return time_zone_head();
    setting_name(effect::set_named);
}

// SET NAMES alone is SET NAMES DEFAULT.
void scanner::names_head() noexcept {
    advance();
    const bool returns = at(word::default_) || at(token_kind::semicolon) || at(token_kind::end);
    setting("client_encoding", returns ? effect::reset : effect::set_named);
}

void scanner::time_zone_head() noexcept {
    advance();
    if (at(word::zone)) advance();
    const bool returns = at(word::default_) || at(word::local);
    setting("timezone", returns ? effect::reset : effect::set_named);
}

void scanner::reset_head() noexcept {
    if (at(word::all)) return report(effect::reset_all);
    if (at(word::session)) return report(effect::set_session_authorization);
    if (at(word::transaction)) return report(effect::set_transaction);
    if (at(word::time)) return setting("timezone", effect::reset);
    setting_name(effect::reset);
}

// A name, perhaps with dots. Without quotes and blanks it is one piece of the text; anything else is not a setting
// that somebody has to know by name.
void scanner::setting_name(effect when_named) noexcept {
    if (!at_name()) return unread_setting();
    std::string_view name = current_.text;
    const bool quoted = at(token_kind::quoted_identifier);
    advance();
    bool in_one_piece = !quoted || name.front() == '"';
    bool dotted = false;
    while (at('.')) {
        dotted = true;
        advance();
        if (!at(token_kind::identifier) || current_.text.data() != name.data() + name.size() + 1) in_one_piece = false;
        if (at_name()) {
            name = std::string_view(name.data(), name.size() + 1 + current_.text.size());
            advance();
        }
    }
    if (!in_one_piece || (quoted && dotted)) return unread_setting();
    // SET ... TO DEFAULT is RESET.
    if (at(word::to) || at('=')) advance();
    if (at(word::default_)) when_named = effect::reset;
    setting(quoted ? name.substr(1, name.size() - 2) : name, when_named);
}

void scanner::unread_setting() noexcept {
    report(effect::set_other);
    result_.unread_names = true;
}

// Some settings are better known by what else sets them.
void scanner::setting(std::string_view name, effect when_named) noexcept {
    const word known = find_word(name).id;
    if (known == word::role) {
        report(effect::set_role);
        if (when_named != effect::reset) return;
    }
    if (known == word::session_authorization) return report(effect::set_session_authorization);
    if (known == word::transaction_setting) return report(effect::set_transaction);
    if (known == word::seed) return report(effect::setseed);
    report(when_named);
    if (result_.set_target_count == result_.set_targets.size())
        result_.too_many_targets = result_.unread_names = true;
    else
        result_.set_targets[result_.set_target_count++] = name;
}

void scanner::prepare_head() noexcept {
    if (!at(word::transaction)) {
        if (result_.prepare_name.empty() && at_name()) result_.prepare_name = current_.text;
        return report(effect::prepare);
    }
    advance();
    // PREPARE TRANSACTION 'id', or a statement that is called transaction.
    report(at(token_kind::string) ? effect::prepare_transaction | effect::ends_transaction : effect::prepare);
}

void scanner::deallocate_head() noexcept {
    token name = current_;
    bool all = at(word::all);
    if (at(word::prepare)) {
        advance();
        if (at_name()) {
            name = current_;
            all = at(word::all);
        }
    }
    if (all) return report(effect::deallocate_all);
    report(effect::deallocate);
    if (result_.deallocate_name.empty())
        result_.deallocate_name = name.text;
    else
        result_.more_deallocated = true;
}

}  // namespace pgweir::sql
