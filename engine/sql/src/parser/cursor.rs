//! Cursors and prepared statements.

use sqlparser::tokenizer::Token;

use super::{Grammar, Parsed};
use crate::ast::{Close, Deallocate, DeclareCursor, Execute, Fetch, Prepare, Statement};

impl Grammar<'_> {
    pub(super) fn declare(&mut self) -> Parsed<Statement> {
        self.expect("declare")?;
        let name = self.ident()?;
        // psql asks for what there is: cursors that move forward and end with the transaction.
        self.eat_all(&["no", "scroll"]);
        self.expect("cursor")?;
        self.eat_all(&["without", "hold"]);
        self.expect("for")?;
        Ok(Statement::DeclareCursor(DeclareCursor { name, query: self.query()? }))
    }

    /// `FETCH [NEXT | ALL | {FORWARD [count | ALL]}] [FROM|IN] cursor`.
    pub(super) fn fetch(&mut self) -> Parsed<Statement> {
        self.expect("fetch")?;
        let mut count = Some(1);
        if self.is_fetch_direction() && self.eat_one_of(&["next", "forward", "all"]).is_some_and(|word| word == "all") {
            count = None;
        }
        if count.is_some() && self.eat("all") {
            count = None;
        } else if matches!(self.token(), Token::Number(..)) {
            count = Some(self.unsigned()?);
        }
        self.eat_one_of(&["from", "in"]);
        Ok(Statement::Fetch(Fetch { count, cursor: self.ident()? }))
    }

    /// A direction, and not a cursor of that name.
    fn is_fetch_direction(&self) -> bool {
        matches!(self.word(), Some("next" | "forward" | "all")) && *self.token_after(1) != Token::EOF
    }

    pub(super) fn close(&mut self) -> Parsed<Statement> {
        self.expect("close")?;
        let cursor = if self.eat("all") { None } else { Some(self.ident()?) };
        Ok(Statement::Close(Close { cursor }))
    }

    pub(super) fn prepare(&mut self) -> Parsed<Statement> {
        self.expect("prepare")?;
        let name = self.ident()?;
        let types = self.type_list()?.unwrap_or_default();
        self.expect("as")?;
        Ok(Statement::Prepare(Prepare { name, types, statement: Box::new(self.statement()?) }))
    }

    pub(super) fn execute(&mut self) -> Parsed<Statement> {
        self.expect("execute")?;
        let name = self.ident()?;
        Ok(Statement::Execute(Execute { name, values: self.optional_arguments()?.unwrap_or_default() }))
    }

    pub(super) fn deallocate(&mut self) -> Parsed<Statement> {
        self.expect("deallocate")?;
        self.eat("prepare");
        let name = if self.eat("all") { None } else { Some(self.ident()?) };
        Ok(Statement::Deallocate(Deallocate { name }))
    }
}
