//! Byte run-length encoding: runs of 3 to 130 equal bytes, or up to 128 literal bytes.

const RUN_MIN: usize = 3;
const RUN_MAX: usize = 130;
const LITERALS_MAX: usize = 128;

/// Encodes bytes into `out`.
#[derive(Debug, Default)]
pub(crate) struct ByteRleEncoder {
    out: Vec<u8>,
    pending: Vec<u8>,
}

impl ByteRleEncoder {
    /// Adds one byte.
    #[inline]
    pub(crate) fn push(&mut self, byte: u8) {
        self.pending.push(byte);
        if self.pending.len() >= 4096 {
            self.flush();
        }
    }

    /// Ends the current run, so that the next byte starts a new one.
    pub(crate) fn flush(&mut self) {
        let bytes = std::mem::take(&mut self.pending);
        let (mut start, mut at) = (0, 0); // start: first literal not yet written
        while at < bytes.len() {
            let run = bytes[at..].iter().take(RUN_MAX).take_while(|b| **b == bytes[at]).count();
            if run >= RUN_MIN {
                self.write_literals(&bytes[start..at]);
                self.out.push((run - RUN_MIN) as u8);
                self.out.push(bytes[at]);
                at += run;
                start = at;
            } else {
                at += run;
            }
        }
        self.write_literals(&bytes[start..]);
        self.pending = bytes;
        self.pending.clear();
    }

    fn write_literals(&mut self, literals: &[u8]) {
        for chunk in literals.chunks(LITERALS_MAX) {
            self.out.push((chunk.len() as i16).wrapping_neg() as u8);
            self.out.extend_from_slice(chunk);
        }
    }

    /// Bytes written so far; exact after [`flush`](Self::flush).
    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    /// Flushes and hands over what was written.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        self.flush();
        std::mem::take(&mut self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_the_specification() {
        let mut encoder = ByteRleEncoder::default();
        (0..100).for_each(|_| encoder.push(0));
        assert_eq!(encoder.finish(), [0x61, 0x00]);
        encoder.push(0x44);
        encoder.push(0x45);
        assert_eq!(encoder.finish(), [0xfe, 0x44, 0x45]);
    }
}
