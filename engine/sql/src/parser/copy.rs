//! `COPY`, `COPY JOB`, `UNLOAD`.

use super::{Grammar, Parsed};
use crate::ast::{Copy, CopyJob, CopyJobCreate, Statement, Unload};

impl Grammar<'_> {
    pub(super) fn copy(&mut self) -> Parsed<Statement> {
        self.expect("copy")?;
        if self.is("job") && matches!(self.word_after(1), Some("alter" | "run" | "list" | "show" | "drop")) {
            return self.copy_job();
        }
        let table = self.object_name()?;
        let columns = self.optional_paren_idents()?;
        self.expect("from")?;
        let source = if self.eat("stdin") { "STDIN".to_owned() } else { self.string()? };
        let options = self.copy_options()?;
        let mut job = None;
        if self.eat_all(&["job", "create"]) {
            let name = self.ident()?;
            let auto = if self.eat("auto") { Some(self.switch()?) } else { None };
            job = Some(CopyJobCreate { name, auto });
        }
        Ok(Statement::Copy(Copy { table, columns, source, options, job }))
    }

    fn copy_job(&mut self) -> Parsed<Statement> {
        self.expect("job")?;
        let job = match self.eat_one_of(&["alter", "run", "list", "show", "drop"]) {
            Some("alter") => {
                let name = self.ident()?;
                self.expect("auto")?;
                CopyJob::Alter { name, auto: self.switch()? }
            }
            Some("run") => CopyJob::Run(self.ident()?),
            Some("list") => CopyJob::List,
            Some("show") => CopyJob::Show(self.ident()?),
            _ => CopyJob::Drop(self.ident()?),
        };
        Ok(Statement::CopyJob(job))
    }

    pub(super) fn unload(&mut self) -> Parsed<Statement> {
        self.expect("unload")?;
        let place = self.place() + 1;
        let query_text = self.parenthesized(Self::string)?;
        let query = super::parse_query(&query_text, self.options).map_err(|error| self.nested(place, &error))?;
        self.expect("to")?;
        let target = self.string()?;
        let options = self.copy_options()?;
        Ok(Statement::Unload(Unload { query_text, query, target, options }))
    }
}
