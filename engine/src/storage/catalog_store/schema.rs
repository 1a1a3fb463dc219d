//! The tables of the catalog: DuckLake 1.0's, verbatim as DuckDB 1.5.5 makes them, and our `rs_*`
//! tables for what Redshift has and DuckLake lacks.

/// The version of DuckLake's layout that is written and read.
pub(super) const DUCKLAKE_VERSION: &str = "1.0";

/// DuckLake's tables.
pub(super) const DUCKLAKE_TABLES: &str = "
CREATE TABLE ducklake_column(column_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT, table_id BIGINT, column_order BIGINT, column_name VARCHAR, column_type VARCHAR, initial_default VARCHAR, default_value VARCHAR, nulls_allowed BIGINT, parent_column BIGINT, default_value_type VARCHAR, default_value_dialect VARCHAR);
CREATE TABLE ducklake_column_mapping(mapping_id BIGINT, table_id BIGINT, \"type\" VARCHAR);
CREATE TABLE ducklake_column_tag(table_id BIGINT, column_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT, \"key\" VARCHAR, \"value\" VARCHAR);
CREATE TABLE ducklake_data_file(data_file_id BIGINT PRIMARY KEY, table_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT, file_order BIGINT, path VARCHAR, path_is_relative BIGINT, file_format VARCHAR, record_count BIGINT, file_size_bytes BIGINT, footer_size BIGINT, row_id_start BIGINT, partition_id BIGINT, encryption_key VARCHAR, mapping_id BIGINT, partial_max BIGINT);
CREATE TABLE ducklake_delete_file(delete_file_id BIGINT PRIMARY KEY, table_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT, data_file_id BIGINT, path VARCHAR, path_is_relative BIGINT, format VARCHAR, delete_count BIGINT, file_size_bytes BIGINT, footer_size BIGINT, encryption_key VARCHAR, partial_max BIGINT);
CREATE TABLE ducklake_file_column_stats(data_file_id BIGINT, table_id BIGINT, column_id BIGINT, column_size_bytes BIGINT, value_count BIGINT, null_count BIGINT, min_value VARCHAR, max_value VARCHAR, contains_nan BIGINT, extra_stats VARCHAR);
CREATE TABLE ducklake_file_partition_value(data_file_id BIGINT, table_id BIGINT, partition_key_index BIGINT, partition_value VARCHAR);
CREATE TABLE ducklake_file_variant_stats(data_file_id BIGINT, table_id BIGINT, column_id BIGINT, variant_path VARCHAR, shredded_type VARCHAR, column_size_bytes BIGINT, value_count BIGINT, null_count BIGINT, min_value VARCHAR, max_value VARCHAR, contains_nan BIGINT, extra_stats VARCHAR);
CREATE TABLE ducklake_files_scheduled_for_deletion(data_file_id BIGINT, path VARCHAR, path_is_relative BIGINT, schedule_start VARCHAR);
CREATE TABLE ducklake_inlined_data_tables(table_id BIGINT, table_name VARCHAR, schema_version BIGINT);
CREATE TABLE ducklake_macro(schema_id BIGINT, macro_id BIGINT, macro_name VARCHAR, begin_snapshot BIGINT, end_snapshot BIGINT);
CREATE TABLE ducklake_macro_impl(macro_id BIGINT, impl_id BIGINT, dialect VARCHAR, \"sql\" VARCHAR, \"type\" VARCHAR);
CREATE TABLE ducklake_macro_parameters(macro_id BIGINT, impl_id BIGINT, column_id BIGINT, parameter_name VARCHAR, parameter_type VARCHAR, default_value VARCHAR, default_value_type VARCHAR);
CREATE TABLE ducklake_metadata(\"key\" VARCHAR NOT NULL, \"value\" VARCHAR NOT NULL, \"scope\" VARCHAR, scope_id BIGINT);
CREATE TABLE ducklake_name_mapping(mapping_id BIGINT, column_id BIGINT, source_name VARCHAR, target_field_id BIGINT, parent_column BIGINT, is_partition BIGINT);
CREATE TABLE ducklake_partition_column(partition_id BIGINT, table_id BIGINT, partition_key_index BIGINT, column_id BIGINT, \"transform\" VARCHAR);
CREATE TABLE ducklake_partition_info(partition_id BIGINT, table_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT);
CREATE TABLE ducklake_schema(schema_id BIGINT PRIMARY KEY, schema_uuid VARCHAR, begin_snapshot BIGINT, end_snapshot BIGINT, schema_name VARCHAR, path VARCHAR, path_is_relative BIGINT);
CREATE TABLE ducklake_schema_versions(begin_snapshot BIGINT, schema_version BIGINT, table_id BIGINT);
CREATE TABLE ducklake_snapshot(snapshot_id BIGINT PRIMARY KEY, snapshot_time VARCHAR, schema_version BIGINT, next_catalog_id BIGINT, next_file_id BIGINT);
CREATE TABLE ducklake_snapshot_changes(snapshot_id BIGINT PRIMARY KEY, changes_made VARCHAR, author VARCHAR, commit_message VARCHAR, commit_extra_info VARCHAR);
CREATE TABLE ducklake_sort_expression(sort_id BIGINT, table_id BIGINT, sort_key_index BIGINT, expression VARCHAR, dialect VARCHAR, sort_direction VARCHAR, null_order VARCHAR);
CREATE TABLE ducklake_sort_info(sort_id BIGINT, table_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT);
CREATE TABLE ducklake_table(table_id BIGINT, table_uuid VARCHAR, begin_snapshot BIGINT, end_snapshot BIGINT, schema_id BIGINT, table_name VARCHAR, path VARCHAR, path_is_relative BIGINT);
CREATE TABLE ducklake_table_column_stats(table_id BIGINT, column_id BIGINT, contains_null BIGINT, contains_nan BIGINT, min_value VARCHAR, max_value VARCHAR, extra_stats VARCHAR);
CREATE TABLE ducklake_table_stats(table_id BIGINT, record_count BIGINT, next_row_id BIGINT, file_size_bytes BIGINT);
CREATE TABLE ducklake_tag(object_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT, \"key\" VARCHAR, \"value\" VARCHAR);
CREATE TABLE ducklake_view(view_id BIGINT, view_uuid VARCHAR, begin_snapshot BIGINT, end_snapshot BIGINT, schema_id BIGINT, view_name VARCHAR, dialect VARCHAR, \"sql\" VARCHAR, column_aliases VARCHAR);
";

/// Our tables and indexes. Rows with begin and end are live in a state as DuckLake's are.
pub(super) const SIDE_TABLES: &str = "
CREATE TABLE rs_metadata(key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE rs_table(table_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT, layout TEXT NOT NULL);
CREATE TABLE rs_column(table_id BIGINT, column_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT,
    redshift_type TEXT NOT NULL, arrow_type TEXT, default_sql TEXT, identity_seed BIGINT, identity_step BIGINT,
    encoding TEXT);
CREATE TABLE rs_view(view_id BIGINT, begin_snapshot BIGINT, end_snapshot BIGINT, detail TEXT NOT NULL);
CREATE TABLE rs_record(kind TEXT, key TEXT, begin_snapshot BIGINT, end_snapshot BIGINT, value TEXT NOT NULL);
CREATE TABLE rs_file(file_id BIGINT PRIMARY KEY, checksum TEXT NOT NULL, blocks BLOB, sorted_by TEXT,
    slices BLOB);
CREATE TABLE rs_counter(name TEXT PRIMARY KEY, next BIGINT NOT NULL);
CREATE TABLE rs_transaction(sequence INTEGER PRIMARY KEY AUTOINCREMENT, snapshot_id BIGINT, base BIGINT NOT NULL,
    xid BIGINT NOT NULL, pid BIGINT NOT NULL, reads TEXT NOT NULL, writes TEXT NOT NULL);
CREATE TABLE rs_change(snapshot_id BIGINT, object TEXT, object_id BIGINT, kind TEXT, key TEXT, action TEXT);

CREATE INDEX rs_change_snapshot ON rs_change(snapshot_id);
CREATE INDEX rs_table_live ON rs_table(table_id) WHERE end_snapshot IS NULL;
CREATE INDEX rs_column_live ON rs_column(table_id) WHERE end_snapshot IS NULL;
CREATE INDEX rs_view_live ON rs_view(view_id) WHERE end_snapshot IS NULL;
CREATE INDEX rs_record_live ON rs_record(kind, key) WHERE end_snapshot IS NULL;
CREATE INDEX rs_idx_schema_live ON ducklake_schema(schema_name) WHERE end_snapshot IS NULL;
CREATE INDEX rs_idx_table_live ON ducklake_table(schema_id, table_name) WHERE end_snapshot IS NULL;
CREATE INDEX rs_idx_table_id ON ducklake_table(table_id);
CREATE INDEX rs_idx_view_live ON ducklake_view(schema_id, view_name) WHERE end_snapshot IS NULL;
CREATE INDEX rs_idx_view_id ON ducklake_view(view_id);
CREATE INDEX rs_idx_column_live ON ducklake_column(table_id) WHERE end_snapshot IS NULL;
CREATE INDEX rs_idx_column_id ON ducklake_column(table_id, column_id);
CREATE INDEX rs_idx_tag ON ducklake_tag(object_id);
CREATE INDEX rs_idx_column_tag ON ducklake_column_tag(table_id);
CREATE INDEX rs_idx_data_file_end ON ducklake_data_file(table_id, end_snapshot);
CREATE INDEX rs_idx_data_file_begin ON ducklake_data_file(table_id, begin_snapshot);
CREATE INDEX rs_idx_delete_file_end ON ducklake_delete_file(table_id, end_snapshot);
CREATE INDEX rs_idx_delete_file_data ON ducklake_delete_file(data_file_id);
CREATE INDEX rs_idx_delete_file_begin ON ducklake_delete_file(table_id, begin_snapshot);
CREATE INDEX rs_table_id ON rs_table(table_id);
CREATE INDEX rs_column_id ON rs_column(table_id);
CREATE INDEX rs_view_id ON rs_view(view_id);
CREATE INDEX rs_record_begin ON rs_record(begin_snapshot);
CREATE INDEX rs_record_end ON rs_record(end_snapshot);
CREATE INDEX rs_transaction_state ON rs_transaction(coalesce(snapshot_id, base));
CREATE INDEX rs_idx_file_stats ON ducklake_file_column_stats(data_file_id);
CREATE INDEX rs_idx_file_stats_column ON ducklake_file_column_stats(table_id, column_id);
CREATE INDEX rs_idx_table_stats ON ducklake_table_stats(table_id);
CREATE INDEX rs_idx_table_column_stats ON ducklake_table_column_stats(table_id, column_id);
CREATE INDEX rs_idx_schema_versions ON ducklake_schema_versions(table_id, begin_snapshot);
";

/// From version 1 of our tables to version 2: counters, and what transactions read and wrote.
pub(super) const UPGRADE_FROM_1: &str = "
CREATE TABLE rs_counter(name TEXT PRIMARY KEY, next BIGINT NOT NULL);
CREATE TABLE rs_transaction(sequence INTEGER PRIMARY KEY AUTOINCREMENT, snapshot_id BIGINT, base BIGINT NOT NULL,
    xid BIGINT NOT NULL, pid BIGINT NOT NULL, reads TEXT NOT NULL, writes TEXT NOT NULL);
";

/// From version 2 to version 3: checksums of blocks, indexes for the digest of live rows.
pub(super) const UPGRADE_FROM_2: &str = "
ALTER TABLE rs_file ADD COLUMN blocks BLOB;
CREATE INDEX rs_idx_delete_file_begin ON ducklake_delete_file(table_id, begin_snapshot);
CREATE INDEX rs_table_id ON rs_table(table_id);
CREATE INDEX rs_column_id ON rs_column(table_id);
CREATE INDEX rs_view_id ON rs_view(view_id);
CREATE INDEX rs_record_begin ON rs_record(begin_snapshot);
CREATE INDEX rs_record_end ON rs_record(end_snapshot);
CREATE INDEX rs_transaction_state ON rs_transaction(coalesce(snapshot_id, base));
";

/// From version 4 to version 5: how rows are spread over slices. The digest covers it and is made anew by the next commit.
pub(super) const UPGRADE_FROM_4: &str = "
ALTER TABLE rs_file ADD COLUMN slices BLOB;
DELETE FROM rs_metadata WHERE key = 'digest';
";

/// From version 3 to version 4: the order of segments. The digest covers it and is made anew by the next commit.
pub(super) const UPGRADE_FROM_3: &str = "
ALTER TABLE rs_file ADD COLUMN sorted_by TEXT;
DELETE FROM rs_metadata WHERE key = 'digest';
";
