//! One connection: its messages in order, until it ends.
//!
//! Everything is answered in the order in which it was asked, and every Sync gets exactly one
//! ReadyForQuery. After an error in Parse, Bind, Describe or Execute the messages up to Sync are
//! skipped.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::Utc;
use pgwire::messages::{
    extendedquery::CloseComplete,
    response::{CommandComplete, ErrorResponse, NoticeResponse, ReadyForQuery, TransactionStatus},
    startup::ParameterStatus,
};
use tracing::{debug, info};

use super::{
    LOG_TARGET,
    extended::{Portal, Prepared},
    listener::ServerState,
    message::{FrontendMessage, MessageReader, MessageWriter, ReadError, reader::any_kind},
};
use crate::{
    Session,
    error::{Error, Result, SqlState},
    session::{ClientInfo, ConnectionEvent, ConnectionEventKind, Notice, terminated},
};

/// Session parameters whose changes clients are told, under the names that they know.
const REPORTED: [(&str, &str); 5] = [
    ("application_name", "application_name"),
    ("client_encoding", "client_encoding"),
    ("datestyle", "DateStyle"),
    ("standard_conforming_strings", "standard_conforming_strings"),
    ("timezone", "TimeZone"),
];

/// Why a connection does not go on.
#[derive(Debug)]
pub enum End {
    /// The client went away, or the network failed.
    Gone,
    /// The client is told why.
    Fatal(Error),
    /// The client said so.
    Terminated,
}

/// What can go wrong while a message is answered.
#[derive(Debug)]
pub enum Failure {
    /// The client is told, and the connection goes on.
    Error(Error),
    /// The connection ends.
    End(End),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Error(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(_: std::io::Error) -> Self {
        Failure::End(End::Gone)
    }
}

/// A connection with a session.
pub struct Connection {
    pub(super) state: Arc<ServerState>,
    pub(super) session: Session,
    pub(super) reader: MessageReader,
    pub(super) writer: MessageWriter,
    pub(super) prepared: HashMap<String, Prepared>,
    pub(super) portals: HashMap<String, Portal>,
    /// An error happened; messages up to Sync are skipped.
    skipping: bool,
    /// How long it may wait for its next message.
    idle_timeout: Option<Duration>,
    /// The version of Amazon's protocol that was agreed; None: a client of PostgreSQL.
    pub(super) protocol: Option<u8>,
    /// What the client was told last of [`REPORTED`].
    told: Vec<String>,
}

impl Connection {
    /// A connection whose client was greeted.
    pub fn new(
        state: Arc<ServerState>,
        session: Session,
        reader: MessageReader,
        writer: MessageWriter,
        idle_timeout: Option<Duration>,
    ) -> Self {
        let told = reported(&session).map(|(_, value)| value.to_owned()).collect();
        let protocol = amazon_protocol(&session.entry().activity().client);
        Connection {
            state,
            session,
            reader,
            writer,
            prepared: HashMap::new(),
            portals: HashMap::new(),
            skipping: false,
            idle_timeout,
            protocol,
            told,
        }
    }

    /// Answers messages until the connection ends.
    pub async fn run(mut self) {
        let end = loop {
            let answered = match self.next_message().await {
                Ok((kind, body)) => self.answer(kind, body).await,
                Err(end) => Err(end),
            };
            if let Err(end) = answered {
                break end;
            }
        };
        if let End::Fatal(error) = &end {
            debug!(target: LOG_TARGET, process_id = self.session.info().process_id, "connection ends: {error}");
            // The client may be gone already.
            let _ = put_error(&mut self.writer, error, "FATAL");
        }
        self.record_end();
        // Rolled back and cleaned up before the client learns that the connection is closed.
        let Connection { session, mut writer, .. } = self;
        drop(session);
        if !matches!(end, End::Gone) {
            writer.close().await;
        }
    }

