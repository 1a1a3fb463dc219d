//! ORC files as a DataFusion source.
//!
//! `orc-rust` only decodes here. Its predicates compare decimals as text and its row selections
//! lose count, so both lose rows; it trusts lengths in the file; it reads stream by stream. So
//! this module reads and checks the file's tail itself, prunes stripes from its statistics,
//! fetches a stripe's streams in few requests, and contains the decoder's panics: a damaged file
//! is an error that names it.
//!
//! Way of a query: [`FooterCache`] → [`orc_scan`] → [`OrcSource`] → stripes → batches of the
//! table's types.

/// File to table: names, missing columns, types.
mod adapt;
/// Footers that were read before.
mod cache;
/// Bytes that were fetched, in the form in which orc-rust asks for them.
mod chunk;
/// The file's tail: schema, stripes, statistics.
mod footer;
/// Which stripes cannot hold a row that a filter keeps.
mod pruning;
/// Plans: files into partitions, statistics for the planner.
mod scan;
/// The `FileSource` and its opener.
mod source;
/// Statistics in the file, typed.
mod statistics;
/// One stripe: fetch, check, decode.
mod stripe;
#[cfg(test)]
mod tests;

pub use cache::FooterCache;
pub use footer::{OrcFooter, StripeInfo, read_footer};
pub use scan::{OrcScan, file_statistics, orc_scan};
pub use source::OrcSource;
pub use statistics::ColumnRange;
