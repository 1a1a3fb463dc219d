//! Sessions that are alive and what they run: STV_SESSIONS, STV_RECENTS, STV_INFLIGHT, STV_LOCKS,
//! STV_WLM_QUERY_STATE, SYS_SESSION_HISTORY.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::super::{
    context::SystemContext,
    declared::Filled,
    oid,
    svv::transaction::{Locked, transactions},
    value::Value,
};
use crate::{
    session::{FinishedQuery, RunningQuery, SessionEntry},
    transaction::LockMode,
};

/// The number of a user by name.
pub fn user_id<'a>(context: &SystemContext, name: &str) -> Value<'a> {
    let user = context.principals().iter().find(|principal| principal.is_user() && principal.name == name);
    user.map(|user| user.id).into()
}

/// The beginning of a text, in bytes.
pub fn cut(text: &str, bytes: usize) -> Value<'_> {
    text[..text.floor_char_boundary(bytes)].into()
}

/// Whether the session may see what a user did: superusers see everything.
pub fn may_see(context: &SystemContext, user: &str) -> bool {
    let own = &context.bind.session.user;
    user == own
        || context
            .principals()
            .iter()
            .any(|principal| principal.is_user() && principal.name == *own && principal.superuser)
}

/// The sessions that the session may see.
pub fn sessions(context: &SystemContext) -> Vec<Arc<SessionEntry>> {
    context.bind.registry.sessions().into_iter().filter(|session| may_see(context, &session.user)).collect()
}

/// A session and the statement that it runs.
pub type Running = (Arc<SessionEntry>, RunningQuery);

/// The statements that are running.
pub fn running(context: &SystemContext) -> Vec<Running> {
    let running = |session: Arc<SessionEntry>| session.activity().running.map(|running| (session, running));
    sessions(context).into_iter().filter_map(running).collect()
}

pub const STV_SESSIONS: Filled<Arc<SessionEntry>> = Filled {
    name: "stv_sessions",
    items: |context| Ok(sessions(context)),
    values: &[
        ("starttime", |_, s| s.started.into()),
        ("process", |_, s| s.process_id.into()),
        ("user_name", |_, s| (&s.user).into()),
        ("db_name", |_, s| (&s.database).into()),
        ("timeout_sec", |_, _| 0_i64.into()),
    ],
};

pub const SYS_SESSION_HISTORY: Filled<Arc<SessionEntry>> = Filled {
    name: "sys_session_history",
    items: |context| Ok(sessions(context)),
    values: &[
        ("user_id", |context, s| user_id(context, &s.user)),
        ("session_id", |_, s| s.process_id.into()),
        ("database_name", |_, s| (&s.database).into()),
        ("status", |_, _| "active".into()),
        ("session_timeout", |_, _| 0_i64.into()),
        ("start_time", |_, s| s.started.into()),
    ],
};

/// A statement of STV_RECENTS: running or done.
pub enum Recent {
    /// It is running.
    Running(Running),
    /// It has ended.
    Done(Arc<FinishedQuery>),
}

/// How many of the statements that have ended STV_RECENTS shows.
const RECENT_MAX: usize = 100;

impl Recent {
    fn started(&self) -> DateTime<Utc> {
        match self {
            Recent::Running(running) => running.1.started,
            Recent::Done(done) => done.started,
        }
    }

    fn duration_micros(&self) -> i64 {
        let end = match self {
            Recent::Running(_) => Utc::now(),
            Recent::Done(done) => done.ended,
        };
        (end - self.started()).num_microseconds().unwrap_or(0)
    }
}

pub const STV_RECENTS: Filled<Recent> = Filled {
    name: "stv_recents",
    items: |context| {
        let mut all: Vec<Recent> = running(context).into_iter().map(Recent::Running).collect();
        let finished = context.bind.registry.finished_queries().into_iter().rev();
        let visible = finished.filter(|query| may_see(context, &query.user));
        all.extend(visible.take(RECENT_MAX).map(Recent::Done));
        Ok(all)
    },
    values: &[
        ("userid", |context, r| match r {
            Recent::Running(running) => user_id(context, &running.0.user),
            Recent::Done(done) => user_id(context, &done.user),
        }),
        ("status", |_, r| (if matches!(r, Recent::Running(_)) { "Running" } else { "Done" }).into()),
        ("starttime", |_, r| r.started().into()),
        ("duration", |_, r| r.duration_micros().min(i64::from(i32::MAX)).into()),
        ("user_name", |_, r| match r {
            Recent::Running(running) => (&running.0.user).into(),
            Recent::Done(done) => (&done.user).into(),
        }),
        ("db_name", |_, r| match r {
            Recent::Running(running) => (&running.0.database).into(),
            Recent::Done(done) => (&done.database).into(),
        }),
        ("query", |_, r| match r {
            Recent::Running(running) => cut(&running.1.text, 600),
            Recent::Done(done) => cut(&done.text, 600),
        }),
        // -1 for a statement that is not running any more.
        ("pid", |_, r| match r {
            Recent::Running(running) => running.0.process_id.into(),
            Recent::Done(_) => (-1_i64).into(),
        }),
    ],
};

pub const STV_INFLIGHT: Filled<Running> = Filled {
    name: "stv_inflight",
    items: |context| Ok(running(context)),
    values: &[
        ("userid", |context, q| user_id(context, &q.0.user)),
        ("slice", |_, _| 0_i64.into()),
        ("query", |_, q| q.1.query_id.into()),
        ("label", |_, _| "default".into()),
        ("xid", |_, q| q.0.activity().transaction_id.into()),
        ("pid", |_, q| q.0.process_id.into()),
        ("starttime", |_, q| q.1.started.into()),
        ("text", |_, q| cut(&q.1.text, 100)),
        ("suspended", |_, _| 0_i64.into()),
        ("insert_pristine", |_, _| 0_i64.into()),
        ("concurrency_scaling_status", |_, _| 0_i64.into()),
    ],
};

pub const STV_WLM_QUERY_STATE: Filled<Running> = Filled {
    name: "stv_wlm_query_state",
    items: |context| Ok(running(context)),
    values: &[
        ("xid", |_, q| q.0.activity().transaction_id.into()),
        ("task", |_, q| q.1.query_id.into()),
        ("query", |_, q| q.1.query_id.into()),
        ("service_class", |_, _| 100_i64.into()),
        ("slot_count", |_, _| 1_i64.into()),
        ("wlm_start_time", |_, q| q.1.started.into()),
        ("state", |_, _| "Running".into()),
        ("queue_time", |_, _| 0_i64.into()),
        ("exec_time", |_, q| (Utc::now() - q.1.started).num_microseconds().into()),
        ("query_priority", |_, _| "Normal".into()),
    ],
};

pub const STV_LOCKS: Filled<Locked> = Filled {
    name: "stv_locks",
    items: |context| {
        // As documented, locks of tables that are being changed.
        let changes = |locked: &Locked| locked.1.as_ref().is_some_and(|lock| lock.mode != LockMode::Read);
        Ok(transactions(context).into_iter().filter(changes).collect())
    },
    values: &[
        ("table_id", |_, l| l.1.as_ref().map(|lock| oid::relation(lock.table)).into()),
        ("lock_owner", |_, l| l.0.owner.transaction_id.into()),
        ("lock_owner_pid", |_, l| l.0.owner.process_id.into()),
        ("lock_owner_start_ts", |_, l| l.1.as_ref().map(|lock| lock.since).into()),
        ("lock_status", |_, l| {
            (match &l.1 {
                Some(lock) if !lock.granted => "Waiting for write lock",
                _ => "Holding write lock",
            })
            .into()
        }),
    ],
};
