#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/bytes.hpp"
#include "base/interner.hpp"
#include "sql/scan.hpp"

namespace pgweir::session {

/// What a client said in Parse, shared by all that say the same: parameter types, the state that parsing depends
/// on, and the text, as one interned key.
class prepared_statement {
public:
    prepared_statement() = default;

    /// `identity` holds what the meaning of the text depends on beside the text: search_path, role, encoding.
    static prepared_statement make(base::interner& texts, base::bytes_view parameter_types, std::string_view identity,
                                   std::string_view text);

    explicit operator bool() const noexcept { return static_cast<bool>(key_); }
    bool operator==(const prepared_statement&) const noexcept = default;

    std::uint64_t id() const noexcept { return key_.id(); }
    std::string_view text() const noexcept;
    base::bytes_view parameter_types() const noexcept;
    /// What the meaning of the text depended on when it was prepared.
    std::string_view identity() const noexcept;

    /// A server has parsed it: another client that says the same can be told so without asking one.
    void mark_parsed() const noexcept { key_.mark(); }
    bool parsed_before() const noexcept { return key_.marked(); }

    /// The name it has on every server that has it.
    std::string server_name() const;

private:
    base::interned key_;  ///< u32 size of the types, u32 size of the identity, types, identity, text
};

/// Fingerprint of a RowDescription as far as PostgreSQL compares it (names, types, type modifiers), or of NoData.
using description_print = std::uint64_t;

struct client_statement {
    prepared_statement statement;
    std::optional<description_print> description;  ///< of the first Describe that was answered
    std::uint64_t described_at = 0;  ///< of which schema, by exchange::schema, that was known to hold
    sql::effect effects = sql::effect::none;
    bool result_changed = false;  ///< its result is no longer what was described
    std::uint64_t changed_at = 0;  ///< by which schema that was seen last; 0: it was not
    bool raw = false;  ///< on the pinned server under the client's own name
    bool own = false;  ///< means something else each time it is prepared: shared with nobody
};

/// A client's own namespace of prepared statements.
class client_statements {
public:
    client_statements() = default;
    client_statements(const client_statements&) = delete;
    client_statements& operator=(const client_statements&) = delete;

    const client_statement* find(std::string_view name) const;
    client_statement* find(std::string_view name);
    /// Of the unnamed one, too; `unknown` when there is none of that name.
    sql::effect effects_of(std::string_view name, sql::effect unknown) const;

    /// False when the name is taken.
    bool add(std::string_view name, client_statement statement);
    /// Nothing when there is none of this name.
    std::optional<client_statement> remove(std::string_view name);
    void clear();
    void clear_named();

    /// What the client calls the statement of this name on a server; nothing when it has none such. O(n).
    std::optional<std::string_view> name_of(std::string_view server_name) const;

    std::size_t size() const noexcept { return by_name_ ? by_name_->size() : 0; }
    /// Of the texts of all named ones.
    std::size_t text_bytes() const noexcept { return text_bytes_; }

    /// The unnamed statement: kept as plain text, since it changes with every query of many drivers and must cost
    /// neither a lock nor an allocation.
    struct unnamed {
        bool present = false;
        std::string text;
        std::string parameter_types;
        std::uint64_t generation = 0;  ///< grows with every Parse
        std::uint64_t identity = 0;  ///< exchange::identity_number of its Parse; 0: not known
        std::optional<description_print> description;
        std::uint64_t described_at = 0;  ///< as of named ones
        sql::effect effects = sql::effect::none;
        bool result_changed = false;
    };
    unnamed& no_name() noexcept { return unnamed_; }
    const unnamed& no_name() const noexcept { return unnamed_; }
    void set_unnamed(std::string_view text, base::bytes_view parameter_types, sql::effect effects);
    void drop_unnamed();

private:
    struct text_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    using map = std::unordered_map<std::string, client_statement, text_hash, std::equal_to<>>;

    std::optional<map> by_name_;  ///< most clients never name a statement
    /// In by_name_: what was asked for last, which each message of a batch asks for again.
    mutable const map::value_type* last_found_ = nullptr;
    std::size_t text_bytes_ = 0;
    unnamed unnamed_;
};

/// Which statements a server connection has, least recently used first out.
class server_statements {
public:
    enum class presence : std::uint8_t {
        absent,
        current,
        outdated,  ///< there, but its plan no longer fits the tables: to be closed and prepared anew
    };
    presence state_of(const prepared_statement& statement) const;

    /// Whether it is there and current; marks it as used.
    bool contains(const prepared_statement& statement);

    /// After "cached plan must not change result type": everything here is prepared anew at its next use.
    void outdate_all() noexcept { ++epoch_; }

    /// Enters it; returns what must be closed on the server because there are more than `capacity`.
    std::optional<prepared_statement> add(const prepared_statement& statement, std::size_t capacity);

    /// What the copy on this server was last seen to describe itself as. It cannot change without 0A000.
    std::optional<description_print> description_of(const prepared_statement& statement) const;
    void set_description(const prepared_statement& statement, description_print seen);

    /// Enters it as the least recently used: it turned out to be there still.
    void add_last(const prepared_statement& statement);
    void remove(const prepared_statement& statement);
    void clear();

    std::size_t size() const noexcept { return by_id_.size(); }

private:
    struct entry {
        prepared_statement statement;
        std::uint64_t epoch;
        std::optional<description_print> description = std::nullopt;
    };
    using order = std::list<entry>;
    order order_;  ///< most recently used first
    std::unordered_map<std::uint64_t, order::iterator> by_id_;
    std::uint64_t epoch_ = 0;
};

}  // namespace pgweir::session
