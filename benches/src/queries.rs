//! The query sets: scans of bronze here, analytics on gold in `queries/*.sql`, one file each, so
//! that other engines can run the very same text.

use std::{fs, path::Path};

use crate::Result;

/// Scans of the largest bronze table: without columns, one column, all rows looked at.
pub const ORC_SCANS: [(&str, &str); 3] = [
    ("count", "select count(*) from bronze.invoiceline"),
    ("sum", "select sum(quantity) from bronze.invoiceline"),
    ("filter", "select count(*), sum(unitprice) from bronze.invoiceline where quantity > 1"),
];

/// A query of the set.
pub struct Query {
    /// The file's name without `.sql`.
    pub name: String,
    /// The statement.
    pub sql: String,
}

/// The analytics queries, by name.
pub fn analytics() -> Result<Vec<Query>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries");
    let mut queries = vec![];
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".sql"))
        else {
            continue;
        };
        queries.push(Query { name: name.to_owned(), sql: fs::read_to_string(&path)? });
    }
    queries.sort_by(|left, right| left.name.cmp(&right.name));
    if queries.is_empty() { Err("there are no queries".into()) } else { Ok(queries) }
}
