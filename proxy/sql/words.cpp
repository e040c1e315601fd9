#include "sql/words.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace pgweir::sql {

namespace {

constexpr std::array all_words{
    word_info{"abort", word::abort},
    word_info{"all", word::all},
    word_info{"and", word::and_},
    word_info{"as", word::as},
    word_info{"atomic", word::atomic},
    word_info{"authorization", word::authorization},
    word_info{"begin", word::begin},
    word_info{"call", word::call},
    word_info{"chain", word::chain},
    word_info{"characteristics", word::characteristics},
    word_info{"checkpoint", word::checkpoint},
    word_info{"close", word::close},
    word_info{"commit", word::commit},
    word_info{"constraints", word::constraints},
    word_info{"copy", word::copy},
    word_info{"create", word::create},
    word_info{"deallocate", word::deallocate},
    word_info{"declare", word::declare},
    word_info{"default", word::default_},
    word_info{"delete", word::delete_, effect::data_modifying},
    word_info{"discard", word::discard},
    word_info{"do", word::do_},
    word_info{"drop", word::drop},
    word_info{"end", word::end},
    word_info{"execute", word::execute},
    word_info{"explain", word::explain},
    word_info{"fetch", word::fetch},
    word_info{"function", word::routine},
    word_info{"global", word::global},
    word_info{"hold", word::hold},
    word_info{"insert", word::insert, effect::data_modifying | effect::draws},
    word_info{"into", word::into},
    word_info{"listen", word::listen},
    word_info{"load", word::load},
    word_info{"local", word::local},
    word_info{"lock", word::lock},
    word_info{"merge", word::merge, effect::data_modifying | effect::draws},
    word_info{"move", word::move},
    word_info{"names", word::names},
    word_info{"on", word::on},
    word_info{"prepare", word::prepare},
    word_info{"prepared", word::prepared},
    word_info{"procedure", word::routine},
    word_info{"refresh", word::refresh},
    word_info{"release", word::release},
    word_info{"replace", word::replace},
    word_info{"reset", word::reset},
    word_info{"return", word::return_},
    word_info{"role", word::role},
    word_info{"rollback", word::rollback},
    word_info{"savepoint", word::savepoint},
    word_info{"schema", word::schema},
    word_info{"seed", word::seed},
    word_info{"select", word::select},
    word_info{"session", word::session},
    word_info{"session_authorization", word::session_authorization},
    word_info{"set", word::set},
    word_info{"show", word::show},
    word_info{"start", word::start},
    word_info{"table", word::table},
    word_info{"temp", word::temp},
    word_info{"temporary", word::temp},
    word_info{"time", word::time},
    word_info{"to", word::to},
    word_info{"transaction", word::transaction},
    // Settings that end with the transaction even when SET without LOCAL.
    word_info{"transaction_deferrable", word::transaction_setting},
    word_info{"transaction_isolation", word::transaction_setting},
    word_info{"transaction_read_only", word::transaction_setting},
    word_info{"true", word::true_},
    word_info{"truncate", word::truncate, effect::data_modifying},
    word_info{"unlisten", word::unlisten},
    word_info{"update", word::update, effect::data_modifying},
    word_info{"values", word::values},
    word_info{"with", word::with},
    word_info{"work", word::work},
    word_info{"xml", word::xml},
    word_info{"zone", word::zone},

    // set_config has its own look at its arguments; an UPDATE of the view pg_settings calls it.
    word_info{"set_config", word::named, effect::set_config},
    word_info{"pg_settings", word::pg_settings},
    word_info{"setseed", word::named, effect::setseed},
    word_info{"pg_advisory_lock", word::named, effect::advisory_lock},
    word_info{"pg_advisory_lock_shared", word::named, effect::advisory_lock},
    word_info{"pg_try_advisory_lock", word::named, effect::advisory_lock},
    word_info{"pg_try_advisory_lock_shared", word::named, effect::advisory_lock},
    word_info{"pg_advisory_unlock", word::named, effect::releases},
    word_info{"pg_advisory_unlock_all", word::named, effect::releases},
    word_info{"pg_advisory_unlock_shared", word::named, effect::releases},
    word_info{"lo_open", word::named, effect::large_object},
    word_info{"lo_creat", word::named, effect::large_object},
    word_info{"lo_create", word::named, effect::large_object},
    word_info{"lo_import", word::named, effect::large_object},
    word_info{"currval", word::named, effect::lastval_currval},
    word_info{"lastval", word::named, effect::lastval_currval},
    word_info{"nextval", word::named, effect::draws},
    word_info{"setval", word::named, effect::draws},
    word_info{"pg_notify", word::named, effect::data_modifying},
    // Bound to the session: connections of dblink, a replication origin, an online backup, a temporary slot, the
    // threshold of pg_trgm.
    word_info{"dblink_connect", word::named, effect::session_function},
    word_info{"dblink_connect_u", word::named, effect::session_function},
    word_info{"pg_replication_origin_session_setup", word::named, effect::session_function},
    word_info{"pg_backup_start", word::named, effect::session_function},
    word_info{"pg_start_backup", word::named, effect::session_function},
    word_info{"pg_create_logical_replication_slot", word::named, effect::session_function},
    word_info{"pg_create_physical_replication_slot", word::named, effect::session_function},
    word_info{"pg_copy_logical_replication_slot", word::named, effect::session_function},
    word_info{"pg_copy_physical_replication_slot", word::named, effect::session_function},
    word_info{"set_limit", word::named, effect::session_function},
    word_info{"isn_weak", word::named, effect::session_function},
    // Run a query given as a string, which is not looked into.
    word_info{"crosstab", word::named, effect::session_function},
    word_info{"crosstab2", word::named, effect::session_function},
    word_info{"crosstab3", word::named, effect::session_function},
    word_info{"crosstab4", word::named, effect::session_function},
    word_info{"connectby", word::named, effect::session_function},
    word_info{"xpath_table", word::named, effect::session_function},
    word_info{"query_to_xml", word::named, effect::session_function},
    word_info{"query_to_xmlschema", word::named, effect::session_function},
    word_info{"query_to_xml_and_xmlschema", word::named, effect::session_function},
    word_info{"table_to_xml", word::named, effect::session_function},
    word_info{"table_to_xml_and_xmlschema", word::named, effect::session_function},
    word_info{"schema_to_xml", word::named, effect::session_function},
    word_info{"schema_to_xml_and_xmlschema", word::named, effect::session_function},
    word_info{"database_to_xml", word::named, effect::session_function},
    word_info{"database_to_xml_and_xmlschema", word::named, effect::session_function},
    word_info{"ts_stat", word::named, effect::session_function},
    word_info{"ts_rewrite", word::named, effect::session_function},
};

constexpr word_info no_word{};
constexpr word_info pg_temp_word{"pg_temp", word::pg_temp, effect::temp_object};

constexpr std::array<char, 256> lower_case = [] {
    std::array<char, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<char>(i);
    for (std::size_t c = 'A'; c <= 'Z'; ++c) table[c] = static_cast<char>(c - 'A' + 'a');
    return table;
}();

constexpr char lower(char c) noexcept {
    return lower_case[static_cast<unsigned char>(c)];
}

constexpr bool equals(std::string_view name, std::string_view lower_case_word) noexcept {
    if (name.size() != lower_case_word.size()) return false;
    for (std::size_t i = 0; i < name.size(); ++i)
        if (lower(name[i]) != lower_case_word[i]) return false;
    return true;
}

constexpr std::size_t shortest = 2;
constexpr std::size_t longest =
    std::ranges::max(all_words, {}, [](const word_info& w) { return w.text.size(); }).text.size();
constexpr std::size_t slots = 2048;

struct multipliers {
    std::uint32_t first, middle, last, length;
};

// The length and three letters tell all words apart; the multipliers spread them over the slots without collision.
constexpr std::size_t slot_of(std::string_view name, multipliers by) noexcept {
    // This bit makes letters lower case; what it makes of other characters does not matter here.
    const auto letter = [&](std::size_t at) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(name[at]) | 0x20);
    };
    const std::size_t size = name.size();
    return (letter(0) * by.first + letter(size / 2) * by.middle + letter(size - 1) * by.last +
            static_cast<std::uint32_t>(size) * by.length) %
           slots;
}

