//! Files: the only door to the file system, data segments, delete files, the catalog store.
//!
//! What lies in a warehouse folder is written here and nowhere else: Parquet segments and delete
//! files below `data/`, and the SQLite catalog in the layout of DuckLake 1.0. This layer knows
//! nothing of SQL and nothing of transactions: it stores what it is told and says what is there.

/// The catalog's tables and how they are read and written.
pub mod catalog_store;
/// Checksums of managed files.
pub mod checksum;
/// Files whose checksum is made while they are written.
pub mod checksummed_file;
/// Positions of deleted rows: the files that hold them and the selections made from them.
pub mod delete_file;
/// Column encodings in files.
mod encoding;
/// Named points at which tests let the program die.
pub mod fault;
/// The only place where managed files are opened.
pub mod file_system;
/// The newest state of a catalog, noted beside it.
pub mod head;
/// Sort keys whose columns all count the same.
pub mod interleaved;
mod managed_file;
/// A managed table as DataFusion sees it.
pub mod managed_table;
/// The memory that everything shares.
pub mod memory;
/// What a catalog consists of: schemas, tables, columns, views, segments.
pub mod metadata;
/// Managed files as an object store, for DataFusion's Parquet reader.
pub mod object_store;
mod ordering;
mod pruning;
/// Segments without their deleted rows.
pub mod rewrite;
mod schema_adapter;
mod segment_buffer;
mod segment_encoder;
mod segment_reader;
/// The folder of segments: paths, caches, and the handle that readers and writers share.
pub mod segment_store;
/// Record batches to Parquet segments.
pub mod segment_writer;
/// Where rows would lie on a cluster.
pub mod slice;
/// Column statistics of segments.
pub mod statistics;
/// What of a table is worth rewriting.
pub mod upkeep;
/// Checks of a whole warehouse.
pub mod verify;

pub use delete_file::DeletedPositions;
pub use file_system::{FileSystem, LocalFileSystem};
pub use managed_table::ManagedTable;
pub use metadata::SegmentMeta;
pub use segment_store::SegmentStore;
pub use segment_writer::SegmentWriter;
