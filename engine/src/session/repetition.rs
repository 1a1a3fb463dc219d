//! Statements that are run again because another transaction got in their way.
//!
//! Outside of a block nobody has seen anything of a statement that failed. Redshift takes its table
//! locks before its snapshot, so such a statement waits instead of failing; here another process
//! may commit in between, and the statement is run again on what that one left.

use std::time::Duration;

use blueshift_sql::ast::Statement;

use crate::error::{Error, SqlState};

/// So often a statement is run again.
const REPETITIONS_MAX: u32 = 10;
/// The first pause before it; each next one is longer.
const PAUSE: Duration = Duration::from_millis(5);

/// Whether and when a statement is run again.
pub(super) struct Repetition {
    left: u32,
    pause: Duration,
}

impl Repetition {
    /// For a statement in a block, or outside of one.
    pub(super) fn new(statement: &Statement, in_block: bool) -> Self {
        // A procedure may have committed, and TRUNCATE commits what came before it.
        let repeatable = !in_block && !matches!(statement, Statement::Call(_));
        Repetition { left: if repeatable { REPETITIONS_MAX } else { 0 }, pause: PAUSE }
    }

    /// Whether to run the statement again after `error`.
    pub(super) fn is_worthwhile(&self, error: &Error) -> bool {
        self.left > 0 && error.state() == SqlState::SERIALIZATION_FAILURE
    }

    /// Lets the other transaction finish.
    pub(super) async fn pause(&mut self) {
        self.left -= 1;
        // Different sessions should not meet again: the nanoseconds of the clock are random enough.
        let jitter = chrono::Utc::now().timestamp_subsec_nanos() % 1_000;
        tokio::time::sleep(self.pause.mul_f64(0.5 + f64::from(jitter) / 1_000.0)).await;
        self.pause = (self.pause * 2).min(Duration::from_millis(500));
    }
}
