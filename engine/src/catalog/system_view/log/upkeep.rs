//! Tables that were analysed and vacuumed, materialized views that were refreshed: STL_ANALYZE,
//! STL_VACUUM, SYS_VACUUM_HISTORY, SVL_MV_REFRESH_STATUS, SYS_MV_REFRESH_HISTORY.

use std::sync::Arc;

use super::{
    super::{context::SystemContext, declared::Filled, oid, value::Value},
    procedure::events,
    session::user_id,
};
use crate::{
    session::{EventKind, LoggedEvent, TableName, TableSize},
    storage::metadata::RelationId,
};

use super::super::svv::table_info::BLOCK_BYTES;

fn table(event: &LoggedEvent) -> Option<&TableName> {
    match &event.kind {
        EventKind::Analyze { table, .. } | EventKind::Vacuum { table, .. } => Some(table),
        EventKind::Refresh { view, .. } => Some(view),
        _ => None,
    }
}

fn table_oid<'a>(event: &LoggedEvent) -> Value<'a> {
    table(event).map(|table| oid::relation(RelationId(table.id))).into()
}

fn schema_name(event: &LoggedEvent) -> Value<'_> {
    table(event).map(|table| &table.schema).into()
}

fn table_name(event: &LoggedEvent) -> Value<'_> {
    table(event).map(|table| &table.name).into()
}

/// ANALYZE's numbers: rows, changed rows, threshold.
fn analyzed(event: &LoggedEvent) -> (u64, u64, f64) {
    match &event.kind {
        EventKind::Analyze { rows, changed, threshold, .. } => (*rows, *changed, *threshold),
        _ => (0, 0, 0.0),
    }
}

pub const STL_ANALYZE: Filled<Arc<LoggedEvent>> = Filled {
    name: "stl_analyze",
    items: |context| Ok(events(context, |kind| matches!(kind, EventKind::Analyze { .. }))),
    values: &[
        ("userid", |context, e| user_id(context, &e.origin.user)),
        ("xid", |_, e| e.origin.transaction_id.into()),
        ("database", |_, e| (&e.origin.database).into()),
        ("table_id", |_, e| table_oid(e)),
        ("status", |_, e| match &e.kind {
            EventKind::Analyze { status, .. } => (*status).into(),
            _ => Value::Null,
        }),
        ("rows", |_, e| Value::Float(analyzed(e).0 as f64)),
        ("modified_rows", |_, e| Value::Float(analyzed(e).1 as f64)),
        ("threshold_percent", |_, e| Value::Integer(analyzed(e).2 as i64)),
        ("is_auto", |_, _| "f".into()),
        ("starttime", |_, e| e.started.into()),
        ("endtime", |_, e| e.ended.into()),
        ("prevtime", |_, e| match &e.kind {
            EventKind::Analyze { before, .. } => (*before).into(),
            _ => Value::Null,
        }),
        ("is_background", |_, _| "f".into()),
        ("schema_name", |_, e| schema_name(e)),
        ("table_name", |_, e| table_name(e)),
    ],
};

fn sizes(event: &LoggedEvent) -> (TableSize, TableSize) {
    match &event.kind {
        EventKind::Vacuum { from, to, .. } => (*from, *to),
        _ => Default::default(),
    }
}

fn mode(event: &LoggedEvent) -> &'static str {
    match &event.kind {
        EventKind::Vacuum { mode, .. } => mode,
        _ => "",
    }
}

fn vacuums(context: &SystemContext) -> Vec<Arc<LoggedEvent>> {
    events(context, |kind| matches!(kind, EventKind::Vacuum { .. }))
}

fn blocks(size: TableSize) -> u64 {
    size.bytes.div_ceil(BLOCK_BYTES)
}

/// The beginning or the end of a VACUUM.
pub struct VacuumStep {
    event: Arc<LoggedEvent>,
    ended: bool,
}

impl VacuumStep {
    fn size(&self) -> TableSize {
        let (from, to) = sizes(&self.event);
        if self.ended { to } else { from }
    }
}

