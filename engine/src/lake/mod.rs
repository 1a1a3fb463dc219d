//! The data lake: locations, object stores, ORC and the other formats of external tables.

pub mod external_table;
pub mod folder;
pub mod location;
pub mod manifest_store;
pub mod object_store;
pub mod orc;
mod partition;
pub mod source;
pub mod text;

pub use external_table::ExternalTable;
pub use folder::LakeFolder;
pub use location::Location;
pub use object_store::ObjectStores;
