//! Transaction control.

use super::{Grammar, Parsed};
use crate::ast::{Begin, Lock, Statement, TransactionIsolation, TransactionModes};

impl Grammar<'_> {
    pub(super) fn begin(&mut self) -> Parsed<Statement> {
        if self.eat("start") {
            self.expect("transaction")?;
        } else {
            self.expect("begin")?;
            self.eat_one_of(&["work", "transaction"]);
        }
        Ok(Statement::Begin(Begin { modes: self.transaction_modes()? }))
    }

    /// Modes, with or without commas between them.
    pub(super) fn transaction_modes(&mut self) -> Parsed<TransactionModes> {
        let mut modes = TransactionModes::default();
        while !self.at_end() {
            if self.eat_all(&["isolation", "level"]) {
                modes.isolation = Some(self.isolation_level()?);
            } else if self.eat_all(&["read", "write"]) {
                modes.read_only = Some(false);
            } else if self.eat_all(&["read", "only"]) {
                modes.read_only = Some(true);
            } else {
                return Err(self.unexpected());
            }
            self.eat_token(&sqlparser::tokenizer::Token::Comma);
        }
        Ok(modes)
    }

    fn isolation_level(&mut self) -> Parsed<TransactionIsolation> {
        for (words, level) in ISOLATION_LEVELS {
            if self.eat_all(words) {
                return Ok(*level);
            }
        }
        Err(self.unexpected())
    }

    pub(super) fn finish_transaction(&mut self, word: &str) -> Parsed<Statement> {
        self.advance();
        self.eat_one_of(&["work", "transaction"]);
        Ok(if matches!(word, "commit" | "end") { Statement::Commit } else { Statement::Rollback })
    }

    pub(super) fn lock(&mut self) -> Parsed<Statement> {
        self.expect("lock")?;
        self.eat("table");
        let tables = self.object_names()?;
        let mode = if self.eat("in") { Some(self.lock_mode()?) } else { None };
        Ok(Statement::Lock(Lock { tables, mode }))
    }

    fn lock_mode(&mut self) -> Parsed<String> {
        let mut words = Vec::new();
        while !self.eat("mode") {
            match self.eat_one_of(&["access", "row", "share", "update", "exclusive"]) {
                Some(word) => words.push(word.to_uppercase()),
                None => return Err(self.unexpected()),
            }
        }
        if words.is_empty() { Err(self.unexpected_last()) } else { Ok(words.join(" ")) }
    }
}

const ISOLATION_LEVELS: &[(&[&str], TransactionIsolation)] = &[
    (&["serializable"], TransactionIsolation::Serializable),
    (&["repeatable", "read"], TransactionIsolation::RepeatableRead),
    (&["read", "committed"], TransactionIsolation::ReadCommitted),
    (&["read", "uncommitted"], TransactionIsolation::ReadUncommitted),
    (&["snapshot"], TransactionIsolation::Snapshot),
];

/// `SERIALIZABLE` and so on.
pub(crate) fn isolation_words(isolation: TransactionIsolation) -> String {
    let words = ISOLATION_LEVELS.iter().find(|(_, level)| *level == isolation).map_or(&[][..], |(words, _)| words);
    words.join(" ").to_uppercase()
}
