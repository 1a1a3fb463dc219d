//! `blueshift generate`: raw CSV in the shape of Chinook.

use std::path::Path;

use blueshift_engine::error::{Error, SqlState};
use blueshift_generator::{self as generator, Options, Summary};
use indicatif::HumanBytes;

use crate::{
    args::{GenerateArgs, GlobalArgs},
    commands::Failure,
    progress::Spinner,
};

/// Generates the files and tells what is in them.
pub fn run(global: &GlobalArgs, args: &GenerateArgs) -> Result<(), Failure> {
    let options = Options { scale: args.scale, seed: args.seed, dirty_rate: args.dirty };
    let spinner = Spinner::start(global.quiet);
    let result = generator::generate(&options, &args.out_dir, |table, rows| {
        spinner.show(&format!("{table}: {rows} rows"));
    });
    spinner.finish();
    match result {
        Ok(summary) => {
            if !global.quiet {
                report(&args.out_dir, &summary, global.verbose);
            }
            Ok(())
        }
        Err(generator::Error::InvalidOption(message)) => Err(Failure::Usage(message)),
        Err(error @ generator::Error::Io { .. }) => {
            Err(Failure::Error(Error::new(SqlState::IO_ERROR, error.to_string())))
        }
    }
}

fn report(out_dir: &Path, summary: &Summary, verbose: bool) {
    for table in &summary.tables {
        let extra = match table.rows_written - table.rows {
            0 => String::new(),
            more => format!(" (+{more} more lines: duplicates, redeliveries, broken)"),
        };
        eprintln!("{:<14} {:>10} rows{extra}", table.table, table.rows);
        if verbose {
            for (kind, count) in &table.dirt {
                eprintln!("{:<14} {count:>10} {}", "", kind.label());
            }
        }
    }
    let bytes = summary.tables.iter().map(|table| table.bytes).sum();
    let dirty: u64 = summary.tables.iter().map(|table| table.dirty_rows()).sum();
    eprintln!("{} in {}, {dirty} rows with a defect", HumanBytes(bytes), out_dir.display());
}
