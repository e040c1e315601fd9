"""What SQLAlchemy's suite may ask of PostgreSQL, where it would not by itself."""
from sqlalchemy.testing import exclusions
from sqlalchemy.testing.requirements import SuiteRequirements

LEVELS = ["AUTOCOMMIT", "READ COMMITTED", "READ UNCOMMITTED", "REPEATABLE READ", "SERIALIZABLE"]

HAS = """
    array_type autocommit comment_reflection computed_columns computed_columns_default_persisted
    computed_columns_reflect_persisted computed_columns_stored reflects_pk_names
    ctes ctes_on_dml ctes_with_update_delete datetime_historic datetime_timezone default_schema_name_switch deferrable_fks
    delete_from except_ fetch_expression fetch_first fetch_no_order_by fetch_offset_with_options fetch_ties
    foreign_key_constraint_option_reflection_ondelete foreign_key_constraint_option_reflection_onupdate full_returning
    has_temp_table identity_columns identity_columns_standard index_reflects_included_columns indexes_with_expressions
    infinity_floats insert_executemany_returning intersect isolation_level json_array_indexes json_type nullsordering
    on_update_cascade parens_in_union_contained_select_w_limit_offset parens_in_union_contained_select_wo_limit_offset
    percent_schema_names precision_numerics_enotation_large reflect_tables_no_columns regexp_match regexp_replace savepoints
    schemas sequences server_side_cursors supports_distinct_on table_value_constructor
    temp_table_reflect_indexes temp_table_reflection temporary_tables temporary_views time_timezone tuple_in tuple_in_w_empty
    unique_constraint_reflection unusual_column_name_characters update_from views window_functions
"""


class Requirements(SuiteRequirements):
    def get_isolation_levels(self, config):
        return {"default": "READ COMMITTED", "supported": LEVELS}


for name in HAS.split():
    setattr(Requirements, name, property(lambda self: exclusions.open()))
