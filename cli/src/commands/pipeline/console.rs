//! What a run tells while it goes on, on stderr: a line per step and per model, and on a terminal a
//! bar below them. Nothing with `--quiet`.

use std::{
    io::{self, IsTerminal},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use blueshift_dbt::{Event, Status};
use blueshift_engine::{
    glue::job::Progress,
    pipeline::{PipelineEvents, Step, StepStatus},
};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

/// The bar turns so often.
const TICK: Duration = Duration::from_millis(100);

/// Shows a run's progress.
pub struct Console {
    quiet: bool,
    verbose: bool,
    terminal: bool,
    bar: Mutex<ProgressBar>,
}

impl Console {
    /// A console that has not shown anything yet.
    pub fn new(quiet: bool, verbose: bool) -> Self {
        let terminal = !quiet && io::stderr().is_terminal();
        Console { quiet, verbose, terminal, bar: Mutex::new(ProgressBar::hidden()) }
    }

    /// Removes the bar.
    pub fn close(&self) {
        self.replace_bar(ProgressBar::hidden(), "");
    }

    fn line(&self, text: &str) {
        if self.quiet {
            return;
        }
        let bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        bar.suspend(|| eprintln!("{text}"));
    }

    fn replace_bar(&self, bar: ProgressBar, template: &str) {
        let mut current = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        current.finish_and_clear();
        if !bar.is_hidden() {
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(TICK);
        }
        *current = bar;
    }

    fn with_bar(&self, change: impl FnOnce(&ProgressBar)) {
        change(&self.bar.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Progress for Console {
    fn start(&self, bytes_total: u64, objects: usize) {
        if self.terminal && objects > 0 {
            let bar = ProgressBar::new(bytes_total);
            bar.set_message(format!("{objects} objects"));
            self.replace_bar(bar, "{bar:30} {percent:>3}% {bytes}/{total_bytes} {bytes_per_sec} {msg}");
        }
    }

    fn advance(&self, table: &str, bytes: u64) {
        self.with_bar(|bar| {
            bar.inc(bytes);
            bar.set_message(table.to_owned());
        });
    }

    fn finish(&self) {
        self.close();
    }
}

impl PipelineEvents for Console {
    fn step_started(&self, name: &str) {
        if self.terminal {
            let bar = ProgressBar::new_spinner();
            bar.set_message(name.to_owned());
            self.replace_bar(bar, "{spinner} {elapsed:>4} {msg}");
        }
    }

    fn step_finished(&self, step: &Step) {
        self.close();
        self.line(&step_line(step));
    }

    fn dbt(&self, event: &Event<'_>) {
        match event {
            Event::Found { total, .. } => {
                if self.terminal {
                    self.replace_bar(ProgressBar::new(*total as u64), "{bar:30} {pos}/{len} {elapsed:>4} {wide_msg}");
                }
                self.line(&event.to_string());
            }
            Event::Started { description, .. } => {
                self.with_bar(|bar| bar.set_message((*description).to_owned()));
                if self.verbose {
                    self.line(&event.to_string());
                }
            }
            Event::Finished { result, .. } => {
                self.with_bar(|bar| bar.inc(1));
                // A hundred tests that pass are one line of the summary, and so are those never run.
                let is_quiet = match result.status {
                    Status::Pass => true,
                    Status::Skipped => result.resource_type == "test",
                    _ => false,
                };
                if self.verbose || !is_quiet {
                    self.line(&event.to_string());
                }
            }
            Event::Statement { .. } => {}
            // Log, warnings, and whatever dbt's runner may tell one day.
            _ => self.line(&event.to_string()),
        }
    }
}

/// `glue job    ok   18,512 rows, 12 files, 0.41 s (delivery 1)`
fn step_line(step: &Step) -> String {
    let status = match step.status {
        StepStatus::Ok => "ok",
        StepStatus::Nothing => "--",
        StepStatus::Failed => "FAILED",
    };
    let mut facts = Vec::new();
    let mut count = |number: Option<u64>, what: &str, one: &str| {
        if let Some(number) = number {
            facts.push(format!("{} {}", HumanCount(number), if number == 1 { one } else { what }));
        }
    };
    if step.status != StepStatus::Nothing {
        count(step.rows_out, "rows", "row");
        count(step.rejects.filter(|rejects| *rejects > 0), "rejected", "rejected");
        count(step.files, "files", "file");
        if let (Some(read), Some(written)) = (step.bytes_in, step.bytes_out) {
            facts.push(format!("{} to {}", HumanBytes(read), HumanBytes(written)));
        }
    }
    facts.push(format!("{:.2} s", step.seconds));
    let note = if step.note.is_empty() { String::new() } else { format!(" ({})", step.note) };
    format!("{:<10} {status:<6} {}{note}", step.name, facts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_a_line() {
        let mut step = Step::new("glue job", StepStatus::Ok, 0.414);
        step.rows_out = Some(18_512);
        step.rejects = Some(3);
        step.files = Some(12);
        step.note = "delivery 1".to_owned();
        assert_eq!(step_line(&step), "glue job   ok     18,512 rows, 3 rejected, 12 files, 0.41 s (delivery 1)");
        let mut nothing = Step::new("glue job", StepStatus::Nothing, 0.0);
        nothing.rows_out = Some(0);
        nothing.note = "nothing new".to_owned();
        assert_eq!(step_line(&nothing), "glue job   --     0.00 s (nothing new)");
    }
}
