#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/interner.hpp"

namespace pgweir::session {

/// The settings of a session that follow a client from server to server: what it asked for at startup, and what
/// the server reports by ParameterStatus and a client may change. Interned, so equal state is the same pointer and
/// costs no SQL. Names are in lower case; values as the server reports them, or, where it reports none, as the
/// client wrote them.
class parameters {
public:
    using entry = std::pair<std::string, std::string>;

    parameters() = default;

    /// Sorts, folds names to lower case; of equal names the last one counts, as in a startup packet.
    static parameters make(base::interner& texts, std::vector<entry> entries);

    bool operator==(const parameters&) const noexcept = default;

    /// For the pool: equal keys are equal states.
    const void* key() const noexcept { return text_ ? text_.text().data() : nullptr; }

    std::vector<entry> entries() const;
    /// Valid as long as any handle to this state lives.
    std::optional<std::string_view> find(std::string_view lower_case_name) const;
    bool is_ascii() const;
    bool empty() const noexcept { return !text_ || text_.text().empty(); }

    /// Calls `look(name, value)` for each, without a copy.
    template <class Function>
    void for_each(Function&& look) const {
        std::string_view rest = text_ ? text_.text() : std::string_view{};
        while (!rest.empty()) {
            const auto name_end = rest.find('\0');
            const auto value_end = rest.find('\0', name_end + 1);
            look(rest.substr(0, name_end), rest.substr(name_end + 1, value_end - name_end - 1));
            rest.remove_prefix(value_end + 1);
        }
    }

    /// The same with one value replaced or added.
    parameters with(base::interner& texts, std::string_view name, std::string_view value) const;

    /// The same with all of `over` laid on top.
    parameters overlaid(base::interner& texts, const parameters& over) const;

private:
    base::interned text_;  ///< name NUL value NUL ...
};

/// Whether a ParameterStatus of this name says something about the server that no client can set.
bool is_read_only_report(std::string_view name);

/// Of these everything else depends: what may be set, and by whom. RESET ALL leaves them alone.
bool is_identity(std::string_view name);

std::string lower_case(std::string_view name);

/// Appends a literal that reads the same whatever standard_conforming_strings is.
void append_literal(std::string& out, std::string_view value);

/// Appends a name in double quotes.
void append_identifier(std::string& out, std::string_view name);

/// The way from one state to another, to be run in a round trip of its own.
struct transition {
    std::string sql;             ///< empty: nothing to do
    bool needs_other_server = false;  ///< a custom (dotted) setting cannot be removed from a session
};

/// `from` is what the server has, if that is known; else everything is reset to `baseline` first.
transition plan_transition(const std::optional<parameters>& from, const parameters& baseline, const parameters& to);

/// Sets every one of `settings`, whose values are in that client_encoding ("": they are ASCII); requires at least one.
std::string set_statement(const std::vector<parameters::entry>& settings, std::string_view encoding);

}  // namespace pgweir::session
