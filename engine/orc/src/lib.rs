//! An ORC v1 writer for Arrow record batches.
//!
//! Written from the ORC v1 specification (orc.apache.org/specification/ORCv1), because no Rust
//! crate writes decimals, dictionaries, statistics or row indexes. Only the protobuf messages
//! come from `orc-rust`. What cannot be written faithfully is an error, never a panic and never
//! an approximation.
//!
//! ```
//! use std::sync::Arc;
//! use arrow::array::{ArrayRef, Int64Array, RecordBatch};
//! use blueshift_orc::{OrcWriter, WriterOptions};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
//! let batch = RecordBatch::try_from_iter([("id", ids)])?;
//! let mut file = Vec::new();
//! let mut writer = OrcWriter::try_new(&mut file, batch.schema(), WriterOptions::default())?;
//! writer.write(&batch)?;
//! assert_eq!(writer.finish()?.rows, 3);
//! # Ok(())
//! # }
//! ```

/// Columns of a stripe, a file for each family of types.
mod column;
/// Codecs and their framing.
mod compress;
/// Run-length encodings.
mod encoding;
/// What can go wrong.
mod error;
/// What a caller can choose.
mod options;
/// Arrow schema to ORC types.
mod schema;
/// Statistics of row groups, stripes and files.
mod statistics;
/// Stripes: rows in, bytes out.
mod stripe;
/// The file: header, stripes, footer.
mod writer;

#[cfg(test)]
mod tests;

pub use error::{OrcError, Result};
pub use options::{Compression, WriterOptions};
pub use schema::ORC_TYPE_KEY;
pub use stripe::{EncodedStripe, StripeEncoder};
pub use writer::{FileSummary, OrcWriter};
