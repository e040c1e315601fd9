#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/suspects.hpp"

namespace pgweir::catalog {

/// Finds out which functions of a database's own may leave something in a session, and what leads to them: triggers,
/// views, defaults, constraints, policies, types, other functions. Asks a few queries, one after the other, and knows
/// no connection. PostgreSQL keeps no record of what a body in quotes calls, so names in bodies count, and whether the
/// search path would find them does not.
class routine_reading {
public:
    using row = std::vector<std::optional<std::string>>;

    /// The first reading, which has no fingerprint: clients wait for it, and working one out takes longer than reading.
    /// `server_version`: PostgreSQL's major one.
    explicit routine_reading(int server_version) : server_version_(server_version) {}
    /// `known`: the fingerprint of the reading before. When nothing has changed since, the reading ends with
    /// result() == nullptr.
    routine_reading(int server_version, std::string known)
        : server_version_(server_version), known_(std::move(known)), step_(step::comparing) {}

    /// What is to be asked next; empty when the reading has ended.
    std::string question() const;
    /// The answer to question(). False: it is not one, and the reading must be given up.
    bool take(const std::vector<row>& rows);

    /// Of all that matters here, as it was when the reading began.
    const std::string& fingerprint() const noexcept { return fingerprint_; }
    /// To be called once, at the end.
    std::shared_ptr<sql::suspects> result() noexcept { return std::move(found_); }

private:
    enum class step : std::uint8_t { comparing, reading_bodies, following, ended };
    struct routine {
        std::string oid;
        std::string body;
        sql::effect flags = sql::effect::none;
        std::string catalog = "pg_catalog.pg_proc";  ///< another: no routine, but what calls one of PostgreSQL's own
    };

    bool take_fingerprint(const std::vector<row>& rows);
    bool take_bodies(const std::vector<row>& rows);
    bool take_led_there(const std::vector<row>& rows);
    void next_round();

    int server_version_;
    std::string known_;
    std::string fingerprint_;
    step step_ = step::reading_bodies;
    std::vector<routine> routines_;
    std::shared_ptr<sql::suspects> found_;
    unsigned rounds_ = 0;
};

}  // namespace pgweir::catalog
