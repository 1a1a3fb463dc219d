//! The sessions of an engine that are alive, what they are running, and a bounded memory of what
//! they ran: what stands behind STV_SESSIONS, STV_RECENTS, STV_INFLIGHT, STL_QUERY, SYS_QUERY_HISTORY,
//! STL_CONNECTION_LOG and their like, and behind PG_CANCEL_BACKEND and PG_TERMINATE_BACKEND.
//!
//! Nothing here is stored: Redshift keeps these tables for days, we until the process ends.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI32, AtomicI64, Ordering},
    },
};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;

use super::{
    CancelHandle,
    event_log::{EventLog, LoggedEvent},
    query_log::{ConnectionEvent, ConnectionLog, FinishedQuery, QueryLog},
};

/// The first process id. Small numbers would look like those of the system.
const FIRST_PROCESS_ID: i32 = 1_000;

/// What a client told about itself, and how it is connected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// `application_name`, also when it was SET later.
    pub application_name: String,
    /// `driver_version` of the startup message (Amazon's drivers).
    pub driver_version: String,
    /// `os_version` of the startup message (Amazon's drivers).
    pub os_version: String,
    /// `client_protocol_version` of the startup message (Amazon's drivers); empty: none.
    pub protocol_version: String,
    /// The client's address; empty for sessions inside the process.
    pub remote_host: String,
    /// The client's port.
    pub remote_port: u16,
    /// Version and cipher of TLS, e.g. `TLSv1_3`; empty without TLS.
    pub tls: String,
    /// How the user was authenticated: `trust`, `md5`, `scram-sha-256`; empty inside the process.
    pub authentication: &'static str,
}

/// A statement that is running now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningQuery {
    /// Number of the statement, unique in the process.
    pub query_id: i64,
    /// Its text, passwords and keys removed, cut to [`super::query_log::TEXT_BYTES_MAX`].
    pub text: Arc<str>,
    /// When it began.
    pub started: DateTime<Utc>,
}

/// What changes in the life of a session.
#[derive(Debug, Clone, Default)]
pub struct SessionActivity {
    /// Who is connected.
    pub client: ClientInfo,
    /// The running statement.
    pub running: Option<RunningQuery>,
    /// Number of the transaction (XID), 0 when there was none yet.
    pub transaction_id: i64,
    /// When the open transaction block began; None outside of blocks.
    pub transaction_started: Option<DateTime<Utc>>,
    /// Number of the last statement that ended (PG_LAST_QUERY_ID); -1 when there was none.
    pub last_query_id: i64,
}

/// A session that is alive.
#[derive(Debug)]
pub struct SessionEntry {
    /// Process id: PG_BACKEND_PID(), unique in the process.
    pub process_id: i32,
    /// The user who connected.
    pub user: String,
    /// The database.
    pub database: String,
    /// When the session began.
    pub started: DateTime<Utc>,
    /// Stops its statement or ends it.
    pub cancel: CancelHandle,
    activity: Mutex<SessionActivity>,
}

impl SessionEntry {
    /// What the session is doing, as of now.
    pub fn activity(&self) -> SessionActivity {
        self.activity.lock().clone()
    }

    /// Changes what is known about the client.
    pub fn update_client(&self, change: impl FnOnce(&mut ClientInfo)) {
        change(&mut self.activity.lock().client);
    }

    /// A transaction begins; `block` when the user opened it.
    pub(super) fn begin_transaction(&self, transaction_id: i64, block: Option<DateTime<Utc>>) {
        let mut activity = self.activity.lock();
        activity.transaction_id = transaction_id;
        activity.transaction_started = block;
    }

    /// The transaction has ended.
    pub(super) fn end_transaction(&self) {
        self.activity.lock().transaction_started = None;
    }
}

