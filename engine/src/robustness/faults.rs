//! The n-th file operation fails, for every n and every kind of fault: each statement succeeds or
//! fails with a clean error, and after reopening everything committed is there and nothing else.

use std::{path::Path, sync::Arc};

use super::{
    faulty_file_system::{FAULTS, Fault, FaultyFileSystem},
    is_long, workload,
};
use crate::error::SqlState;

/// In the short tier every so-many-th operation fails; the offset differs from kind to kind.
const STRIDE: u64 = 11;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_at_any_operation_leaves_what_was_committed() {
    let prepared = tempfile::tempdir().unwrap();
    workload::prepare(prepared.path()).await;
    let states = workload::expected(prepared.path()).await;
    for (kind, fault) in FAULTS.into_iter().enumerate() {
        let (step, first) = if is_long() { (1, 1) } else { (STRIDE, 1 + kind as u64 * 3) };
        let (mut at, mut runs, mut failures) = (first, 0, 0);
        loop {
            let outcome = break_at(prepared.path(), &states, fault, at).await;
            runs += 1;
            failures += u64::from(outcome == Outcome::Failed);
            if outcome == Outcome::NothingHappened {
                break;
            }
            at += step;
        }
        eprintln!("{fault:?}: {runs} runs up to operation {at}, {failures} with a failed statement");
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    NothingHappened,
    Survived,
    Failed,
}

async fn break_at(prepared: &Path, states: &[String], fault: Fault, at: u64) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    workload::copy(prepared, folder.path());
    let file_system = FaultyFileSystem::new(fault, at);
    let context = format!("{fault:?} at operation {at}");
    let (done, error) = match workload::open(folder.path(), Arc::new(file_system.clone())) {
        Err(error) => {
            assert_ne!(error.state(), SqlState::INTERNAL_ERROR, "{context}: {error:?}");
            (0, Some(error))
        }
        Ok(engine) => {
            let mut session = engine.session();
            let (done, error) = workload::run(&mut session).await;
            (done, error.map(|e| e.error))
        }
    };
    if let Some(error) = &error {
        assert!(file_system.has_happened(), "{context}: {error:?} {:?}", error.detail());
        let clean = [SqlState::IO_ERROR, SqlState::DISK_FULL].contains(&error.state());
        assert!(clean, "{context}: {error:?} {:?}", error.detail());
    }
    if file_system.is_dead() {
        file_system.lose_what_was_not_synced();
    }
    // A statement that failed may have committed when its very last step failed; no other can.
    let allowed = &states[done..(done + 1 + usize::from(error.is_some())).min(states.len())];
    let engine = workload::open(folder.path(), workload::sound()).unwrap();
    let found = workload::fingerprint(&engine).await;
    assert!(allowed.contains(&found), "{context}: after step {done} {error:?}\n{found}\nallowed:\n{allowed:#?}");
    let report = engine.verify(|_, _| {}).unwrap();
    assert_eq!(report.problems, Vec::<String>::new(), "{context}");
    assert_eq!(report.unknown_files, 0, "{context}: files were left");
    match error {
        None if !file_system.has_happened() => Outcome::NothingHappened,
        None => Outcome::Survived,
        Some(_) => Outcome::Failed,
    }
}
