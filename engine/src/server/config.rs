//! Settings of the server, and every limit on what a client can do before and after it is known.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use crate::error::{Error, Result, SqlState};

/// How users prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// They need not: everybody is let in. Loopback only.
    Trust,
    /// MD5 with a salt, which Amazon's drivers of all versions speak.
    Md5,
    /// SCRAM-SHA-256, which proves the server to the client, too.
    ScramSha256,
}

impl Authentication {
    /// As STL_CONNECTION_LOG and `--auth` name it.
    pub fn name(self) -> &'static str {
        match self {
            Authentication::Trust => "trust",
            Authentication::Md5 => "md5",
            Authentication::ScramSha256 => "scram-sha-256",
        }
    }
}

/// Files for TLS, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, followed by those that signed it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What a client can do at most.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at a time (Redshift: 500). One more gets 53300.
    pub connections: usize,
    /// Bytes of a message. A longer one ends the connection before anything is allocated for it.
    pub message_bytes: usize,
    /// Bytes of statement text that the prepared statements of a connection may hold.
    pub prepared_bytes: usize,
    /// Time from the first byte to the end of authentication.
    pub startup_timeout: Duration,
    /// Time that a session may wait for its next message; None: any.
    pub idle_timeout: Option<Duration>,
    /// Failed logins from an address in a row before it has to wait.
    pub failed_logins: u32,
    /// How long such an address waits.
    pub failed_login_pause: Duration,
    /// How long running statements may go on when the server stops.
    pub shutdown_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 500,
            message_bytes: 64 << 20,
            prepared_bytes: 256 << 20,
            startup_timeout: Duration::from_secs(60),
            idle_timeout: None,
            failed_logins: 5,
            failed_login_pause: Duration::from_secs(30),
            shutdown_grace: Duration::from_secs(10),
        }
    }
}

/// Bytes of a startup message: the client is not known yet.
pub const STARTUP_BYTES_MAX: usize = 10_000;
/// Bytes of a message during authentication.
pub const LOGIN_MESSAGE_BYTES_MAX: usize = 10_000;
/// Parameters of a statement (Redshift's drivers stop at the same number).
pub const PARAMETERS_MAX: usize = 32_767;
/// Bytes that may arrive while a statement runs before reading stops.
pub const READ_AHEAD_BYTES_MAX: usize = 1 << 20;
/// Bytes of rows that are collected before they are sent.
pub const SEND_BYTES: usize = 64 << 10;

/// Settings of a server.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// TLS; None: plain connections only.
    pub tls: Option<TlsFiles>,
    /// How users prove who they are.
    pub authentication: Authentication,
    /// Limits.
    pub limits: Limits,
}

impl ServerConfig {
    /// A server on `listen` that trusts everybody.
    pub fn new(listen: SocketAddr) -> Self {
        ServerConfig { listen, tls: None, authentication: Authentication::Trust, limits: Limits::default() }
    }

    /// Whether the settings go together.
    ///
    /// Errors: an address that others can reach, without TLS or without authentication.
    pub fn check(&self) -> Result<()> {
        if self.listen.ip().is_loopback() {
            return Ok(());
        }
        let refuse = |missing: &str, hint: &str| {
            Err(Error::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!("refusing to listen on {}: other machines can reach it, and {missing}", self.listen),
            )
            .with_hint(hint))
        };
        if self.authentication == Authentication::Trust {
            return refuse("everybody would be let in", "Give --auth scram-sha-256 (or md5), or listen on 127.0.0.1.");
        }
        if self.tls.is_none() {
            return refuse(
                "connections would not be encrypted",
                "Run \"blueshift certs init\" or give --tls-cert and --tls-key, or listen on 127.0.0.1.",
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_loopback_needs_tls_and_authentication() {
        let mut config = ServerConfig::new("127.0.0.1:5439".parse().unwrap());
        assert!(config.check().is_ok());
        config.listen = "0.0.0.0:5439".parse().unwrap();
        assert!(config.check().is_err());
        config.authentication = Authentication::ScramSha256;
        assert!(config.check().is_err());
        config.tls = Some(TlsFiles { certificate: "c".into(), key: "k".into() });
        assert!(config.check().is_ok());
        config.authentication = Authentication::Trust;
        assert!(config.check().is_err());
        config.listen = "[::1]:5439".parse().unwrap();
        assert!(config.check().is_ok());
    }
}
