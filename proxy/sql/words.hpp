#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sql/effect.hpp"

namespace pgweir::sql {

/// The words that scan() tells apart.
enum class word : std::uint8_t {
    none,   ///< any other
    comma,  ///< not a word; so that the two tokens before one can be compared alike
    named,  ///< matters by its name alone
    pg_settings,
    pg_temp,
    abort,
    all,
    and_,
    as,
    atomic,
    authorization,
    begin,
    call,
    chain,
    characteristics,
    checkpoint,
    close,
    commit,
    constraints,
    copy,
    create,
    deallocate,
    declare,
    default_,
    delete_,
    discard,
    do_,
    drop,
    end,
    execute,
    explain,
    fetch,
    global,
    hold,
    insert,
    into,
    listen,
    load,
    local,
    lock,
    merge,
    move,
    names,
    on,
    prepare,
    prepared,
    refresh,
    release,
    replace,
    reset,
    return_,
    role,
    rollback,
    routine,
    savepoint,
    schema,
    seed,
    select,
    session,
    session_authorization,
    set,
    show,
    start,
    table,
    temp,
    time,
    to,
    transaction,
    transaction_setting,
    true_,
    truncate,
    unlisten,
    update,
    values,
    with,
    work,
    xml,
    zone,
};

inline constexpr std::size_t word_count = static_cast<std::size_t>(word::zone) + 1;

template <word... Candidates>
constexpr bool is_any_of(word candidate) noexcept {
    return ((candidate == Candidates) || ...);
}

struct word_info {
    std::string_view text;
    word id = word::none;
    effect caused = effect::none;  ///< wherever the word stands, quoted or not for a name
};

/// Compares without case. `name` without quotes.
const word_info& find_word(std::string_view name) noexcept;

/// The functions whose mere call may leave something in the session.
std::vector<std::string_view> pinning_functions();

/// For each length of a name (the last: and all longer ones) a bit for each first letter that a known word has.
extern const std::array<std::uint32_t, 48> known_initials;

/// False for most names that find_word() does not know, and cheaper to ask. `name` is not empty.
inline bool may_be_known(std::string_view name) noexcept {
    const unsigned letter = static_cast<unsigned char>(name.front()) & 31U;  // the same for both cases
    return (known_initials[std::min(name.size(), known_initials.size() - 1)] >> letter & 1U) != 0;
}

/// Compares without case.
bool same_word(std::string_view name, std::string_view lower_case) noexcept;

/// Whether a string has one of the words that stand for a moment in a date or a time: now, today, tomorrow, yesterday.
bool mentions_moment(std::string_view text) noexcept;

/// The same of a string's value, as the input functions of dates and times read it: only whole words count.
bool names_moment(std::string_view value) noexcept;

/// Nobody is shown such a text: ALTER ROLE ... PASSWORD and what else it is called.
bool mentions_password(std::string_view text) noexcept;

/// Whether a piece of code may set anything: by SET, by set_config(), or by what it executes or calls.
bool may_set(std::string_view code) noexcept;

/// Whether a text, such as the value of search_path, speaks of a schema of temporary objects.
bool mentions_pg_temp(std::string_view text) noexcept;

}  // namespace pgweir::sql
