//! From the first byte to a session: TLS, the startup message, proof of the user, and what the client
//! is told about the server.

/// Proof of the user.
mod authenticate;
/// What the client says first.
mod startup;
/// Addresses that guess passwords.
mod throttle;
/// Users of the warehouse.
mod user;

pub use throttle::Throttle;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use chrono::Utc;
use pgwire::messages::{
    response::{ReadyForQuery, TransactionStatus},
    startup::{
        Authentication as AuthenticationMessage, BackendKeyData, NegotiateProtocolVersion, ParameterStatus, SecretKey,
    },
};
use tokio::net::TcpStream;
use tracing::{debug, info};

use super::{
    Authentication, LOG_TARGET,
    config::LOGIN_MESSAGE_BYTES_MAX,
    connection::{self, Connection},
    credential,
    listener::ServerState,
    message::{MessageReader, MessageWriter, ReadError},
};
use crate::{
    error::{Error, SqlState},
    session::{ClientInfo, ConnectionEvent, ConnectionEventKind},
};
use startup::{First, Startup};

/// Why there is no session.
#[derive(Debug)]
pub enum LoginError {
    /// The client went away, or only cancelled something.
    Gone,
    /// The client was told why.
    Refused(Error),
}

impl From<ReadError> for LoginError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Broken(error) => LoginError::Refused(error),
            ReadError::Closed => LoginError::Gone,
        }
    }
}

impl From<std::io::Error> for LoginError {
    fn from(_: std::io::Error) -> Self {
        LoginError::Gone
    }
}

impl From<Error> for LoginError {
    fn from(error: Error) -> Self {
        LoginError::Refused(error)
    }
}

/// Speaks with a client until it has a session. `too_many` when there is no place for it.
pub async fn login(
    state: &Arc<ServerState>,
    socket: TcpStream,
    peer: SocketAddr,
    too_many: bool,
) -> Result<Connection, LoginError> {
    let (stream, startup, tls) = match startup::first_messages(state, socket).await? {
        First::Cancel { process_id, secret } => {
            state.cancel(process_id, secret);
            return Err(LoginError::Gone);
        }
        First::Startup { stream, startup, tls } => (stream, startup, tls),
    };
    let (input, output) = tokio::io::split(stream);
    let mut reader = MessageReader::new(input, LOGIN_MESSAGE_BYTES_MAX);
    let mut writer = MessageWriter::new(output);
    let client = client_info(&startup, peer, tls, state.config.authentication);
    let connected = connect(state, &startup, client, &mut reader, &mut writer, too_many).await;
    match connected {
        Ok((session, idle_timeout)) => {
            reader.set_limit(state.config.limits.message_bytes);
            Ok(Connection::new(Arc::clone(state), session, reader, writer, idle_timeout))
        }
        Err(LoginError::Refused(error)) => {
            debug!(target: LOG_TARGET, %peer, state = error.state().0, "connection refused: {error}");
            let _ = connection::put_error(&mut writer, &error, "FATAL");
            writer.close().await;
            Err(LoginError::Refused(error))
        }
        Err(gone) => Err(gone),
    }
}

