//! The columns of STV views, as the guide's pages r_STV_* list them.

pub const COLUMNS: &str = "
stv_active_cursors: userid int, name char(256), xid bigint, pid int, starttime timestamp, row_count bigint, byte_count bigint, fetched_rows bigint
stv_blocklist: slice int, col int, tbl int, blocknum int, num_values int, extended_limits int, minvalue bigint, maxvalue bigint, sb_pos int, pinned int, on_disk int, modified int, hdr_modified int, unsorted int, tombstone int, preferred_diskno int, temporary int, newblock int, num_readers int, flags int
stv_cursor_configuration: current_cursor_count int, max_diskspace_usable int, current_diskspace_used int
stv_db_isolation_level: db_name char(128), isolation_level char(20)
stv_exec_state: userid int, query int, slice int, segment int, step int, starttime timestamp, currenttime timestamp, tasknum int, rows bigint, bytes bigint, label char(256), is_diskbased char(1), workmem bigint, num_parts int, is_rrscan char(1), is_delayed_scan char(1)
stv_inflight: userid int, slice int, query int, label char(320), xid bigint, pid int, starttime timestamp, text char(100), suspended int, insert_pristine int, concurrency_scaling_status int
stv_load_state: userid int, session int, query int, slice int, pid int, recordtime timestamp, bytes_to_load bigint, bytes_loaded bigint, bytes_to_load_compressed bigint, bytes_loaded_compressed bigint, lines int, num_files int, num_files_complete int, current_file char(256), pct_complete int
stv_locks: table_id bigint, last_commit timestamp, last_update timestamp, lock_owner bigint, lock_owner_pid bigint, lock_owner_start_ts timestamp, lock_owner_end_ts timestamp, lock_status char(22)
stv_ml_model_info: schema_name char(128), user_name char(128), model_name char(128), life_cycle char(20), is_refreshable int, model_state char(128)
stv_mv_deps: db_name char(128), schema char(128), name char(128), ref_schema char(128), ref_name char(128), ref_database_name char(128)
stv_mv_info: db_name char(128), schema char(128), name char(128), updated_upto_xid bigint, is_stale char(1), owner_user_name char(128), state int, autorewrite char(1), autorefresh char(1)
stv_node_storage_capacity: node int, used int, capacity int
stv_partitions: owner int, host int, diskno int, part_begin bigint, part_end bigint, used int, tossed int, capacity int, reads bigint, writes bigint, seek_forward int, seek_back int, is_san int, failed int, mbps int, mount char(256)
stv_query_metrics: userid int, service_class int, query int, segment int, step_type int, starttime timestamp, slices int, max_rows bigint, rows bigint, max_cpu_time bigint, cpu_time bigint, max_blocks_read int, blocks_read bigint, max_run_time bigint, run_time bigint, max_blocks_to_disk bigint, blocks_to_disk bigint, max_query_scan_size bigint, query_scan_size bigint, query_priority int, query_queue_time bigint
stv_recents: userid int, status char(20), starttime timestamp, duration int, user_name char(50), db_name char(50), query char(600), pid int
stv_sessions: starttime timestamp, process int, user_name char(50), db_name char(50), timeout_sec int
stv_slices: node int, slice int, localslice int, type char(1)
stv_startup_recovery_state: db_id int, table_id int, table_name char(137)
stv_tbl_perm: slice int, id int, name char(72), rows bigint, sorted_rows bigint, temp int, db_id int, insert_pristine int, delete_pristine int, backup int, dist_style int, block_count int
stv_tbl_trans: slice int, id int, rows bigint, size bigint, query_id bigint, ref_cnt int, from_suspended int, prep_swap int
stv_wlm_classification_config: id int, condition char(128), action_seq int, action char(64), action_service_class int
stv_wlm_qmr_config: service_class int, rule_name char(256), action char(256), metric_name char(256), metric_operator char(256), metric_value char(256), action_value char(256)
stv_wlm_query_queue_state: service_class int, position int, task int, query int, slot_count int, start_time timestamp, queue_time bigint
stv_wlm_query_state: xid bigint, task int, query int, service_class int, slot_count int, wlm_start_time timestamp, state char(16), queue_time bigint, exec_time bigint, query_priority char(20)
stv_wlm_query_task_state: service_class int, task int, query int, level int, start_time timestamp, exec_time bigint
stv_wlm_service_class_config: service_class int, queueing_strategy char(32), num_query_tasks int, target_num_query_tasks int, evictable char(8), eviction_threshold bigint, query_working_mem int, target_query_working_mem int, min_step_mem int, name char(64), max_execution_time bigint, user_group_wild_card bool, query_group_wild_card bool, concurrency_scaling char(20), query_priority char(20), user_role_wild_card bool
stv_wlm_service_class_state: service_class int, service_class_name char(64), num_queued_queries int, num_executing_queries int, num_serviced_queries int, num_executed_queries int, target_num_query_tasks int, num_concurrency_scaling_queries int
stv_xrestore_alter_queue_state: userid int, db_id int, schema char(128), table_name char(128), tbl int, status char(64), size bigint, created_at timestamp, updated_at timestamp
";
