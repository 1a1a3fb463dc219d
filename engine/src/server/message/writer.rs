//! Writing messages to the network.

use std::io;

use bytes::{BufMut, BytesMut};
use pgwire::messages::Message;
use tokio::io::{AsyncWriteExt, WriteHalf};

use super::Duplex;
use crate::error::{Error, Result};

/// A buffer that grew beyond this is given back after it was sent.
const KEPT_CAPACITY: usize = 256 << 10;

/// The writing half of a connection.
pub struct MessageWriter {
    output: WriteHalf<Box<dyn Duplex>>,
    buffer: BytesMut,
}

impl MessageWriter {
    /// A writer.
    pub fn new(output: WriteHalf<Box<dyn Duplex>>) -> Self {
        MessageWriter { output, buffer: BytesMut::new() }
    }

    /// Adds a message to what will be sent.
    ///
    /// Errors: a message that is too long for its kind; nothing of it is sent.
    pub fn put(&mut self, message: &impl Message) -> Result<()> {
        let start = self.buffer.len();
        message.encode(&mut self.buffer).map_err(|error| {
            self.buffer.truncate(start);
            Error::internal(format!("a message could not be written: {error}"))
        })
    }

    /// Adds a message whose body `write` writes.
    ///
    /// Errors: those of `write`; nothing of the message is sent then.
    pub fn put_with(&mut self, kind: u8, write: impl FnOnce(&mut BytesMut) -> Result<()>) -> Result<()> {
        let start = self.buffer.len();
        self.buffer.put_u8(kind);
        self.buffer.put_i32(0);
        let written = write(&mut self.buffer).and_then(|()| {
            i32::try_from(self.buffer.len() - start - 1).map_err(|_| Error::internal("a message is too long"))
        });
        match written {
            Ok(length) => {
                self.buffer[start + 1..start + 5].copy_from_slice(&length.to_be_bytes());
                Ok(())
            }
            Err(error) => {
                self.buffer.truncate(start);
                Err(error)
            }
        }
    }

    /// How many bytes wait to be sent.
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// Sends everything. May be given up at any time: what was not sent is kept.
    pub async fn flush(&mut self) -> io::Result<()> {
        while !self.buffer.is_empty() {
            if self.output.write_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        if self.buffer.capacity() > KEPT_CAPACITY {
            self.buffer = BytesMut::new();
        }
        self.output.flush().await
    }

    /// Sends everything and closes the connection.
    pub async fn close(&mut self) {
        // The client may be gone already.
        let _ = self.flush().await;
        let _ = self.output.shutdown().await;
    }
}
