//! `blueshift serve`: Redshift's wire protocol (PostgreSQL's, version 3) on a TCP port.
//!
//! Messages are read by a strict reader of our own, because they come from outside: every length and
//! count is checked before it is believed, and nothing panics. What the server sends is built from
//! `pgwire`'s messages; SCRAM is `pgwire`'s too. One connection has one [`Session`](crate::Session).
//!
//! Life of a connection: [`listener`] accepts it, `login` negotiates TLS and proves the user,
//! `connection` then answers message after message, with `simple` for Query and `extended` for
//! Parse, Bind, Describe and Execute; `value` is the form of values on the wire.

/// `blueshift certs init`: a local certificate authority.
pub mod certificate;
/// Settings and limits.
pub mod config;
/// One connection: its messages in order, until it ends.
mod connection;
/// Passwords as they are kept.
pub mod credential;
/// Parse, Bind, Describe, Execute, Close.
mod extended;
/// Accepting connections, and ending them all.
pub mod listener;
/// From the first byte to a session.
mod login;
/// Messages from and to clients.
mod message;
/// Values of `$n` as they come with Bind.
mod parameter;
/// Types of parameters that the client did not declare.
mod parameter_type;
/// `$n` in SHOW.
mod show_parameter;
/// Rows of a result, sent.
mod rows;
/// Running a statement and sending what it gives.
mod running;
/// Query: a script of statements.
mod simple;
/// One server per warehouse.
mod single;
/// TLS from certificate files.
mod tls;
/// The form of values on the wire.
mod value;

pub use config::{Authentication, Limits, ServerConfig, TlsFiles};
pub use credential::Credential;
pub use listener::Server;

/// Targets of this module's log lines begin so.
pub(crate) const LOG_TARGET: &str = "blueshift::server";