async fn connect(
    state: &Arc<ServerState>,
    startup: &Startup,
    client: ClientInfo,
    reader: &mut MessageReader,
    writer: &mut MessageWriter,
    too_many: bool,
) -> Result<(crate::Session, Option<Duration>), LoginError> {
    if startup.minor_version > 0 || !startup.unknown_options.is_empty() {
        // Version 3.0 is what Redshift speaks.
        writer.put(&NegotiateProtocolVersion::new(3 << 16, startup.unknown_options.clone()))?;
    }
    if too_many {
        return Err(Error::new(SqlState("53300"), "too many connections").into());
    }
    let name = startup.user.as_deref().filter(|user| !user.is_empty());
    let name = name.ok_or_else(|| Error::new(SqlState("28000"), "no user name specified in startup packet"))?;
    let address = client.remote_host.clone();
    let event = |kind, process_id| ConnectionEvent {
        kind,
        at: Utc::now(),
        process_id,
        user: name.to_owned(),
        database: startup.database.clone().unwrap_or_default(),
        client: client.clone(),
        duration_micros: 0,
    };
    let registry = state.engine.registry();
    let user = user::find(&state.engine, name, state.config.authentication == Authentication::Trust)?;
    let proved = match state.throttle.check(&address) {
        Ok(()) => authenticate::prove(state.config.authentication, name, &user, reader, writer).await,
        Err(error) => Err(error.into()),
    };
    if let Err(error) = proved {
        if matches!(error, LoginError::Refused(_)) {
            state.throttle.failed(&address);
            registry.record_connection(event(ConnectionEventKind::AuthenticationFailure, 0));
            info!(target: LOG_TARGET, user = name, address, "authentication failed");
        }
        return Err(error);
    }
    state.throttle.succeeded(&address);
    let database = database(state, startup, name)?;
    user.check_connections(&state.engine)?;
    let mut session = state.engine.session_as(&user.name, &database, client.clone());
    for (parameter, value) in user.settings.iter().chain(&startup.parameters) {
        if let Err(error) = session.set_parameter(parameter, value) {
            if startup::is_essential(parameter) {
                return Err(error.into());
            }
            debug!(target: LOG_TARGET, parameter, value, "startup parameter is ignored: {error}");
        }
    }
    let process_id = session.info().process_id;
    registry.record_connection(event(ConnectionEventKind::Authenticated, process_id));
    registry.record_connection(event(ConnectionEventKind::InitiatingSession, process_id));
    greet(state, &session, user.superuser, writer)?;
    writer.flush().await?;
    info!(
        target: LOG_TARGET,
        process_id, user = %user.name, address, application = %client.application_name, tls = %client.tls, "connected"
    );
    Ok((session, user.session_timeout.or(state.config.limits.idle_timeout)))
}

/// Amazon's drivers read metadata with SHOW: 2 stands for databases to columns, 3 for constraints, grants,
/// procedures and functions, 4 for all of them as tables.
const SHOW_DISCOVERY: &str = "4";

/// What the client is told about the server.
fn greet(
    state: &ServerState,
    session: &crate::Session,
    superuser: bool,
    writer: &mut MessageWriter,
) -> Result<(), Error> {
    writer.put(&AuthenticationMessage::Ok)?;
    let fixed = [
        ("integer_datetimes", "on"),
        ("is_superuser", if superuser { "on" } else { "off" }),
        // By these some clients know Redshift from PostgreSQL.
        ("padb_revision", "77467"),
        ("padb_version", "1.0.77467"),
        ("server_encoding", "UTF8"),
        // Redshift's own driver reads the version with Python's rules, and JDBC picks its queries by it.
        ("server_version", "8.0.2"),
        ("session_authorization", &session.info().user),
    ];
    for (name, value) in fixed.into_iter().chain(connection::reported(session)) {
        writer.put(&ParameterStatus::new(name.to_owned(), value.to_owned()))?;
    }
    if let Some(version) = connection::amazon_protocol(&session.entry().activity().client) {
        writer.put(&ParameterStatus::new("server_protocol_version".to_owned(), version.to_string()))?;
        writer.put(&ParameterStatus::new("show_discovery".to_owned(), SHOW_DISCOVERY.to_owned()))?;
    }
    let process_id = session.info().process_id;
    let [a, b, c, d, ..] = credential::random();
    let secret = i32::from_be_bytes([a, b, c, d]);
    state.add_secret(process_id, secret);
    writer.put(&BackendKeyData::new(process_id, SecretKey::I32(secret)))?;
    writer.put(&ReadyForQuery::new(TransactionStatus::Idle))
}

/// The database to connect to: the one that was asked for, which has to be the warehouse's.
fn database(state: &ServerState, startup: &Startup, user: &str) -> Result<String, Error> {
    let asked = startup.database.as_deref().filter(|name| !name.is_empty());
    let ours = &state.engine.config().database;
    match asked {
        // Clients that name none mean the user's, as libpq does.
        None => Ok(ours.clone()),
        Some(name) if name.eq_ignore_ascii_case(ours) => Ok(ours.clone()),
        Some(name) if name == user => {
            Err(Error::undefined_database(name).with_hint(format!("The database is \"{ours}\".")))
        }
        Some(name) => Err(Error::undefined_database(name)),
    }
}

fn client_info(startup: &Startup, peer: SocketAddr, tls: String, authentication: Authentication) -> ClientInfo {
    ClientInfo {
        application_name: startup.value("application_name"),
        driver_version: startup.value("driver_version"),
        os_version: startup.value("os_version"),
        protocol_version: startup.value("client_protocol_version"),
        remote_host: peer.ip().to_string(),
        remote_port: peer.port(),
        tls,
        authentication: authentication.name(),
    }
}
