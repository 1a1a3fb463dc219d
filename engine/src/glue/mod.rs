//! AWS Glue's part: the data catalog, the CSV-to-ORC job with its bookmarks, the crawler.

pub mod bookmark;
pub mod crawler;
pub mod data_catalog;
pub mod hive_type;
pub mod job;
pub mod verify;

pub use data_catalog::{CatalogColumn, CatalogTable, DataCatalog};
pub use hive_type::HiveType;

/// The partition key of every table that the job writes: the number of the delivery.
pub const DELIVERY_KEY: &str = "delivery_id";
