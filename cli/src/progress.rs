//! Progress on stderr: only on a terminal, never with `--quiet`.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

/// One line that tells what is being done.
pub struct Spinner(ProgressBar);

impl Spinner {
    /// Starts to turn, if anybody can see it.
    pub fn start(quiet: bool) -> Self {
        if quiet || !io::stderr().is_terminal() {
            return Spinner(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed:>4} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Spinner(bar)
    }

    /// Replaces the text.
    pub fn show(&self, text: &str) {
        self.0.set_message(text.to_owned());
    }

    /// Removes the line.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
