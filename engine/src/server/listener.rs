//! Accepting connections, and ending them all when the server stops.

use std::{
    collections::HashMap,
    future::Future,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, error, info, warn};

use super::{
    LOG_TARGET, ServerConfig,
    login::{self, LoginError, Throttle},
    single::ServingLock,
    tls,
};
use crate::{
    Engine,
    error::{Error, Result},
};

/// Connections beyond the limit that are still told why they are refused, or may cancel something.
const REFUSED_MAX: usize = 100;
/// How long statements get to stop after they were cancelled.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait when the system has no more files or memory for connections.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all connections share.
pub struct ServerState {
    pub(super) engine: Engine,
    pub(super) config: ServerConfig,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) throttle: Throttle,
    /// Secrets of sessions, for requests to cancel.
    secrets: Mutex<HashMap<i32, i32>>,
    stopping: watch::Sender<bool>,
    /// Connections that are there.
    connections: AtomicUsize,
}

impl ServerState {
    /// Tells when the server stops.
    pub(super) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    pub(super) fn add_secret(&self, process_id: i32, secret: i32) {
        self.secrets.lock().insert(process_id, secret);
    }

    pub(super) fn remove_secret(&self, process_id: i32) {
        self.secrets.lock().remove(&process_id);
    }

    /// Cancels the statement of a session for one who knows its secret.
    pub(super) fn cancel(&self, process_id: i32, secret: i32) {
        if self.secrets.lock().get(&process_id) == Some(&secret) {
            self.engine.registry().cancel(process_id, None);
        } else {
            warn!(target: LOG_TARGET, process_id, "wrong key in a request to cancel");
        }
    }
}

/// A server that listens.
pub struct Server {
    state: Arc<ServerState>,
    listener: TcpListener,
    _serving: ServingLock,
}

impl Server {
    /// Starts to listen. Connections wait until [`run`](Server::run).
    ///
    /// Errors: settings that do not go together, TLS files that cannot be used, another server on the
    /// same warehouse, an address that is in use.
    pub async fn bind(engine: Engine, config: ServerConfig) -> Result<Server> {
        config.check()?;
        let tls = config.tls.as_ref().map(tls::acceptor).transpose()?;
        let serving = ServingLock::take(&engine.config().warehouse, config.listen)?;
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|error| Error::io(format!("could not listen on {}", config.listen), error))?;
        let throttle = Throttle::new(config.limits.failed_logins, config.limits.failed_login_pause);
        let state = ServerState {
            engine,
            config,
            tls,
            throttle,
            secrets: Mutex::default(),
            stopping: watch::Sender::new(false),
            connections: AtomicUsize::new(0),
        };
        Ok(Server { state: Arc::new(state), listener, _serving: serving })
    }

    /// Where it listens; the port that the system chose when 0 was asked for.
    pub fn address(&self) -> Result<SocketAddr> {
        self.listener.local_addr().map_err(|error| Error::io("could not read the server's address", error))
    }

    /// Serves until `stop` completes. Then nobody new is let in, sessions that wait are ended, running
    /// statements get a while to finish, and after it they are cancelled. What was committed stays.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Server { state, listener, _serving } = self;
        let mut tasks = JoinSet::new();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                accepted = listener.accept() => match accepted {
                    Ok((socket, peer)) => accept(&state, socket, peer, &mut tasks),
                    Err(error) => {
                        warn!(target: LOG_TARGET, "a connection could not be accepted: {error}");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(ended) = tasks.join_next() => report(ended),
            }
        }
        drop(listener);
        stop_all(&state, tasks).await;
    }
}

fn accept(state: &Arc<ServerState>, socket: TcpStream, peer: SocketAddr, tasks: &mut JoinSet<()>) {
    let limit = state.config.limits.connections;
    let place = Place::take(Arc::clone(state));
    if place.number > limit + REFUSED_MAX {
        return;
    }
    let too_many = place.number > limit;
    tasks.spawn(async move {
        let state = Arc::clone(&place.state);
        // Answers are small and awaited.
        let _ = socket.set_nodelay(true);
        let timeout = state.config.limits.startup_timeout;
        match tokio::time::timeout(timeout, login::login(&state, socket, peer, too_many)).await {
            Ok(Ok(connection)) => connection.run().await,
            Ok(Err(LoginError::Gone)) => {}
            Ok(Err(LoginError::Refused(error))) => debug!(target: LOG_TARGET, %peer, "refused: {error}"),
            Err(_) => debug!(target: LOG_TARGET, %peer, "no login within {timeout:?}"),
        }
        drop(place);
    });
}

/// A connection's place among those that are allowed.
struct Place {
    state: Arc<ServerState>,
    number: usize,
}

impl Place {
    fn take(state: Arc<ServerState>) -> Self {
        let number = state.connections.fetch_add(1, Ordering::SeqCst) + 1;
        Place { state, number }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.state.connections.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A connection that panicked is closed; the others go on.
fn report(ended: std::result::Result<(), tokio::task::JoinError>) {
    if let Err(failed) = ended
        && failed.is_panic()
    {
        error!(target: LOG_TARGET, "an internal error ended a connection: {failed}");
    }
}

async fn stop_all(state: &ServerState, mut tasks: JoinSet<()>) {
    let grace = state.config.limits.shutdown_grace;
    info!(target: LOG_TARGET, connections = tasks.len(), "stopping");
    state.stopping.send_replace(true);
    if tokio::time::timeout(grace, drain(&mut tasks)).await.is_ok() {
        return;
    }
    warn!(target: LOG_TARGET, connections = tasks.len(), "statements are still running after {grace:?}: cancelling them");
    for session in state.engine.registry().sessions() {
        session.cancel.terminate();
    }
    if tokio::time::timeout(STOP_TIMEOUT, drain(&mut tasks)).await.is_err() {
        warn!(target: LOG_TARGET, connections = tasks.len(), "connections that do not end are dropped");
        tasks.shutdown().await;
    }
}

async fn drain(tasks: &mut JoinSet<()>) {
    while let Some(ended) = tasks.join_next().await {
        report(ended);
    }
}
