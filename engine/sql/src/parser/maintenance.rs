//! `ANALYZE`, `VACUUM`, `CANCEL`.

use super::{Grammar, Parsed};
use crate::ast::{Analyze, AnalyzeCompression, Cancel, Statement, Vacuum, VacuumMode};

impl Grammar<'_> {
    pub(super) fn analyze(&mut self) -> Parsed<Statement> {
        self.advance();
        if self.eat("compression") {
            return self.analyze_compression();
        }
        let verbose = self.eat("verbose");
        let mut analyze = Analyze { verbose, table: None, columns: Vec::new(), predicate_columns: None };
        if !self.at_end() && !self.are(&["predicate", "columns"]) && !self.are(&["all", "columns"]) {
            analyze.table = Some(self.object_name()?);
            analyze.columns = self.optional_paren_idents()?;
        }
        if self.eat_all(&["predicate", "columns"]) {
            analyze.predicate_columns = Some(true);
        } else if self.eat_all(&["all", "columns"]) {
            analyze.predicate_columns = Some(false);
        }
        Ok(Statement::Analyze(analyze))
    }

    fn analyze_compression(&mut self) -> Parsed<Statement> {
        let mut analyze = AnalyzeCompression { table: None, columns: Vec::new(), comp_rows: None };
        if !self.at_end() && !self.is("comprows") {
            analyze.table = Some(self.object_name()?);
            analyze.columns = self.optional_paren_idents()?;
        }
        if self.eat("comprows") {
            analyze.comp_rows = Some(self.unsigned()?);
        }
        Ok(Statement::AnalyzeCompression(analyze))
    }

    pub(super) fn vacuum(&mut self) -> Parsed<Statement> {
        self.expect("vacuum")?;
        let mode = if self.eat_all(&["sort", "only"]) {
            VacuumMode::SortOnly
        } else if self.eat_all(&["delete", "only"]) {
            VacuumMode::DeleteOnly
        } else if self.eat("reindex") {
            VacuumMode::Reindex
        } else if self.eat("recluster") {
            VacuumMode::Recluster
        } else {
            self.eat("full");
            VacuumMode::Full
        };
        let mut vacuum = Vacuum { mode, table: None, threshold_percent: None, boost: false };
        if !self.at_end() && !self.is("boost") && !self.is("to") {
            vacuum.table = Some(self.object_name()?);
        }
        if self.eat("to") {
            vacuum.threshold_percent = Some(self.unsigned()?);
            self.expect("percent")?;
        }
        vacuum.boost = self.eat("boost");
        Ok(Statement::Vacuum(vacuum))
    }

    pub(super) fn cancel(&mut self) -> Parsed<Statement> {
        self.expect("cancel")?;
        let process = self.signed()?;
        let message = if self.is_string() { Some(self.string()?) } else { None };
        Ok(Statement::Cancel(Cancel { process, message }))
    }
}
