#include "catalog/name_verdicts.hpp"

#include <algorithm>
#include <optional>

#include "catalog/routine_traits.hpp"

namespace pgweir::catalog {

namespace {

using sql::qualified_name;
using sql::reason;

/// What is known of all that the name may stand for; nothing when that is not known.
std::optional<std::uint32_t> find(const schema_contents& contents, const name_table& in, const qualified_name& name) {
    if (!name.schema.empty()) {
        const auto* found = in.find(name.name, contents.number_of(name.schema));
        return found == nullptr ? std::nullopt : std::optional(found->value);
    }
    const auto all = in.find(name.name);
    if (all.empty()) return std::nullopt;
    std::uint32_t bits = 0;
    for (const name_table::entry& one : all) bits |= one.value;
    return bits;
}

std::uint32_t field_traits(const schema_contents& contents, const std::string& field) {
    return find(contents, contents.routine_names, {{}, field}).value_or(0);
}

}  // namespace

reason reasons_of_names(const schema_contents& contents, const sql::statement_facts& facts) {
    reason found = reason::none;
    for (const qualified_name& one : facts.functions) {
        const auto traits = find(contents, contents.routine_names, one);
        if (!traits || (*traits & trait::unstable) != 0) found |= reason::unstable_function;
        // domain(x) is a cast to a domain.
        found |= static_cast<reason>(find(contents, contents.type_names, one).value_or(0));
    }
    for (const qualified_name& one : facts.operators) {
        const auto traits = find(contents, contents.operator_names, one);
        if (!traits || (*traits & trait::unstable) != 0) found |= reason::unstable_operator;
    }
    for (const qualified_name& one : facts.types) {
        const auto reasons = find(contents, contents.type_names, one);
        found |= reasons ? static_cast<reason>(*reasons) : reason::unstable_type;
    }
    for (const std::string& one : facts.fields)
        if ((field_traits(contents, one) & trait::field_unstable) != 0) found |= reason::unstable_function;
    return found;
}

bool names_beside_system(const schema_contents& contents, const sql::statement_facts& facts,
                         std::span<const std::string> path) {
    const auto known = [&](const name_table& in, const qualified_name& name) {
        const auto reached = [&](const std::string& schema) {
            return schema != "pg_catalog" && in.find(name.name, contents.number_of(schema)) != nullptr;
        };
        return name.schema.empty() ? std::ranges::any_of(path, reached) : name.schema != "pg_catalog";
    };
    const auto any = [&](const name_table& in, const std::vector<qualified_name>& names) {
        return std::ranges::any_of(names, [&](const qualified_name& one) { return known(in, one); });
    };
    return any(contents.routine_names, facts.functions) || any(contents.type_names, facts.functions) ||
           any(contents.operator_names, facts.operators) || any(contents.type_names, facts.types) ||
           std::ranges::any_of(facts.fields,
                               [&](const std::string& one) { return known(contents.routine_names, {{}, one}); });
}

bool names_may_write(const schema_contents& contents, const sql::statement_facts& facts) {
    const auto may = [&](const name_table& in) {
        return [&](const qualified_name& one) {
            const auto traits = find(contents, in, one);
            return !traits || (*traits & trait::writes) != 0;
        };
    };
    // A type that is not known may be a domain with a constraint that calls something.
    const auto unknown_type = [&](const qualified_name& one) { return !find(contents, contents.type_names, one); };
    return std::ranges::any_of(facts.functions, may(contents.routine_names)) ||
           std::ranges::any_of(facts.operators, may(contents.operator_names)) ||
           std::ranges::any_of(
               facts.fields,
               [&](const std::string& one) { return (field_traits(contents, one) & trait::field_writes) != 0; }) ||
           (contents.any_may_write && std::ranges::any_of(facts.types, unknown_type));
}

}  // namespace pgweir::catalog
