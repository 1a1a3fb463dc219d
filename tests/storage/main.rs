//! The test binary that proves that storage never loses a row; each module is one proof.
//!
//! `cargo test --workspace --test storage -- FILTER…` runs the proofs whose name contains a filter.
//! `BLUESHIFT_PROOF=long` runs the long tier; `BLUESHIFT_PROOF_SEED=N` repeats a run whose seed a failure
//! printed. README.md has a table of the proofs.
#![allow(clippy::print_stdout)]

/// Flipped bits in managed files.
mod bit_rot;
/// Killed processes.
mod crash;
/// What a killed process was doing.
mod crash_child;
/// A file system that fails, loses and tears.
mod faulty_file_system;
/// Every operation fails once, in every way.
mod faults;
/// Histories of transactions and the anomalies in them.
mod history;
/// Sessions that append to lists.
mod isolation;
/// Faults while the Glue job runs.
mod lake;
/// How long it takes to stop a statement, and to open a warehouse.
mod latency;
/// Readers and writers for long.
mod load;
/// Random statements against a model.
mod model;
/// The state of the model.
mod model_state;
/// What the proofs share.
mod support;
/// The steps that faults are put into.
mod workload;

use std::{env, process::ExitCode, time::Instant};

use support::{Report, Tier};

type Proof = fn(Tier, u64) -> Result<Report, String>;

const PROOFS: [(&str, Proof); 8] = [
    ("bit_rot", bit_rot::run),
    ("crash", crash::run),
    ("faults", faults::run),
    ("isolation", isolation::run),
    ("lake", lake::run),
    ("latency", latency::run),
    ("load", load::run),
    ("model", model::run),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("--crash-child") => return crash_child::main(&arguments[1..]),
        Some("--isolation-child") => return isolation::child(&arguments[1..]),
        _ => {}
    }
    let filters: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |name: &str| filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()));
    let proofs = PROOFS.iter().filter(|(name, _)| wanted(name));
    if arguments.iter().any(|argument| argument == "--list") {
        proofs.for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    let tier = if env::var("BLUESHIFT_PROOF").is_ok_and(|tier| tier == "long") { Tier::Long } else { Tier::Short };
    let seed = env::var("BLUESHIFT_PROOF_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut code = ExitCode::SUCCESS;
    for (name, proof) in proofs {
        let started = Instant::now();
        let seconds = || started.elapsed().as_secs_f64();
        match proof(tier, seed) {
            Ok(report) => println!("ok     {name}: {report} ({:.1} s)", seconds()),
            Err(failure) => {
                println!("FAILED {name} (seed {seed}, {tier:?} tier, {:.1} s)\n{failure}\n", seconds());
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}