    fn record_end(&self) {
        let (info, entry) = (self.session.info(), self.session.entry());
        self.state.remove_secret(info.process_id);
        let lasted = Utc::now() - entry.started;
        self.state.engine.registry().record_connection(ConnectionEvent {
            kind: ConnectionEventKind::DisconnectingSession,
            at: Utc::now(),
            process_id: info.process_id,
            user: info.user.clone(),
            database: info.database.clone(),
            client: entry.activity().client,
            duration_micros: lasted.num_microseconds().unwrap_or(i64::MAX),
        });
        info!(target: LOG_TARGET, process_id = info.process_id, milliseconds = lasted.num_milliseconds(), "disconnected");
    }

    /// Waits for the client, the end of the server, or the end of patience.
    async fn next_message(&mut self) -> std::result::Result<(u8, bytes::Bytes), End> {
        let cancel = self.session.cancel_handle();
        let mut stopping = self.state.stopping();
        tokio::select! {
            biased;
            () = cancel.terminated() => Err(End::Fatal(terminated())),
            _ = stopping.wait_for(|stopping| *stopping) => Err(End::Fatal(terminated())),
            message = self.reader.message(any_kind) => message.map_err(|error| match error {
                ReadError::Broken(error) => End::Fatal(error),
                ReadError::Closed => End::Gone,
            }),
            () = idle_for(self.idle_timeout) => Err(End::Fatal(Error::new(
                SqlState("57P05"),
                "terminating connection due to idle-session timeout",
            ))),
        }
    }

    async fn answer(&mut self, kind: u8, body: bytes::Bytes) -> std::result::Result<(), End> {
        if self.skipping && !matches!(kind, b'S' | b'X') {
            return Ok(());
        }
        let simple = kind == b'Q' || kind == b'F';
        let answered = match FrontendMessage::decode(kind, body) {
            Ok(message) => self.answer_message(message).await,
            Err(error) => Err(Failure::Error(error)),
        };
        match answered {
            Ok(()) => Ok(()),
            Err(Failure::End(end)) => Err(end),
            Err(Failure::Error(_)) if self.session.cancel_handle().is_terminated() => Err(End::Fatal(terminated())),
            Err(Failure::Error(error)) => {
                self.session.fail();
                let told = put_error(&mut self.writer, &error, "ERROR");
                if simple {
                    self.ready()?;
                } else {
                    self.skipping = true;
                }
                told.map_err(End::Fatal)?;
                self.flush().await
            }
        }
    }

    async fn answer_message(&mut self, message: FrontendMessage) -> std::result::Result<(), Failure> {
        match message {
            FrontendMessage::Query(script) => {
                self.query(&script).await?;
                self.ready().map_err(Failure::End)?;
                self.flush().await.map_err(Failure::End)
            }
            FrontendMessage::Parse(parse) => Ok(self.parse(parse).await?),
            FrontendMessage::Bind(bind) => Ok(self.bind(bind)?),
            FrontendMessage::DescribeStatement(name) => self.describe_statement(&name).await,
            FrontendMessage::DescribePortal(name) => self.describe_portal(&name).await,
            FrontendMessage::Execute(portal, rows) => self.execute(&portal, rows).await,
            FrontendMessage::CloseStatement(name) => {
                self.prepared.remove(&name);
                Ok(self.writer.put(&CloseComplete::new())?)
            }
            FrontendMessage::ClosePortal(name) => {
                self.portals.remove(&name);
                Ok(self.writer.put(&CloseComplete::new())?)
            }
            FrontendMessage::Flush => self.flush().await.map_err(Failure::End),
            FrontendMessage::Sync => {
                self.skipping = false;
                let ended = self.session.end_implicit();
                self.tell_notices().map_err(Failure::Error)?;
                if let Err(error) = ended {
                    put_error(&mut self.writer, &error, "ERROR").map_err(|error| Failure::End(End::Fatal(error)))?;
                }
                if !self.session.in_transaction_block() {
                    self.portals.clear();
                }
                self.ready().map_err(Failure::End)?;
                self.flush().await.map_err(Failure::End)
            }
            FrontendMessage::Terminate => Err(Failure::End(End::Terminated)),
            FrontendMessage::FunctionCall => Err(Error::not_supported("the function call message").into()),
            FrontendMessage::StrayCopy => Ok(()),
        }
    }

