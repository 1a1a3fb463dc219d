//! Boolean streams (PRESENT, and DATA of BOOLEAN columns): eight values a byte, most significant
//! bit first, the bytes in byte run-length encoding.

use super::byte_rle::ByteRleEncoder;

/// Encodes booleans.
#[derive(Debug, Default)]
pub(crate) struct BitEncoder {
    bytes: ByteRleEncoder,
    current: u8,
    filled: u32,
}

impl BitEncoder {
    /// Adds one value.
    #[inline]
    pub(crate) fn push(&mut self, value: bool) {
        self.current = (self.current << 1) | u8::from(value);
        self.filled += 1;
        if self.filled == 8 {
            self.bytes.push(self.current);
            (self.current, self.filled) = (0, 0);
        }
    }

    /// Ends the run of whole bytes and returns where the next value will be: the offset of its
    /// byte's run, and the bits before it in that byte.
    pub(crate) fn mark(&mut self) -> (usize, u32) {
        self.bytes.flush();
        (self.bytes.len(), self.filled)
    }

    /// Bytes written so far, roughly.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Pads the last byte with zeros and hands over what was written.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        if self.filled > 0 {
            self.bytes.push(self.current << (8 - self.filled));
            (self.current, self.filled) = (0, 0);
        }
        self.bytes.finish()
    }
}
