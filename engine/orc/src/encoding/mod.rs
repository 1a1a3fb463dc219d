//! ORC's run-length encodings, written from the ORC v1 specification ("Run Length Encoding").
//!
//! Every encoder can be flushed at any value: a run ends there and the next value starts a new
//! one. The row index relies on this: a row group always begins at the start of a run, so that
//! its position needs no count of values to skip.

/// Boolean streams: bits, most significant first, in byte run-length encoding.
pub(crate) mod bits;
/// Byte run-length encoding: TINYINT data and the bytes of boolean streams.
pub(crate) mod byte_rle;
/// Integer run-length encoding, version 2.
pub(crate) mod rle_v2;
/// Base-128 varints and zigzag.
pub(crate) mod varint;
