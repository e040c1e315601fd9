#include "catalog/builtin_functions.hpp"

#include <algorithm>
#include <array>

namespace pgweir::catalog {

namespace {

// Not here: what tells the time (age() of one argument, timetz() by the day's daylight saving), who asks, what is in
// catalogs, files and statistics, and what calls the input function of a type that the data choose. timezone() of a time
// with time zone does tell the time, but no value of that type gets so far (see reason::clock_value), save that of a time
// without one, `a AT TIME ZONE b`: by which of two offsets it was made, today's or that of the other half of the year.
constexpr auto settled_by_settings = std::to_array<std::string_view>({
    "anytextcat",
    "array_to_json",
    "array_to_string",
    "concat",
    "concat_ws",
    "convert",
    "convert_from",
    "convert_to",
    "date",
    "date_add",
    "date_cmp_timestamptz",
    "date_eq_timestamptz",
    "date_ge_timestamptz",
    "date_gt_timestamptz",
    "date_le_timestamptz",
    "date_lt_timestamptz",
    "date_ne_timestamptz",
    "date_part",
    "date_subtract",
    "date_trunc",
    "enum_first",
    "enum_last",
    "enum_range",
    "extract",
    "format",
    "generate_series",
    "get_current_ts_config",
    "in_range",
    "interval_pl_timestamptz",
    "json_agg",
    "json_agg_strict",
    "json_build_array",
    "json_build_object",
    "json_object_agg",
    "json_object_agg_strict",
    "json_object_agg_unique",
    "json_object_agg_unique_strict",
    "json_to_tsvector",
    "jsonb_agg",
    "jsonb_agg_strict",
    "jsonb_build_array",
    "jsonb_build_object",
    "jsonb_object_agg",
    "jsonb_object_agg_strict",
    "jsonb_object_agg_unique",
    "jsonb_object_agg_unique_strict",
    "jsonb_to_tsvector",
    "length",
    "make_timestamptz",
    "money",
    "numeric",
    "overlaps",
    "phraseto_tsquery",
    "plainto_tsquery",
    "quote_literal",
    "quote_nullable",
    "row_to_json",
    "textanycat",
    "time",
    "timestamp",
    "timestamp_cmp_timestamptz",
    "timestamp_eq_timestamptz",
    "timestamp_ge_timestamptz",
    "timestamp_gt_timestamptz",
    "timestamp_le_timestamptz",
    "timestamp_lt_timestamptz",
    "timestamp_ne_timestamptz",
    "timestamptz",
    "timestamptz_cmp_date",
    "timestamptz_cmp_timestamp",
    "timestamptz_eq_date",
    "timestamptz_eq_timestamp",
    "timestamptz_ge_date",
    "timestamptz_ge_timestamp",
    "timestamptz_gt_date",
    "timestamptz_gt_timestamp",
    "timestamptz_le_date",
    "timestamptz_le_timestamp",
    "timestamptz_lt_date",
    "timestamptz_lt_timestamp",
    "timestamptz_mi_interval",
    "timestamptz_ne_date",
    "timestamptz_ne_timestamp",
    "timestamptz_pl_interval",
    "timezone",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_number",
    "to_timestamp",
    "to_tsquery",
    "to_tsvector",
    "ts_headline",
    "ts_match_tq",
    "ts_match_tt",
    "websearch_to_tsquery",
});

constexpr auto prefixes_of_harmless = std::to_array<std::string_view>(
    {"lo_",      "pg_advisory_", "pg_backup_",       "pg_control_",      "pg_copy_", "pg_create_",      "pg_current_",
     "pg_get_",  "pg_last_",     "pg_logical_slot_", "pg_ls_",           "pg_read_", "pg_replication_", "pg_show_",
     "pg_sleep", "pg_stat_",     "pg_tablespace",    "pg_try_advisory_", "pg_wal_",  "pg_xact_",        "txid_"});
constexpr auto harmless = std::to_array<std::string_view>({"array_sample",
                                                           "array_shuffle",
                                                           "clock_timestamp",
                                                           "current_query",
                                                           "currtid",
                                                           "currtid2",
                                                           "currval",
                                                           "gen_random_uuid",
                                                           "lastval",
                                                           "loread",
                                                           "lowrite",
                                                           "nextval",
                                                           "pg_blocking_pids",
                                                           "pg_cancel_backend",
                                                           "pg_collation_actual_version",
                                                           "pg_database_collation_actual_version",
                                                           "pg_database_size",
                                                           "pg_drop_replication_slot",
                                                           "pg_export_snapshot",
                                                           "pg_hba_file_rules",
                                                           "pg_ident_file_mappings",
                                                           "pg_indexes_size",
                                                           "pg_is_in_backup",
                                                           "pg_is_in_recovery",
                                                           "pg_is_wal_replay_paused",
                                                           "pg_isolation_test_session_is_blocked",
                                                           "pg_jit_available",
                                                           "pg_lock_status",
                                                           "pg_log_backend_memory_contexts",
                                                           "pg_logical_emit_message",
                                                           "pg_notification_queue_usage",
                                                           "pg_notify",
                                                           "pg_partition_ancestors",
                                                           "pg_partition_tree",
                                                           "pg_prepared_xact",
                                                           "pg_relation_size",
                                                           "pg_reload_conf",
                                                           "pg_rotate_logfile",
                                                           "pg_safe_snapshot_blocking_pids",
                                                           "pg_sequence_last_value",
                                                           "pg_start_backup",
                                                           "pg_stop_backup",
                                                           "pg_switch_wal",
                                                           "pg_table_size",
                                                           "pg_terminate_backend",
                                                           "pg_total_relation_size",
                                                           "random",
                                                           "random_normal",
                                                           "set_config",
                                                           "setseed",
                                                           "setval",
                                                           "suppress_redundant_updates_trigger",
                                                           "timeofday",
                                                           "tsvector_update_trigger",
                                                           "tsvector_update_trigger_column"});

constexpr auto query_runners = std::to_array<std::string_view>({"connectby",
                                                                "crosstab",
                                                                "crosstab2",
                                                                "crosstab3",
                                                                "crosstab4",
                                                                "cursor_to_xml",
                                                                "cursor_to_xmlschema",
                                                                "database_to_xml",
                                                                "database_to_xml_and_xmlschema",
                                                                "database_to_xmlschema",
                                                                "query_to_xml",
                                                                "query_to_xml_and_xmlschema",
                                                                "query_to_xmlschema",
                                                                "schema_to_xml",
                                                                "schema_to_xml_and_xmlschema",
                                                                "schema_to_xmlschema",
                                                                "table_to_xml",
                                                                "table_to_xml_and_xmlschema",
                                                                "table_to_xmlschema",
                                                                "ts_rewrite",
                                                                "ts_stat",
                                                                "xpath_table"});

// Of pgcrypto, uuid-ossp, autoinc, insert_username and moddatetime.
constexpr auto harmless_extension_functions = std::to_array<std::string_view>(
    {"autoinc", "gen_random_bytes", "gen_random_uuid", "gen_salt", "insert_username", "moddatetime", "pgp_pub_decrypt",
     "pgp_pub_encrypt", "pgp_pub_encrypt_bytea", "pgp_sym_decrypt", "pgp_sym_encrypt", "pgp_sym_encrypt_bytea",
     "uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4", "uuid_generate_v6", "uuid_generate_v7"});

static_assert(std::ranges::is_sorted(settled_by_settings) && std::ranges::is_sorted(harmless) &&
              std::ranges::is_sorted(query_runners) && std::ranges::is_sorted(harmless_extension_functions));

template <std::size_t Size>
bool is_among(const std::array<std::string_view, Size>& sorted, std::string_view name) noexcept {
    return std::ranges::binary_search(sorted, name);
}

}  // namespace

bool is_settled_by_settings(std::string_view name) noexcept {
    return is_among(settled_by_settings, name);
}

bool writes_no_table(std::string_view name) noexcept {
    return is_among(harmless, name) ||
           std::ranges::any_of(prefixes_of_harmless, [name](auto prefix) { return name.starts_with(prefix); });
}

bool runs_queries(std::string_view name) noexcept {
    return is_among(query_runners, name);
}

bool is_harmless_extension_function(std::string_view name) noexcept {
    return is_among(harmless_extension_functions, name);
}

}  // namespace pgweir::catalog
