//! The two figures that the original system reported, measured here: how much storage ORC saves
//! against the raw CSV, and how much time building silver and gold takes from the one and from the
//! other.

use crate::{Engine, error::Result};

/// Bytes of raw CSV that are loaded and bytes of the ORC files made from them, all deliveries together.
pub fn storage(engine: &Engine, database: &str) -> Result<(u64, u64)> {
    let catalog = engine.data_catalog();
    let csv = catalog.bookmarks(database)?.iter().map(|bookmark| bookmark.bytes).sum();
    let mut orc = 0;
    for table in catalog.tables(database)? {
        if let Some(contents) = catalog.contents(database, &table.name)? {
            orc += contents.files.iter().map(|file| file.bytes).sum::<u64>();
        }
    }
    Ok((csv, orc))
}
