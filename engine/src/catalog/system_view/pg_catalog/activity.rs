//! pg_stat_activity, pg_locks: the sessions that are alive and the locks of their transactions.

use std::sync::Arc;

use super::super::{
    log::session::{sessions, user_id},
    oid,
    svv::transaction::{Locked, transactions},
    value::*,
    view::{PG_CATALOG, View, col},
};
use crate::session::SessionEntry;

/// The number of the connected database.
const DATABASE_OID: i64 = 100;
/// Bytes of a statement that are shown.
const TEXT_BYTES_MAX: usize = 1_024;

/// pg_stat_activity
pub const PG_STAT_ACTIVITY: View<Arc<SessionEntry>> = View {
    schema: PG_CATALOG,
    name: "pg_stat_activity",
    items: |context| Ok(sessions(context)),
    columns: &[
        col("datid", OID, |_, _| DATABASE_OID.into()),
        col("datname", NAME, |_, s| (&s.database).into()),
        col("procpid", INT4, |_, s| s.process_id.into()),
        col("usesysid", INT4, |context, s| user_id(context, &s.user)),
        col("usename", NAME, |_, s| (&s.user).into()),
        col("current_query", TEXT, |_, s| match s.activity().running {
            Some(running) => running.text[..running.text.floor_char_boundary(TEXT_BYTES_MAX)].to_owned().into(),
            None => "<IDLE>".into(),
        }),
        col("query_start", TIMESTAMP, |_, s| s.activity().running.map(|running| running.started).into()),
    ],
};

/// pg_locks
pub const PG_LOCKS: View<Locked> = View {
    schema: PG_CATALOG,
    name: "pg_locks",
    items: |context| Ok(transactions(context)),
    columns: &[
        col("locktype", TEXT, |_, l| (if l.1.is_some() { "relation" } else { "transactionid" }).into()),
        col("relation", OID, |_, l| l.1.as_ref().map(|lock| oid::relation(lock.table)).into()),
        col("database", OID, |_, l| l.1.is_some().then_some(DATABASE_OID).into()),
        col("transaction", INT8, |_, l| l.0.owner.transaction_id.into()),
        col("pid", INT4, |_, l| l.0.owner.process_id.into()),
        col("mode", TEXT, |_, l| l.1.as_ref().map_or("ExclusiveLock", |lock| lock.mode.name()).into()),
        col("granted", BOOL, |_, l| l.1.as_ref().is_none_or(|lock| lock.granted).into()),
    ],
};
