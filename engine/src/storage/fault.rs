//! Named points at which a test can make the program die or an operation fail.
//!
//! `BLUESHIFT_FAULT=name` kills the process at the point, `name=N` when it is passed for the N-th
//! time: without unwinding or cleaning up, as a power failure or `kill -9` would. Only tests set
//! it; without it a point costs one comparison.

use std::sync::{
    LazyLock,
    atomic::{AtomicU64, Ordering},
};

use crate::error::Result;

/// The environment variable that names the point.
pub const FAULT_VARIABLE: &str = "BLUESHIFT_FAULT";

/// All points, in the order in which a transaction passes them.
pub const FAULT_POINTS: [&str; 13] = [
    "catalog.open",
    "ids.begun",
    "ids.done",
    "segment.written",
    "segment.synced",
    "deletes.written",
    "commit.begun",
    "commit.written",
    "commit.done",
    "commit.reads_written",
    "upkeep.rewritten",
    "upkeep.expired",
    "sweep.file",
];

struct Fault {
    name: String,
    left: AtomicU64,
}

static FAULT: LazyLock<Option<Fault>> = LazyLock::new(|| {
    let text = std::env::var(FAULT_VARIABLE).ok()?;
    let (name, count) = match text.split_once('=') {
        Some((name, count)) => (name, count.parse().ok()?),
        None => (text.as_str(), 1),
    };
    Some(Fault { name: name.to_owned(), left: AtomicU64::new(count) })
});

/// Passes the point `name`.
pub fn fault_point(name: &'static str) -> Result<()> {
    debug_assert!(FAULT_POINTS.contains(&name), "{name} is not listed");
    if let Some(fault) = FAULT.as_ref()
        && fault.name == name
        && fault.left.fetch_sub(1, Ordering::SeqCst) == 1
    {
        std::process::abort();
    }
    Ok(())
}
