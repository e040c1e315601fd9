#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalog/schema_map.hpp"
#include "catalog/schema_rows.hpp"

namespace pgweir::catalog {

/// Reads what a schema_map is made of: asks some queries, one after the other, and knows no connection. Ends with the
/// fingerprint that it began with, or begins anew, so that the map is of one moment. Understands the definitions of
/// views, a few for each answer: see sql::understand() about the stack that take() needs for that.
class schema_reading {
public:
    using row = std::vector<std::optional<std::string>>;

    /// `server_version`: PostgreSQL's major one. `known`: the fingerprint of the reading before, empty when there was
    /// none. When nothing has changed since, the reading ends with result() == nullptr.
    explicit schema_reading(int server_version, std::string known = {})
        : server_version_(server_version), known_(std::move(known)) {}

    /// What is to be asked next; empty when the reading has ended.
    std::string question() const;
    /// The answer to question(). False: it is not one, or the schema does not hold still; the reading must be given up.
    bool take(const std::vector<row>& rows);

    const std::string& fingerprint() const noexcept { return fingerprint_; }
    /// To be called once, at the end.
    std::shared_ptr<schema_map> result() noexcept { return std::move(made_); }

private:
    enum class step : std::uint8_t {
        comparing,
        routines,
        relations,
        links,
        types,
        operators,
        casts,
        definitions,
        confirming,
        ended,
    };
    bool take_fingerprint(const std::vector<row>& rows);
    bool take_definitions(const std::vector<row>& rows);
    bool take_rows(const std::vector<row>& rows);
    bool confirm(const std::vector<row>& rows);
    void list_views();
    void give_up_size();

    int server_version_;
    std::string known_;
    std::string fingerprint_;
    step step_ = step::comparing;
    schema_rows rows_;
    std::vector<relation_id> views_;
    std::size_t views_asked_ = 0;  // of views_, in answers that were taken
    unsigned rounds_ = 0;
    std::shared_ptr<schema_map> made_;
};

}  // namespace pgweir::catalog
