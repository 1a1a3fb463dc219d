//! `blueshift run-pipeline`: raw CSV to tested gold tables.

/// Progress while it runs.
mod console;
/// The report as a web page.
mod html;
/// The command.
mod run;
/// The report as tables.
mod summary;

pub use run::run;
