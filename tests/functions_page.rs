//! `engine/FUNCTIONS.md`: the reference of SQL functions, made from their constants.

use std::{fs, path::Path};

use blueshift_engine::functions::reference;

/// Compares the page at `path` with the functions; whether it is up to date. `bless` writes it.
///
/// Errors: a page that cannot be written.
pub fn check(path: &Path, bless: bool) -> Result<bool, String> {
    let text = reference::page();
    if bless {
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        return Ok(true);
    }
    let current = fs::read_to_string(path).unwrap_or_default();
    if current != text {
        println!("\nengine/FUNCTIONS.md is stale: BLUESHIFT_BLESS=1 cargo test --workspace --test slt writes it anew");
    }
    Ok(current == text)
}
