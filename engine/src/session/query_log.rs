//! A bounded memory of statements that have ended and of connections that came and went. The oldest
//! are forgotten first.

use std::{
    collections::VecDeque,
    sync::{Arc, LazyLock},
};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use regex::Regex;

/// Statements that are remembered.
const QUERIES_MAX: usize = 10_000;
/// Bytes of statement text that are remembered, over all statements.
const QUERY_BYTES_MAX: usize = 16 << 20;
/// Bytes of the text of one statement that are remembered.
pub const TEXT_BYTES_MAX: usize = 64 << 10;
/// Connection events that are remembered.
const CONNECTION_EVENTS_MAX: usize = 10_000;

/// A statement that has ended.
#[derive(Debug, Clone)]
pub struct FinishedQuery {
    /// Number of the statement.
    pub query_id: i64,
    /// Process id of the session.
    pub process_id: i32,
    /// Number of its transaction (XID).
    pub transaction_id: i64,
    /// The user.
    pub user: String,
    /// The database.
    pub database: String,
    /// The session's `query_group` (label of STL_QUERY): `default` when unset.
    pub label: String,
    /// The session's `application_name`.
    pub application_name: String,
    /// The text, passwords and keys removed.
    pub text: Arc<str>,
    /// The command tag's words, e.g. `SELECT`, `INSERT`, `CREATE TABLE`; of a failed statement its first word.
    pub command: String,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub ended: DateTime<Utc>,
    /// Rows returned or changed.
    pub rows: u64,
    /// SQLSTATE and message, when it failed.
    pub error: Option<(&'static str, String)>,
}

/// What happened to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionEventKind {
    /// The session has begun.
    InitiatingSession,
    /// The user has proved to be who they say.
    Authenticated,
    /// The user has not.
    AuthenticationFailure,
    /// The session has ended.
    DisconnectingSession,
}

impl ConnectionEventKind {
    /// As in the column `event` of STL_CONNECTION_LOG.
    pub fn name(self) -> &'static str {
        match self {
            ConnectionEventKind::InitiatingSession => "initiating session",
            ConnectionEventKind::Authenticated => "authenticated",
            ConnectionEventKind::AuthenticationFailure => "authentication failure",
            ConnectionEventKind::DisconnectingSession => "disconnecting session",
        }
    }
}

/// An event of a connection: a row of STL_CONNECTION_LOG and SYS_CONNECTION_LOG.
#[derive(Debug, Clone)]
pub struct ConnectionEvent {
    /// What happened.
    pub kind: ConnectionEventKind,
    /// When.
    pub at: DateTime<Utc>,
    /// Process id of the session; 0 when there was none.
    pub process_id: i32,
    /// The user.
    pub user: String,
    /// The database.
    pub database: String,
    /// Who connected and how.
    pub client: super::ClientInfo,
    /// How long the connection was there, in microseconds.
    pub duration_micros: i64,
}

/// The statements that have ended.
#[derive(Debug, Default)]
pub(super) struct QueryLog {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    queries: VecDeque<Arc<FinishedQuery>>,
    bytes: usize,
}

impl QueryLog {
    pub(super) fn push(&self, query: FinishedQuery) {
        let mut kept = self.kept.lock();
        kept.bytes += query.text.len();
        kept.queries.push_back(Arc::new(query));
        while kept.queries.len() > QUERIES_MAX || kept.bytes > QUERY_BYTES_MAX {
            match kept.queries.pop_front() {
                Some(oldest) => kept.bytes -= oldest.text.len(),
                None => break,
            }
        }
    }

    pub(super) fn all(&self) -> Vec<Arc<FinishedQuery>> {
        self.kept.lock().queries.iter().cloned().collect()
    }
}

/// The events of connections.
#[derive(Debug, Default)]
pub(super) struct ConnectionLog {
    events: Mutex<VecDeque<Arc<ConnectionEvent>>>,
}

impl ConnectionLog {
    pub(super) fn push(&self, event: ConnectionEvent) {
        let mut events = self.events.lock();
        if events.len() >= CONNECTION_EVENTS_MAX {
            events.pop_front();
        }
        events.push_back(Arc::new(event));
    }

    pub(super) fn all(&self) -> Vec<Arc<ConnectionEvent>> {
        self.events.lock().iter().cloned().collect()
    }
}

/// A statement's text as it may be shown to others: what follows PASSWORD and the keys of COPY and
/// UNLOAD is replaced by `***`, and the text is cut.
pub(super) fn loggable(text: &str) -> Arc<str> {
    /// Words before a secret in quotes.
    static SECRET: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?is)\b(password|secret_access_key|access_key_id|session_token|master_symmetric_key|credentials)(\s+as)?\s*(=?\s*)'(?:[^'\\]|''|\\.)*'",
        )
        .ok()
    });
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    // A secret that the cut goes through is still in quotes that never close; it is not shown either.
    match &*SECRET {
        Some(secret) if secret.is_match(text) => {
            let masked = secret.replace_all(text, "$1$2 '***'");
            let mut end = masked.len().min(TEXT_BYTES_MAX);
            while !masked.is_char_boundary(end) {
                end -= 1;
            }
            masked[..end].into()
        }
        _ => text[..end].into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_remembered() {
        for (text, expected) in [
            ("create user a password 'Sec''ret1' createdb", "create user a password '***' createdb"),
            ("ALTER USER a PASSWORD   'x\\'y'", "ALTER USER a PASSWORD '***'"),
            ("copy t from 's3://b' credentials as 'aws_iam_role=x'", "copy t from 's3://b' credentials as '***'"),
            (
                "copy t from 's3://b' access_key_id 'a' secret_access_key 'b'",
                "copy t from 's3://b' access_key_id '***' secret_access_key '***'",
            ),
            ("select password, 'x' from t", "select password, 'x' from t"),
        ] {
            assert_eq!(&*loggable(text), expected);
        }
        assert_eq!(loggable(&"ä".repeat(TEXT_BYTES_MAX)).len(), TEXT_BYTES_MAX);
    }

    #[test]
    fn the_memory_is_bounded() {
        let log = QueryLog::default();
        let text: Arc<str> = "x".repeat(TEXT_BYTES_MAX).into();
        for query_id in 0..1_000 {
            log.push(FinishedQuery {
                query_id,
                process_id: 1,
                transaction_id: 1,
                user: String::new(),
                database: String::new(),
                label: String::new(),
                application_name: String::new(),
                text: Arc::clone(&text),
                command: "SELECT".to_owned(),
                started: DateTime::UNIX_EPOCH,
                ended: DateTime::UNIX_EPOCH,
                rows: 0,
                error: None,
            });
        }
        let kept = log.all();
        assert_eq!(kept.len(), QUERY_BYTES_MAX / TEXT_BYTES_MAX);
        assert_eq!(kept.last().map(|query| query.query_id), Some(999));
    }
}