using slot_table = std::array<std::uint8_t, slots>;  // 0: none; else the position in all_words + 1
static_assert(all_words.size() < 255);

constexpr bool fill(slot_table& table, multipliers by) {
    table = {};
    for (std::size_t i = 0; i < all_words.size(); ++i) {
        std::uint8_t& slot = table[slot_of(all_words[i].text, by)];
        if (slot != 0) return false;
        slot = static_cast<std::uint8_t>(i + 1);
    }
    return true;
}

consteval multipliers find_multipliers() {
    slot_table table{};
    std::uint32_t random = 1;
    const auto next = [&random] { return (random = random * 1664525 + 1013904223) >> 16; };
    multipliers by{};
    do by = {next(), next(), next(), next()};
    while (!fill(table, by));
    return by;
}

constexpr multipliers chosen = find_multipliers();
constexpr slot_table table = [] {
    slot_table filled{};
    fill(filled, chosen);
    return filled;
}();

// pg_temp itself, and pg_temp_3 and pg_toast_temp_3 as a backend sees them.
bool is_pg_temp(std::string_view name) noexcept {
    return equals(name.substr(0, 7), "pg_temp") || equals(name.substr(0, 13), "pg_toast_temp");
}

constexpr std::size_t shortest_pg_temp = 7;

}  // namespace