/// All sessions of an engine and what they did.
#[derive(Debug)]
pub struct SessionRegistry {
    sessions: Mutex<BTreeMap<i32, Arc<SessionEntry>>>,
    queries: QueryLog,
    connections: ConnectionLog,
    events: EventLog,
    next_process_id: AtomicI32,
    next_query_id: AtomicI64,
    next_transaction_id: AtomicI64,
}

impl Default for SessionRegistry {
    fn default() -> Self {
        SessionRegistry {
            sessions: Mutex::default(),
            queries: QueryLog::default(),
            connections: ConnectionLog::default(),
            events: EventLog::default(),
            next_process_id: AtomicI32::new(FIRST_PROCESS_ID),
            next_query_id: AtomicI64::new(1),
            next_transaction_id: AtomicI64::new(1_000),
        }
    }
}

impl SessionRegistry {
    /// The sessions that are alive, by process id.
    pub fn sessions(&self) -> Vec<Arc<SessionEntry>> {
        self.sessions.lock().values().cloned().collect()
    }

    /// The session with this process id.
    pub fn session(&self, process_id: i32) -> Option<Arc<SessionEntry>> {
        self.sessions.lock().get(&process_id).cloned()
    }

    /// The statements that have ended, oldest first, as far as they are remembered.
    pub fn finished_queries(&self) -> Vec<Arc<FinishedQuery>> {
        self.queries.all()
    }

    /// Beginnings and ends of connections, oldest first, as far as they are remembered.
    pub fn connection_events(&self) -> Vec<Arc<ConnectionEvent>> {
        self.connections.all()
    }

    /// What statements did beside giving rows, oldest first, as far as it is remembered.
    pub fn events(&self) -> Vec<Arc<LoggedEvent>> {
        self.events.all()
    }

    /// Remembers what a statement did.
    pub fn record_event(&self, event: LoggedEvent) {
        self.events.push(event);
    }

    /// A number for a statement within another one: a call made by a procedure.
    pub(crate) fn next_query_id(&self) -> i64 {
        self.next_query_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Remembers an event of a connection.
    pub fn record_connection(&self, event: ConnectionEvent) {
        self.connections.push(event);
    }

    /// Cancels the statement of a session; false when there is no such session.
    pub fn cancel(&self, process_id: i32, message: Option<String>) -> bool {
        self.session(process_id).is_some_and(|session| {
            session.cancel.cancel_with(message);
            true
        })
    }

    /// Ends a session; false when there is no such session.
    pub fn terminate(&self, process_id: i32) -> bool {
        self.session(process_id).is_some_and(|session| {
            session.cancel.terminate();
            true
        })
    }

    pub(super) fn register(&self, user: &str, database: &str, client: ClientInfo) -> Arc<SessionEntry> {
        let process_id = self.next_process_id.fetch_add(1, Ordering::Relaxed);
        let entry = Arc::new(SessionEntry {
            process_id,
            user: user.to_owned(),
            database: database.to_owned(),
            started: Utc::now(),
            cancel: CancelHandle::default(),
            activity: Mutex::new(SessionActivity { client, last_query_id: -1, ..SessionActivity::default() }),
        });
        self.sessions.lock().insert(process_id, Arc::clone(&entry));
        entry
    }

    pub(super) fn remove(&self, process_id: i32) {
        self.sessions.lock().remove(&process_id);
    }

    pub(super) fn next_transaction_id(&self) -> i64 {
        self.next_transaction_id.fetch_add(1, Ordering::Relaxed)
    }

    /// A statement begins.
    pub(super) fn begin_query(&self, session: &SessionEntry, text: &str) -> RunningQuery {
        let query_id = self.next_query_id();
        let text = super::query_log::loggable(text);
        let running = RunningQuery { query_id, text, started: Utc::now() };
        session.activity.lock().running = Some(running.clone());
        running
    }

    /// The statement has ended.
    pub(super) fn finish_query(&self, session: &SessionEntry, finished: FinishedQuery) {
        {
            let mut activity = session.activity.lock();
            activity.running = None;
            activity.last_query_id = finished.query_id;
        }
        self.queries.push(finished);
    }
}
