//! Messages from and to clients.

/// Bodies of messages, decoded.
mod body;
/// Messages that clients send.
pub mod frontend;
/// Reading messages from the network.
pub mod reader;
/// Writing messages to the network.
pub mod writer;

pub use body::{Body, utf8 as body_text};
pub use frontend::{Bind, FrontendMessage, Parse};
pub use reader::{MessageReader, ReadError};
pub use writer::MessageWriter;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::error::{Error, SqlState};

/// A TCP or TLS connection.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A message that breaks the protocol.
pub fn protocol_violation(message: impl Into<String>) -> Error {
    Error::new(SqlState("08P01"), message)
}
