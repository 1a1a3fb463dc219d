//! Reading messages from the network. Memory grows with what has arrived, never with what a length
//! promises, and everything can be given up between two bytes without losing any.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, ReadHalf};

use super::{Duplex, frontend, protocol_violation};
use crate::{error::Error, server::config::READ_AHEAD_BYTES_MAX};

/// How much is asked from the network at a time.
const CHUNK: usize = 16 << 10;
/// A buffer that grew beyond this for one message is given back after it.
const KEPT_CAPACITY: usize = 256 << 10;

/// How long an Execute waits for the Sync after it.
const SYNC_PATIENCE: Duration = Duration::from_millis(2);

/// Why there is no message.
#[derive(Debug)]
pub enum ReadError {
    /// The client went away, or the network failed.
    Closed,
    /// What came is no message; the connection cannot go on.
    Broken(Error),
}

/// The reading half of a connection.
pub struct MessageReader {
    input: ReadHalf<Box<dyn Duplex>>,
    buffer: BytesMut,
    message_bytes_max: usize,
}

impl MessageReader {
    /// A reader that takes messages up to that length.
    pub fn new(input: ReadHalf<Box<dyn Duplex>>, message_bytes_max: usize) -> Self {
        MessageReader { input, buffer: BytesMut::new(), message_bytes_max }
    }

    /// Messages may be this long from now on.
    pub fn set_limit(&mut self, message_bytes_max: usize) {
        self.message_bytes_max = message_bytes_max;
    }

    /// The next message: its kind and its body. `allowed` tells which kinds may come.
    pub async fn message(&mut self, allowed: fn(u8) -> bool) -> Result<(u8, Bytes), ReadError> {
        loop {
            if let Some(message) = self.buffered(allowed)? {
                return Ok(message);
            }
            self.fill().await?;
        }
    }

    /// A whole message from the buffer.
    fn buffered(&mut self, allowed: fn(u8) -> bool) -> Result<Option<(u8, Bytes)>, ReadError> {
        let Some(&kind) = self.buffer.first() else { return Ok(None) };
        if !allowed(kind) {
            return Err(ReadError::Broken(protocol_violation(format!("invalid frontend message type {kind}"))));
        }
        let Some(length) = self.buffer.get(1..5).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()) else {
            return Ok(None);
        };
        let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or(0);
        if length < 4 {
            return Err(ReadError::Broken(protocol_violation("invalid message length")));
        }
        if length > self.message_bytes_max {
            return Err(ReadError::Broken(protocol_violation(format!(
                "a message of {length} bytes is longer than the limit of {} bytes",
                self.message_bytes_max
            ))));
        }
        if self.buffer.len() < length + 1 {
            return Ok(None);
        }
        let mut message = self.buffer.split_to(length + 1);
        if self.buffer.is_empty() && self.buffer.capacity() > KEPT_CAPACITY {
            self.buffer = BytesMut::new();
        }
        message.advance(5);
        Ok(Some((kind, message.freeze())))
    }

    /// Whether the next message is a Sync, as far as messages have arrived. Flush and Close before it do
    /// not count. A client that has sent nothing yet gets a moment.
    pub async fn is_sync_next(&mut self) -> bool {
        if self.buffer.is_empty() {
            // Given up between two reads, nothing is lost; a broken connection shows at the next read.
            let _ = tokio::time::timeout(SYNC_PATIENCE, self.fill()).await;
        }
        let mut rest = &self.buffer[..];
        loop {
            match rest.first() {
                Some(b'S') => return true,
                Some(b'H' | b'C') => {}
                _ => return false,
            }
            let length = rest.get(1..5).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()).map(i32::from_be_bytes);
            let Some(length) = length.and_then(|length| usize::try_from(length).ok()) else { return false };
            let Some(next) = rest.get(length + 1..) else { return false };
            rest = next;
        }
    }

    /// Waits until the client goes away. What it sends meanwhile is kept for later, up to a limit.
    pub async fn closed(&mut self) {
        while self.buffer.len() < READ_AHEAD_BYTES_MAX {
            if self.fill().await.is_err() {
                return;
            }
        }
        std::future::pending().await
    }

    async fn fill(&mut self) -> Result<(), ReadError> {
        self.buffer.reserve(CHUNK);
        match self.input.read_buf(&mut self.buffer).await {
            Ok(0) | Err(_) => Err(ReadError::Closed),
            Ok(_) => Ok(()),
        }
    }
}

/// Kinds of messages after the login.
pub fn any_kind(kind: u8) -> bool {
    frontend::is_known(kind)
}

/// The one kind of message during the login.
pub fn login_kind(kind: u8) -> bool {
    kind == b'p'
}
