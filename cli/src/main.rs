//! The `blueshift` command: a thin shell around the engine.
//!
//! Results go to stdout, everything else to stderr. Exit code 0 only on success, 2 for wrong usage,
//! 1 when a statement, test or step failed.

mod args;
mod client;
mod commands;
mod message;
mod output;
mod progress;
mod repl;

use std::process::ExitCode;

use args::{Cli, Command};
use blueshift_engine::session::StatementError;
use commands::Failure;

fn main() -> ExitCode {
    let cli = args::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            match &failure {
                Failure::Usage(message) => eprintln!("error: {message}\n\nFor more information, try '--help'."),
                Failure::Error(error) => message::print_error(error, None),
                Failure::Statement(StatementError { error, statement }) => {
                    message::print_error(error, Some(*statement))
                }
                Failure::OutputClosed | Failure::Reported => {}
            }
            ExitCode::from(if matches!(failure, Failure::Usage(_)) { 2 } else { 1 })
        }
    }
}

fn run(cli: &Cli) -> Result<(), Failure> {
    match &cli.command {
        None => repl::run(&cli.global),
        Some(Command::Sql(args)) => commands::sql::run(&cli.global, args),
        Some(Command::RunPipeline(args)) => commands::pipeline::run(&cli.global, args),
        Some(Command::Check(args)) => commands::check::run(&cli.global, args),
        Some(Command::Serve(args)) => commands::serve::run(&cli.global, args),
        Some(Command::Certs(args)) => commands::certs::run(&cli.global, args),
        Some(Command::Generate(args)) => commands::generate::run(&cli.global, args),
        Some(Command::Snapshot(args)) => commands::backup::snapshot(&cli.global, args),
        Some(Command::Restore(args)) => commands::backup::restore(&cli.global, args),
        Some(Command::Verify) => commands::verify::run(&cli.global),
    }
}
