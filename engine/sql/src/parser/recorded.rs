//! Commands that are only taken note of.

use super::{Grammar, Parsed};
use crate::ast::{Recorded, Statement};

impl Grammar<'_> {
    /// A name, then anything.
    pub(super) fn recorded(&mut self, command: &'static str) -> Parsed<Statement> {
        let name = Some(self.object_name()?);
        Ok(Statement::Recorded(Recorded { command, name, rest: self.rest() }))
    }

    /// Anything but nothing.
    pub(super) fn recorded_without_name(&mut self, command: &'static str) -> Parsed<Statement> {
        if self.at_end() {
            return Err(self.unexpected());
        }
        Ok(Statement::Recorded(Recorded { command, name: None, rest: self.rest() }))
    }
}
