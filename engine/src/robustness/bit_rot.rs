//! Bits flipped anywhere in the files of a warehouse: every query gives the right rows or an error
//! that names the damage, never other rows.

use std::path::{Path, PathBuf};

use super::{is_long, random::Random, workload};
use crate::error::SqlState;

/// Flips in the short tier.
const FLIPS: u64 = 120;
/// Flips in the long tier.
const FLIPS_LONG: u64 = 5_000;

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap()) {
        if entry.file_type().unwrap().is_dir() {
            files_below(&entry.path(), found);
        } else if entry.metadata().unwrap().len() > 0 {
            found.push(entry.path());
        }
    }
}

/// A warehouse, closed or as a kill leaves it, and what it shows.
async fn warehouse(folder: &Path, killed: bool) -> String {
    let original = tempfile::tempdir().unwrap();
    workload::prepare(original.path()).await;
    let engine = workload::open(original.path(), workload::sound()).unwrap();
    let mut session = engine.session();
    for step in workload::STEPS[..8].iter().chain([&workload::STEPS[11]]) {
        session.run(step).await.unwrap();
    }
    let expected = workload::fingerprint(&engine).await;
    if !killed {
        drop(session);
        drop(engine);
    }
    workload::copy(original.path(), folder);
    // SQLite makes its index of the log anew.
    let _ = std::fs::remove_file(folder.join("catalog.sqlite-shm"));
    expected
}

async fn flip_bits(killed: bool) {
    let prepared = tempfile::tempdir().unwrap();
    let expected = warehouse(prepared.path(), killed).await;
    let mut files = Vec::new();
    files_below(prepared.path(), &mut files);
    // The data catalog is no part of this, and a note that cannot be read is none.
    files.retain(|f| !f.to_string_lossy().contains("glue") && f.parent() != Some(&prepared.path().join("locks")));
    files.sort();
    let catalog: Vec<PathBuf> = files.iter().filter(|f| f.to_string_lossy().contains("catalog")).cloned().collect();
    assert_eq!(catalog.len(), if killed { 2 } else { 1 }, "{catalog:?}");
    let (mut reported, mut harmless) = (0, 0);
    let mut random = Random::new(u64::from(killed));
    for flip in 0..if is_long() { FLIPS_LONG } else { FLIPS } {
        let file = random.pick(if flip % 2 == 0 { &catalog } else { &files });
        let folder = tempfile::tempdir().unwrap();
        workload::copy(prepared.path(), folder.path());
        let damaged = folder.path().join(file.strip_prefix(prepared.path()).unwrap());
        let mut bytes = std::fs::read(&damaged).unwrap();
        let at = random.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << random.below(8);
        std::fs::write(&damaged, bytes).unwrap();
        let context = format!("flip {flip}, killed {killed}: {} at {at}", file.display());
        let outcome = match workload::open(folder.path(), workload::sound()) {
            Err(error) => Err(error),
            Ok(engine) => workload::try_fingerprint(&engine).await.map_err(|e| e.error),
        };
        match outcome {
            Ok(found) => {
                assert_eq!(found, expected, "{context}");
                harmless += 1;
            }
            Err(error) => {
                // A catalog of another version is damage, too.
                let states = [SqlState::DATA_CORRUPTED, SqlState::FEATURE_NOT_SUPPORTED];
                assert!(states.contains(&error.state()), "{context}: {error:?} {:?}", error.detail());
                reported += 1;
            }
        }
    }
    eprintln!("{} flips in {} files: {reported} reported, {harmless} harmless", reported + harmless, files.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_is_reported_or_harmless() {
    flip_bits(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_to_what_a_kill_left_is_reported_or_harmless() {
    flip_bits(true).await;
}