pub const STL_VACUUM: Filled<VacuumStep> = Filled {
    name: "stl_vacuum",
    items: |context| {
        let step = |event: Arc<LoggedEvent>| [false, true].map(|ended| VacuumStep { event: Arc::clone(&event), ended });
        Ok(vacuums(context).into_iter().flat_map(step).collect())
    },
    values: &[
        ("userid", |context, s| user_id(context, &s.event.origin.user)),
        ("xid", |_, s| s.event.origin.transaction_id.into()),
        ("table_id", |_, s| table_oid(&s.event)),
        ("status", |_, s| {
            (match (s.ended, mode(&s.event)) {
                (true, _) => "Finished".to_owned(),
                (false, "Full") => "Started".to_owned(),
                (false, mode) => format!("Started {mode}"),
            })
            .into()
        }),
        ("rows", |_, s| s.size().stored_rows.into()),
        ("sortedrows", |_, s| s.size().sorted_rows.into()),
        ("blocks", |_, s| blocks(s.size()).into()),
        ("max_merge_partitions", |_, _| 0_i64.into()),
        ("eventtime", |_, s| (if s.ended { s.event.ended } else { s.event.started }).into()),
        ("reclaimable_rows", |_, s| (s.size().stored_rows - s.size().live_rows).into()),
        ("reclaimable_space_mb", |_, _| 0_i64.into()),
        ("cutoff_xid", |_, s| s.event.origin.transaction_id.into()),
        ("is_recluster", |_, s| i64::from(mode(&s.event) == "Recluster").into()),
    ],
};

pub const SYS_VACUUM_HISTORY: Filled<Arc<LoggedEvent>> = Filled {
    name: "sys_vacuum_history",
    items: |context| Ok(vacuums(context)),
    values: &[
        ("user_id", |context, e| user_id(context, &e.origin.user)),
        ("transaction_id", |_, e| e.origin.transaction_id.into()),
        ("query_id", |_, e| e.origin.query_id.into()),
        ("database_name", |_, e| (&e.origin.database).into()),
        ("schema_name", |_, e| schema_name(e)),
        ("table_name", |_, e| table_name(e)),
        ("table_id", |_, e| table_oid(e)),
        ("vacuum_type", |_, e| mode(e).into()),
        ("is_automatic", |_, _| false.into()),
        ("duration", |_, e| (e.ended - e.started).num_microseconds().into()),
        ("rows_before_vacuum", |_, e| sizes(e).0.stored_rows.into()),
        ("size_before_vacuum", |_, e| blocks(sizes(e).0).into()),
        ("reclaimable_rows", |_, e| (sizes(e).0.stored_rows - sizes(e).0.live_rows).into()),
        ("reclaimed_rows", |_, e| sizes(e).0.stored_rows.saturating_sub(sizes(e).1.stored_rows).into()),
        ("reclaimed_blocks", |_, e| blocks(sizes(e).0).saturating_sub(blocks(sizes(e).1)).into()),
        ("sortedrows_before_vacuum", |_, e| sizes(e).0.sorted_rows.into()),
        ("sortedrows_after_vacuum", |_, e| sizes(e).1.sorted_rows.into()),
        ("start_time", |_, e| e.started.into()),
        ("end_time", |_, e| e.ended.into()),
    ],
};

fn refreshes(context: &SystemContext) -> Vec<Arc<LoggedEvent>> {
    events(context, |kind| matches!(kind, EventKind::Refresh { .. }))
}

fn status<'a>(event: &LoggedEvent) -> Value<'a> {
    match &event.kind {
        EventKind::Refresh { status, .. } => (*status).into(),
        _ => Value::Null,
    }
}

fn refresh_type(event: &LoggedEvent) -> &'static str {
    match event.kind {
        EventKind::Refresh { automatic: true, .. } => "Auto",
        _ => "Manual",
    }
}

pub const SVL_MV_REFRESH_STATUS: Filled<Arc<LoggedEvent>> = Filled {
    name: "svl_mv_refresh_status",
    items: |context| Ok(refreshes(context)),
    values: &[
        ("db_name", |_, e| (&e.origin.database).into()),
        ("userid", |context, e| user_id(context, &e.origin.user)),
        ("schema_name", |_, e| schema_name(e)),
        ("mv_name", |_, e| table_name(e)),
        ("xid", |_, e| e.origin.transaction_id.into()),
        ("starttime", |_, e| e.started.into()),
        ("endtime", |_, e| e.ended.into()),
        ("status", |_, e| status(e)),
        ("refresh_type", |_, e| refresh_type(e).into()),
    ],
};

pub const SYS_MV_REFRESH_HISTORY: Filled<Arc<LoggedEvent>> = Filled {
    name: "sys_mv_refresh_history",
    items: |context| Ok(refreshes(context)),
    values: &[
        ("user_id", |context, e| user_id(context, &e.origin.user)),
        ("session_user_id", |context, e| user_id(context, &e.origin.session_user)),
        ("transaction_id", |_, e| e.origin.transaction_id.into()),
        ("database_name", |_, e| (&e.origin.database).into()),
        ("schema_name", |_, e| schema_name(e)),
        ("mv_name", |_, e| table_name(e)),
        ("refresh_type", |_, e| refresh_type(e).into()),
        ("status", |_, e| status(e)),
        ("start_time", |_, e| e.started.into()),
        ("end_time", |_, e| e.ended.into()),
        ("duration", |_, e| (e.ended - e.started).num_microseconds().into()),
    ],
};
