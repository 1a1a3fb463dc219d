//! Proofs that a warehouse never loses a row, by breaking what it stands on.
//!
//! The short tier runs with all tests. The long tier breaks everything everywhere and prints how
//! often it did:
//!
//!     BLUESHIFT_LONG=1 cargo test --workspace --lib robustness -- --nocapture
//!
//! Nothing here depends on time: what is random comes from seeds that failures print, and
//! `BLUESHIFT_SEED` runs one again.

/// Flipped bits in files.
mod bit_rot;
/// A file system that fails, and one that loses its power.
mod faulty_file_system;
/// An operation that fails, for every operation.
mod faults;
/// What concurrent transactions may see.
mod histories;
/// Random statements against a simple model.
mod model;
/// Random numbers.
mod random;
/// The statements that are broken, and what a warehouse must look like after each.
mod workload;

/// Whether the long tier runs.
fn is_long() -> bool {
    std::env::var_os("BLUESHIFT_LONG").is_some()
}

/// The seeds to run: the one asked for, or `short` ones, or `long` ones in the long tier.
fn seeds(short: u64, long: u64) -> Vec<u64> {
    match std::env::var("BLUESHIFT_SEED").ok().and_then(|text| text.parse().ok()) {
        Some(seed) => vec![seed],
        None => (0..if is_long() { long } else { short }).collect(),
    }
}
