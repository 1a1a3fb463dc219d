//! The data lake: locations, object stores, ORC and the other formats of external tables.

pub mod folder;
pub mod location;
pub mod object_store;
/// ORC files as a DataFusion source.
pub mod orc;
pub mod source;

pub use folder::LakeFolder;
pub use location::Location;
pub use object_store::ObjectStores;
