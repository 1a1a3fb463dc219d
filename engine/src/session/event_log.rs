//! A bounded memory of what statements did beside giving rows: procedures called, messages raised,
//! tables analysed and vacuumed, materialized views refreshed. It stands behind SVL_STORED_PROC_CALL,
//! SVL_STORED_PROC_MESSAGES, STL_ANALYZE, STL_VACUUM, SVL_MV_REFRESH_STATUS and their sisters of SYS.
//!
//! As with statements, the oldest are forgotten first, and all when the process ends.

use std::{collections::VecDeque, sync::Arc};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;

use super::Session;

/// Events that are remembered.
const EVENTS_MAX: usize = 20_000;
/// Bytes of a message that are remembered (the width of the column `message`).
const MESSAGE_BYTES_MAX: usize = 1_024;

/// The statement that an event belongs to.
#[derive(Debug, Clone)]
pub struct EventOrigin {
    /// Number of the statement, or of the call of a procedure.
    pub query_id: i64,
    /// Process id of the session.
    pub process_id: i32,
    /// Number of the transaction when it happened.
    pub transaction_id: i64,
    /// Whose privileges counted.
    pub user: String,
    /// Who is connected.
    pub session_user: String,
    /// The database.
    pub database: String,
    /// The session's `query_group`: `default` when unset.
    pub label: String,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub struct LoggedEvent {
    /// By what.
    pub origin: EventOrigin,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub ended: DateTime<Utc>,
    /// What it was.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum EventKind {
    /// A procedure was called.
    Call {
        /// The CALL.
        text: Arc<str>,
        /// It failed.
        aborted: bool,
        /// The number of the call that it was made from.
        from_call: Option<i64>,
    },
    /// A procedure raised a message.
    Message {
        /// The CALL of the procedure.
        text: Arc<str>,
        /// `INFO`, `NOTICE`, …
        level: &'static str,
        /// The message.
        message: String,
        /// The line of the RAISE in the procedure's body.
        line: usize,
    },
    /// A table was analysed, or skipped.
    Analyze {
        /// The table.
        table: TableName,
        /// Its rows.
        rows: u64,
        /// Rows that had changed since the last time.
        changed: u64,
        /// The threshold in percent.
        threshold: f64,
        /// How it ended: `Full`, `Skipped`.
        status: &'static str,
        /// When it was analysed before.
        before: Option<DateTime<Utc>>,
    },
    /// A table was vacuumed.
    Vacuum {
        /// The table.
        table: TableName,
        /// `Full`, `Sort Only`, …
        mode: &'static str,
        /// Before it.
        from: TableSize,
        /// After it.
        to: TableSize,
    },
    /// A materialized view was refreshed.
    Refresh {
        /// The view.
        view: TableName,
        /// What came of it, in the words of SVL_MV_REFRESH_STATUS.
        status: &'static str,
        /// By AUTO REFRESH.
        automatic: bool,
    },
}

/// A table, by names and number.
#[derive(Debug, Clone)]
pub struct TableName {
    /// The table's id.
    pub id: i64,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
}

/// How large a table is.
#[derive(Debug, Clone, Copy, Default)]
pub struct TableSize {
    /// Its rows, deleted ones that still take room among them.
    pub stored_rows: u64,
    /// Rows that a query sees.
    pub live_rows: u64,
    /// Rows in the order of its sort key.
    pub sorted_rows: u64,
    /// Its bytes.
    pub bytes: u64,
}

/// The events.
#[derive(Debug, Default)]
pub(super) struct EventLog {
    events: Mutex<VecDeque<Arc<LoggedEvent>>>,
}

impl EventLog {
    pub(super) fn push(&self, mut event: LoggedEvent) {
        if let EventKind::Message { message, .. } = &mut event.kind {
            message.truncate(message.floor_char_boundary(MESSAGE_BYTES_MAX));
        }
        let mut events = self.events.lock();
        if events.len() >= EVENTS_MAX {
            events.pop_front();
        }
        events.push_back(Arc::new(event));
    }

    pub(super) fn all(&self) -> Vec<Arc<LoggedEvent>> {
        self.events.lock().iter().cloned().collect()
    }
}

impl Session {
    /// What an event that happens now belongs to: the call of a procedure, or else the running statement.
    pub(crate) fn event_origin(&self) -> EventOrigin {
        let activity = self.entry.activity();
        let running = activity.running.map_or(0, |running| running.query_id);
        let label = self.parameters.get("query_group").filter(|group| *group != "unset").unwrap_or("default");
        EventOrigin {
            query_id: self.local.calls.query_id.unwrap_or(running),
            process_id: self.info.process_id,
            transaction_id: activity.transaction_id,
            user: self.info.user.clone(),
            session_user: self.info.session_user.clone(),
            database: self.info.database.clone(),
            label: label.to_owned(),
        }
    }

    /// Remembers something that began at `started` and has ended now.
    pub(crate) fn record_event(&self, started: DateTime<Utc>, kind: EventKind) {
        let origin = self.event_origin();
        self.shared.registry.record_event(LoggedEvent { origin, started, ended: Utc::now(), kind });
    }
}
