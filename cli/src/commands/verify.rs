//! `blueshift verify`: checks a whole warehouse and changes nothing.

use std::time::Instant;

use blueshift_engine::Engine;

use crate::{args::GlobalArgs, commands::Failure};

/// Problems that are printed; the rest is counted.
const PROBLEMS_PRINTED: usize = 100;

/// Prints what was checked; fails when something is wrong.
pub fn run(global: &GlobalArgs) -> Result<(), Failure> {
    let started = Instant::now();
    let engine = Engine::open(global.config())?;
    let report = engine.verify(|_, _| {})?;
    for problem in report.problems.iter().take(PROBLEMS_PRINTED) {
        eprintln!("DAMAGED: {problem}");
    }
    if report.problems.len() > PROBLEMS_PRINTED {
        eprintln!("… and {} more", report.problems.len() - PROBLEMS_PRINTED);
    }
    if !global.quiet {
        eprintln!(
            "{} invariants of the catalogs; {} data files and {} delete files, {} of them of earlier states; {} rows; \
             {} files of the lake{}; {} bytes read; {} files that belong to no state; {:.1} s",
            report.invariants,
            report.data_files,
            report.delete_files,
            report.historic_files,
            report.rows,
            report.lake_files,
            match report.lake_files_without_checksum {
                0 => String::new(),
                count => format!(" ({count} of an earlier version, without checksum)"),
            },
            report.bytes,
            report.unknown_files,
            started.elapsed().as_secs_f64(),
        );
    }
    match report.problems.len() {
        0 => {
            eprintln!("The warehouse is sound.");
            Ok(())
        }
        count => {
            eprintln!("ERROR: {count} problems were found");
            eprintln!("SQLSTATE: XX001");
            Err(Failure::Reported)
        }
    }
}
