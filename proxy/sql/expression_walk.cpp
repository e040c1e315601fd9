#include <algorithm>
#include <array>

#include "sql/tree_walker.hpp"
#include "sql/words.hpp"

namespace pgweir::sql {

namespace {

template <class Kind>
const Kind& as(const parse_tree::message& node) noexcept {
    return reinterpret_cast<const Kind&>(node);
}

constexpr std::array<std::string_view, 6> system_columns{"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"};

// Their input functions look for a name in the catalogs.
constexpr std::array<std::string_view, 11> types_of_names{
    "regclass",    "regcollation", "regconfig",    "regdictionary", "regnamespace", "regoper",
    "regoperator", "regproc",      "regprocedure", "regrole",       "regtype"};

// Their input functions know words such as 'now'.
constexpr std::array<std::string_view, 11> types_of_moments{
    "date",    "time",      "timetz",         "timestamp",    "timestamptz",   "daterange",
    "tsrange", "tstzrange", "datemultirange", "tsmultirange", "tstzmultirange"};

constexpr std::array<std::string_view, 7> types_of_text{"text", "varchar", "bpchar", "char", "name", "json", "jsonb"};

constexpr std::array<std::string_view, 3> operators_to_text{"||", "->>", "#>>"};

constexpr std::array<std::string_view, 35> functions_to_text{"array_to_string",
                                                             "btrim",
                                                             "chr",
                                                             "concat",
                                                             "concat_ws",
                                                             "convert_from",
                                                             "format",
                                                             "initcap",
                                                             "left",
                                                             "lower",
                                                             "lpad",
                                                             "ltrim",
                                                             "normalize",
                                                             "overlay",
                                                             "quote_ident",
                                                             "quote_literal",
                                                             "regexp_match",
                                                             "regexp_replace",
                                                             "regexp_substr",
                                                             "repeat",
                                                             "replace",
                                                             "reverse",
                                                             "right",
                                                             "rpad",
                                                             "rtrim",
                                                             "split_part",
                                                             "string_agg",
                                                             "substr",
                                                             "substring",
                                                             "to_char",
                                                             "translate",
                                                             "unistr",
                                                             "upper",
                                                             "json_extract_path_text",
                                                             "jsonb_extract_path_text"};

constexpr bool is_among(const auto& names, std::string_view name) noexcept {
    return std::ranges::find(names, name) != std::ranges::end(names);
}

bool is_of(const PgQuery__TypeName* type, const auto& names) {
    return type != nullptr && is_among(names, name_in_list(type->names, type->n_names).name);
}

bool makes_text(const PgQuery__Node* value);

bool any_makes_text(PgQuery__Node* const* values, std::size_t count) {
    return std::any_of(values, values + count, makes_text);
}

// Whether its text was put together or taken out of something: what it says only the data know. A column's type does not
// stand in the statement, and a literal is looked at by itself.
bool makes_text(const PgQuery__Node* value) {
    if (value == nullptr) return false;
    switch (static_cast<int>(value->node_case)) {
        case PG_QUERY__NODE__NODE_A_EXPR: {
            const PgQuery__AExpr& expression = *value->a_expr;
            if (expression.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF) return makes_text(expression.lexpr);
            return is_among(operators_to_text, name_in_list(expression.name, expression.n_name).name);
        }
        case PG_QUERY__NODE__NODE_FUNC_CALL:
            return is_among(functions_to_text,
                            name_in_list(value->func_call->funcname, value->func_call->n_funcname).name);
        case PG_QUERY__NODE__NODE_TYPE_CAST:
            return is_of(value->type_cast->type_name, types_of_text) && value->type_cast->arg != nullptr &&
                   value->type_cast->arg->node_case != PG_QUERY__NODE__NODE_A_CONST &&
                   value->type_cast->arg->node_case != PG_QUERY__NODE__NODE_PARAM_REF;
        case PG_QUERY__NODE__NODE_COLLATE_CLAUSE: return makes_text(value->collate_clause->arg);
        case PG_QUERY__NODE__NODE_COALESCE_EXPR:
            return any_makes_text(value->coalesce_expr->args, value->coalesce_expr->n_args);
        case PG_QUERY__NODE__NODE_MIN_MAX_EXPR:
            return any_makes_text(value->min_max_expr->args, value->min_max_expr->n_args);
        case PG_QUERY__NODE__NODE_A_ARRAY_EXPR:
            return any_makes_text(value->a_array_expr->elements, value->a_array_expr->n_elements);
        case PG_QUERY__NODE__NODE_CASE_EXPR:
            return makes_text(value->case_expr->defresult) ||
                   any_makes_text(value->case_expr->args, value->case_expr->n_args);
        case PG_QUERY__NODE__NODE_CASE_WHEN: return makes_text(value->case_when->result);
        default: return false;
    }
}

}  // namespace

// `a` is a column; what `t.f` is depends on t.
void tree_walker::column(const message& node) {
    const auto& reference = as<PgQuery__ColumnRef>(node);
    const qualified_name named = name_in_list(reference.fields, reference.n_fields);
    if (is_among(system_columns, named.name)) facts_.reasons |= reason::system_column;
    const bool all = reference.fields[reference.n_fields - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR;
    if (!all && !named.schema.empty()) field(named.name.c_str());
}

void tree_walker::indirection(const message& node) {
    const auto& selection = as<PgQuery__AIndirection>(node);
    for (std::size_t i = 0; i < selection.n_indirection; ++i)
        if (selection.indirection[i]->node_case == PG_QUERY__NODE__NODE_STRING)
            field(selection.indirection[i]->string->sval);
    visit_below(node);
}

void tree_walker::field(const char* name) {
    if (is_among(system_columns, name)) facts_.reasons |= reason::system_column;
    facts_.fields.emplace_back(name);
}

void tree_walker::function(const message& node) {
    const auto& call = as<PgQuery__FuncCall>(node);
    facts_.functions.push_back(name_in_list(call.funcname, call.n_funcname));
    // date(a) may be a::date (manual, section 4.2.9).
    if (call.n_args == 1 && is_among(types_of_moments, facts_.functions.back().name) && makes_text(call.args[0]))
        facts_.reasons |= reason::time_literal;
    visit_below(node);
}

void tree_walker::operation(const message& node) {
    const auto& expression = as<PgQuery__AExpr>(node);
    qualified_name named = name_in_list(expression.name, expression.n_name);
    // In the tree it is called BETWEEN, NOT BETWEEN and so on, which no operator is.
    if (expression.kind >= PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN) {
        facts_.operators.push_back({{}, ">="});
        facts_.operators.push_back({{}, "<="});
    } else {
        facts_.operators.push_back(std::move(named));
    }
    visit_below(node);
}

void tree_walker::sublink(const message& node) {
    const auto& link = as<PgQuery__SubLink>(node);
    if (link.n_oper_name > 0)
        facts_.operators.push_back(name_in_list(link.oper_name, link.n_oper_name));
    else if (link.testexpr != nullptr)
        facts_.operators.push_back({{}, "="});  // IN
    visit_below(node);
}

void tree_walker::sort(const message& node) {
    const auto& by = as<PgQuery__SortBy>(node);
    if (by.n_use_op > 0) facts_.operators.push_back(name_in_list(by.use_op, by.n_use_op));
    visit_below(node);
}

// USING and NATURAL compare with whatever = is found.
void tree_walker::join(const message& node) {
    const auto& joined = as<PgQuery__JoinExpr>(node);
    if (joined.n_using_clause > 0 || joined.is_natural != 0) facts_.operators.push_back({{}, "="});
    visit_below(node);
}

// CASE x WHEN y does the same.
void tree_walker::case_of(const message& node) {
    if (as<PgQuery__CaseExpr>(node).arg != nullptr) facts_.operators.push_back({{}, "="});
    visit_below(node);
}

void tree_walker::type(const message& node) {
    const auto& named_type = as<PgQuery__TypeName>(node);
    qualified_name named = name_in_list(named_type.names, named_type.n_names);
    if (is_among(types_of_names, named.name)) facts_.reasons |= reason::catalog_cast;
    if (!named.name.empty()) facts_.types.push_back(std::move(named));
    visit_below(node);
}

void tree_walker::cast(const message& node) {
    const auto& conversion = as<PgQuery__TypeCast>(node);
    if (is_of(conversion.type_name, types_of_moments) && makes_text(conversion.arg))
        facts_.reasons |= reason::time_literal;
    visit_below(node);
}

// Of XMLTABLE, whose values are texts.
void tree_walker::table_column(const message& node) {
    if (is_of(as<PgQuery__RangeTableFuncCol>(node).type_name, types_of_moments)) facts_.reasons |= reason::time_literal;
    visit_below(node);
}

// Whether the string becomes a date or a time only the catalogs know, so any that could name a moment is taken for one.
void tree_walker::constant(const message& node) {
    const auto& literal = as<PgQuery__AConst>(node);
    if (literal.val_case == PG_QUERY__A__CONST__VAL_SVAL && names_moment(literal.sval->sval))
        facts_.reasons |= reason::time_literal;
}

void tree_walker::parameter(const message& node) {
    const int number = as<PgQuery__ParamRef>(node).number;
    if (number > 0) facts_.parameters = std::max(facts_.parameters, static_cast<std::uint32_t>(number));
}

void tree_walker::special_value(const message& node) {
    switch (as<PgQuery__SQLValueFunction>(node).op) {
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_ROLE:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_USER:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_USER:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_SESSION_USER: facts_.names_role = true; return;
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_SCHEMA: facts_.names_schema = true; return;
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_CATALOG: return;  // the database, which a cache is for
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME_N:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP_N:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME_N:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP_N:
        case PG_QUERY__SQLVALUE_FUNCTION_OP__SQLVALUE_FUNCTION_OP_UNDEFINED:
        case _PG_QUERY__SQLVALUE_FUNCTION_OP_IS_INT_SIZE: break;
    }
    facts_.reasons |= reason::clock_value;
}

// FOR UPDATE OF names aliases, not relations.
void tree_walker::locking(const message&) {
    facts_.reasons |= reason::locks_rows;
}

void tree_walker::sample(const message& node) {
    facts_.reasons |= reason::tablesample;
    visit_below(node);
}

}  // namespace pgweir::sql
