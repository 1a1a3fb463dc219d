//! The columns of SVV views, as the guide's pages r_SVV_* list them.

pub const COLUMNS: &str = "
svv_all_columns: database_name varchar(128), schema_name varchar(128), table_name varchar(128), column_name varchar(128), ordinal_position int, column_default varchar(4000), is_nullable varchar(3), data_type varchar(128), character_maximum_length int, numeric_precision int, numeric_scale int, remarks varchar(256)
svv_all_schemas: database_name varchar(128), schema_name varchar(128), schema_owner int, schema_type varchar(128), schema_acl varchar(128), source_database varchar(128), schema_option varchar(128)
svv_all_tables: database_name varchar(128), schema_name varchar(128), table_name varchar(128), table_type varchar(128), table_acl varchar(128), remarks varchar(128)
svv_alter_table_recommendations: type char(30), database char(128), table_id int, group_id int, ddl text, auto_eligible char(1)
svv_attached_masking_policy: policy_name text, schema_name text, table_name text, table_type text, grantor text, grantee text, grantee_type text, priority int, input_columns text, output_columns text
svv_column_privileges: namespace_name text, relation_name text, column_name text, privilege_type text, identity_id int, identity_name text, identity_type text
svv_columns: table_catalog varchar(128), table_schema varchar(128), table_name varchar(128), column_name varchar(128), ordinal_position int, column_default text, is_nullable varchar(3), data_type text, character_maximum_length int, numeric_precision int, numeric_precision_radix int, numeric_scale int, datetime_precision int, interval_type text, interval_precision text, character_set_catalog varchar(128), character_set_schema varchar(128), character_set_name varchar(128), collation_catalog varchar(128), collation_schema varchar(128), collation_name varchar(128), domain_name varchar(128), remarks text
svv_database_privileges: database_name text, privilege_type text, identity_id int, identity_name text, identity_type text, admin_option bool, privilege_scope text
svv_datashare_consumers: share_name varchar(128), consumer_account varchar(16), consumer_namespace varchar(64), share_date timestamp
svv_datashare_objects: share_type varchar(8), share_name varchar(128), object_type varchar(64), object_name varchar(512), producer_account varchar(16), producer_namespace varchar(64), include_new bool
svv_datashare_privileges: datashare_name text, privilege_type text, identity_id int, identity_name text, identity_type text, admin_option bool
svv_datashares: share_name varchar(128), share_id int, share_owner int, source_database varchar(128), consumer_database varchar(128), share_type varchar(8), createdate timestamp, is_publicaccessible bool, share_acl varchar(256), producer_account varchar(16), producer_namespace varchar(64), managed_by varchar(64)
svv_default_privileges: schema_name text, object_type text, owner_id int, owner_name text, owner_type text, privilege_type text, grantee_id int, grantee_name text, grantee_type text, admin_option bool
svv_diskusage: db_id int, name char(72), slice int, col int, tbl int, blocknum int, num_values int, extended_limits int, minvalue bigint, maxvalue bigint, sb_pos int, pinned int, on_disk int, modified int, hdr_modified int, unsorted int, tombstone int, preferred_diskno int, temporary int, newblock int, num_readers int, id int, flags int
svv_external_columns: redshift_database_name text, schemaname text, tablename text, columnname text, external_type text, columnnum int, part_key int, is_nullable text
svv_external_databases: eskind int, databasename text, location text, parameters text
svv_external_partitions: schemaname text, tablename text, values text, location text, input_format text, output_format text, serialization_lib text, serde_parameters text, compressed int, parameters text
svv_external_schemas: esoid oid, eskind smallint, schemaname name, esowner int, databasename text, esoptions text
svv_external_tables: redshift_database_name text, schemaname text, tablename text, tabletype text, location text, input_format text, output_format text, serialization_lib text, serde_parameters text, compressed int, parameters text
svv_function_privileges: namespace_name text, function_name text, argument_types text, privilege_type text, identity_id int, identity_name text, identity_type text, admin_option bool
svv_geography_columns: f_table_catalog varchar(128), f_table_schema varchar(128), f_table_name varchar(128), f_geography_column varchar(128), coord_dimension int, srid int, type varchar(128)
svv_geometry_columns: f_table_catalog varchar(128), f_table_schema varchar(128), f_table_name varchar(128), f_geometry_column varchar(128), coord_dimension int, srid int, type varchar(128)
svv_iam_privileges: iam_arn text, command_type text, identity_id int, identity_name text, identity_type text
svv_identity_providers: uid int, name text, type text, instanceid text, namespc text, params text, enabled bool
svv_integration: integration_id char(128), target_database char(128), source char(128), state char(128), current_lag bigint, last_replicated_checkpoint char(128), total_tables_replicated int, total_tables_failed int, creation_time timestamp, refresh_interval int, source_database char(128)
svv_integration_table_state: integration_id char(128), target_database char(128), schema_name char(128), table_name char(128), table_state char(128), table_last_replicated_checkpoint char(128), reason char(256), last_updated_timestamp timestamp, table_rows bigint, table_size bigint
svv_interleaved_columns: tbl int, col int, interleaved_skew numeric(19,2), last_reindex timestamp
svv_language_privileges: language_name text, privilege_type text, identity_id int, identity_name text, identity_type text, admin_option bool
svv_masking_policy: policy_name text, input_columns text, policy_expression text, policy_modified_by text, policy_modified_time timestamp
svv_ml_model_info: schema_name char(128), user_name char(128), model_name char(128), life_cycle char(20), is_refreshable int, model_state char(128)
svv_ml_model_privileges: namespace_name text, model_name text, model_version int, privilege_type text, identity_id int, identity_name text, identity_type text, admin_option bool
svv_mv_dependency: database_name char(128), schema_name char(128), name char(128), dependent_database_name char(128), dependent_schema_name char(128), dependent_name char(128)
svv_mv_info: database_name char(128), schema_name char(128), user_name char(128), name char(128), is_stale char(1), state int, autorewrite char(1), autorefresh char(1)
svv_query_inflight: userid int, slice int, query int, pid int, starttime timestamp, suspended int, text char(100), sequence int
svv_query_state: userid int, query int, seg int, step int, maxtime bigint, avgtime bigint, rows bigint, bytes bigint, cpu bigint, memory bigint, rate_row double, rate_byte double, label char(25), is_diskbased char(1), workmem bigint, num_parts int, is_rrscan char(1), is_delayed_scan char(1)
svv_redshift_columns: database_name varchar(128), schema_name varchar(128), table_name varchar(128), column_name varchar(128), ordinal_position int, data_type varchar(32), column_default varchar(4000), is_nullable varchar(3), encoding varchar(128), distkey bool, sortkey int, column_acl varchar(128), remarks varchar(256)
svv_redshift_databases: database_name varchar(128), database_owner int, database_type varchar(32), database_acl varchar(128), database_options varchar(128), database_isolation_level varchar(128)
svv_redshift_functions: database_name varchar(128), schema_name varchar(128), function_name varchar(128), function_type varchar(128), argument_type varchar(512), result_type varchar(128)
svv_redshift_schemas: database_name varchar(128), schema_name varchar(128), schema_owner int, schema_type varchar(16), schema_acl varchar(128), schema_option varchar(128)
svv_redshift_tables: database_name varchar(128), schema_name varchar(128), table_name varchar(128), table_type varchar(16), table_acl varchar(128), remarks varchar(256), table_owner varchar(128)
svv_relation_privileges: namespace_name text, relation_name text, privilege_type text, identity_id int, identity_name text, identity_type text, admin_option bool
svv_rls_applied_policy: username text, query int, xid bigint, pid int, recordtime timestamp, command char(1), datname text, relschema text, relname text, polname text, poldefault char(1)
svv_rls_attached_policy: relschema text, relname text, relkind text, polname text, grantor text, grantee text, granteekind text, is_pol_on bool, is_rls_on bool, rls_conjunction_type text
svv_rls_policy: poldb text, polname text, polalias text, polatts text, polqual text, polenabled bool, polmodifiedby text, polmodifiedtime timestamp
svv_rls_relation: datname text, relschema text, relname text, relkind text, is_rls_on bool, is_rls_datashare_on bool, rls_conjunction_type text, rls_datashare_conjunction_type text
svv_role_grants: role_id int, role_name text, granted_role_id int, granted_role_name text
svv_roles: role_id int, role_name text, role_owner text, external_id text
svv_schema_privileges: namespace_name text, privilege_type text, identity_id int, identity_name text, identity_type text, admin_option bool, privilege_scope text
svv_schema_quota_state: schema_id int, schema_name char(128), schema_owner int, quota int, disk_usage int, disk_usage_pct double
svv_system_privileges: system_privilege text, identity_id int, identity_name text, identity_type text
svv_table_info: database text, schema text, table_id oid, table text, encoded text, diststyle text, sortkey1 text, max_varchar int, sortkey1_enc char(32), sortkey_num int, size bigint, pct_used numeric(10,4), empty bigint, unsorted numeric(5,2), stats_off numeric(5,2), tbl_rows numeric(38,0), skew_sortkey1 numeric(19,2), skew_rows numeric(19,2), estimated_visible_rows numeric(38,0), risk_event text, vacuum_sort_benefit numeric(12,2), create_time timestamp
svv_tables: table_catalog text, table_schema text, table_name text, table_type text, remarks text
svv_transactions: txn_owner text, txn_db text, xid bigint, pid int, txn_start timestamp, lock_mode text, lockable_object_type text, relation int, granted bool
svv_user_grants: user_id int, user_name text, role_id int, role_name text, admin_option bool
svv_user_info: user_name text, user_id int, createdb bool, superuser bool, catalog_update bool, connection_limit text, syslog_access text, last_ddl_timestamp timestamp, session_timeout int, external_user_id text
svv_vacuum_progress: table_name text, status text, time_remaining_estimate text
svv_vacuum_summary: table_name text, xid bigint, sort_partitions bigint, merge_increments bigint, elapsed_time bigint, row_delta bigint, sortedrow_delta bigint, block_delta int, max_merge_partitions int
";