constinit const std::array<std::uint32_t, 48> known_initials = [] {
    std::array<std::uint32_t, 48> initials{};
    static_assert(longest < std::tuple_size_v<decltype(initials)> - 1);
    for (const word_info& one : all_words)
        initials[one.text.size()] |= 1U << (static_cast<unsigned char>(one.text.front()) & 31U);
    for (std::size_t size = shortest_pg_temp; size < initials.size(); ++size) initials[size] |= 1U << ('p' & 31U);
    return initials;
}();

const word_info& find_word(std::string_view name) noexcept {
    if (name.size() < shortest) return no_word;
    if (name.size() <= longest) {
        const std::uint8_t slot = table[slot_of(name, chosen)];
        if (slot != 0) {
            const word_info& candidate = all_words[slot - 1U];
            if (equals(name, candidate.text)) return candidate;
        }
    }
    if (lower(name[0]) == 'p' && is_pg_temp(name)) return pg_temp_word;
    return no_word;
}

std::vector<std::string_view> pinning_functions() {
    std::vector<std::string_view> names;
    for (const word_info& each : all_words)
        if (each.id == word::named && has(each.caused, pinning_effects)) names.push_back(each.text);
    return names;
}

bool same_word(std::string_view name, std::string_view lower_case_word) noexcept {
    return equals(name, lower_case_word);
}

namespace {

constexpr std::array<std::string_view, 4> moments{"now", "today", "tomorrow", "yesterday"};

constexpr bool is_letter(char c) noexcept {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

}  // namespace

bool names_moment(std::string_view value) noexcept {
    for (std::size_t i = 0; i < value.size(); ++i) {
        const std::size_t begin = i;
        while (i < value.size() && is_letter(value[i])) ++i;
        const std::string_view letters = value.substr(begin, i - begin);
        for (const std::string_view moment : moments)
            if (equals(letters, moment)) return true;
    }
    return false;
}

bool mentions_moment(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = lower(text[i]);
        if (c != 'n' && c != 't' && c != 'y') continue;
        for (const std::string_view moment : moments)
            if (equals(text.substr(i, moment.size()), moment)) return true;
    }
    return false;
}

namespace {

bool mentions(std::string_view text, std::string_view wanted) noexcept {
    return std::search(text.begin(), text.end(), wanted.begin(), wanted.end(),
                       [](char a, char b) { return lower(a) == b; }) != text.end();
}

}  // namespace

bool mentions_password(std::string_view text) noexcept {
    return mentions(text, "password");
}

bool may_set(std::string_view code) noexcept {
    return mentions(code, "set") || mentions(code, "execute") || mentions(code, "perform") || mentions(code, "call");
}

bool mentions_pg_temp(std::string_view text) noexcept {
    return mentions(text, "pg_temp");
}

}  // namespace pgweir::sql
