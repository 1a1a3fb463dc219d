//! Bodies of messages, decoded. Every read is checked against what is there: the bytes come from
//! outside.

use bytes::{Buf, Bytes};

use super::protocol_violation;
use crate::error::{Error, Result, SqlState};

/// The rest of a message's body.
#[derive(Debug, Clone)]
pub struct Body(Bytes);

impl Body {
    /// A body.
    pub fn new(bytes: Bytes) -> Self {
        Body(bytes)
    }

    /// Two bytes without sign.
    pub fn u16(&mut self) -> Result<u16> {
        self.0.try_get_u16().map_err(|_| too_short())
    }

    /// Four bytes.
    pub fn i32(&mut self) -> Result<i32> {
        self.0.try_get_i32().map_err(|_| too_short())
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8> {
        self.0.try_get_u8().map_err(|_| too_short())
    }

    /// As many bytes as that.
    pub fn bytes(&mut self, length: usize) -> Result<Bytes> {
        if length > self.0.len() {
            return Err(too_short());
        }
        Ok(self.0.split_to(length))
    }

    /// Text up to a zero byte.
    ///
    /// Errors: 22021 for bytes that are no UTF-8.
    pub fn text(&mut self) -> Result<String> {
        let end = memchr::memchr(0, &self.0).ok_or_else(too_short)?;
        let bytes = self.0.split_to(end);
        self.0.advance(1);
        utf8(&bytes).map(str::to_owned)
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> Bytes {
        self.0.split_off(0)
    }

    /// How many bytes are left.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Errors: bytes that nobody read.
    pub fn end(&self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(protocol_violation("invalid message format")) }
    }
}

/// Bytes as text.
///
/// Errors: 22021.
pub fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let wrong = bytes.get(at).copied().unwrap_or_default();
        Error::new(
            SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            format!("invalid byte sequence for encoding \"UTF8\": 0x{wrong:02x}"),
        )
    })
}

fn too_short() -> Error {
    protocol_violation("insufficient data left in message")
}