    /// CommandComplete.
    pub(super) fn complete(&mut self, tag: &str) -> Result<()> {
        self.writer.put(&CommandComplete::new(tag.to_owned()))
    }

    /// Sends what there is. Ends when the session is ended, also when the client does not read.
    pub(super) async fn flush(&mut self) -> std::result::Result<(), End> {
        let cancel = self.session.cancel_handle();
        tokio::select! {
            biased;
            sent = self.writer.flush() => sent.map_err(|_| End::Gone),
            () = cancel.terminated() => Err(End::Gone),
        }
    }

    fn ready(&mut self) -> std::result::Result<(), End> {
        let status = if self.session.in_failed_transaction() {
            TransactionStatus::Error
        } else if self.session.in_transaction_block() {
            TransactionStatus::Transaction
        } else {
            TransactionStatus::Idle
        };
        self.writer.put(&ReadyForQuery::new(status)).map_err(End::Fatal)
    }

    pub(super) fn tell_notices(&mut self) -> Result<()> {
        let least = level(self.session.parameter("client_min_messages").unwrap_or("notice"));
        for notice in self.session.take_notices() {
            // INFO is what the user asked for, and always sent.
            if notice.severity == "INFO" || level(notice.severity) >= least {
                self.writer.put(&notice_message(&notice))?;
            }
        }
        Ok(())
    }

    /// Tells the client which parameters have changed.
    pub(super) fn tell_parameters(&mut self) -> Result<()> {
        let now: Vec<(&str, String)> = reported(&self.session).map(|(name, value)| (name, value.to_owned())).collect();
        for ((name, value), told) in now.into_iter().zip(&mut self.told) {
            if value != *told {
                self.writer.put(&ParameterStatus::new(name.to_owned(), value.clone()))?;
                *told = value;
            }
        }
        Ok(())
    }
}

/// The newest version of Amazon's protocol that client and server have: 1 adds to the descriptions of
/// columns, 2 changes the binary form of NUMERIC. None for a client that does not speak of it.
pub fn amazon_protocol(client: &ClientInfo) -> Option<u8> {
    const NEWEST: u8 = 2;
    let asked: u64 = client.protocol_version.trim().parse().ok()?;
    Some(u8::try_from(asked).unwrap_or(u8::MAX).min(NEWEST))
}

async fn idle_for(limit: Option<Duration>) {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => std::future::pending().await,
    }
}

/// The parameters that clients are told, with their values now.
pub fn reported(session: &Session) -> impl Iterator<Item = (&'static str, &str)> {
    REPORTED.iter().map(|(parameter, name)| (*name, session.parameter(parameter).unwrap_or_default()))
}

/// The order of severities in `client_min_messages`.
fn level(severity: &str) -> u8 {
    match severity.to_ascii_lowercase().as_str() {
        "debug5" | "debug4" | "debug3" | "debug2" | "debug1" | "debug" => 0,
        "log" | "info" => 1,
        "notice" => 2,
        "warning" => 3,
        _ => 4,
    }
}

/// ErrorResponse with all its fields.
pub fn put_error(writer: &mut MessageWriter, error: &Error, severity: &str) -> Result<()> {
    let mut fields = vec![
        (b'S', severity.to_owned()),
        (b'V', severity.to_owned()),
        (b'C', error.state().0.to_owned()),
        (b'M', text(error.message())),
    ];
    fields.extend(error.detail().map(|detail| (b'D', text(detail))));
    fields.extend(error.hint().map(|hint| (b'H', text(hint))));
    fields.extend(error.position().map(|position| (b'P', position.to_string())));
    writer.put(&ErrorResponse::new(fields))
}

fn notice_message(notice: &Notice) -> NoticeResponse {
    let state = if notice.severity == "WARNING" { "01000" } else { "00000" };
    NoticeResponse::new(vec![
        (b'S', notice.severity.to_owned()),
        (b'V', notice.severity.to_owned()),
        (b'C', state.to_owned()),
        (b'M', text(&notice.message)),
    ])
}

/// A field ends at its first zero byte.
fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
