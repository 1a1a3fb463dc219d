//! `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `TRUNCATE`.

use sqlparser::ast::{TableWithJoins, With};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::{Grammar, Parsed};
use crate::ast::{
    Assignment, Delete, Expr, Ident, Insert, InsertSource, Merge, MergeAction, MergeInsert, MergeMatched, Statement,
    Truncate, Update, ValueOrDefault,
};

impl Grammar<'_> {
    pub(super) fn insert(&mut self, with: Option<With>) -> Parsed<Statement> {
        self.expect_all(&["insert", "into"])?;
        let table = self.object_name()?;
        let mut columns = Vec::new();
        if *self.token() == Token::LParen && !self.starts_query() {
            columns = self.paren_idents()?;
        }
        let source = if self.eat_all(&["default", "values"]) {
            InsertSource::DefaultValues
        } else if self.eat("values") {
            InsertSource::Values(self.list(Self::row_of_values)?)
        } else if self.starts_query() {
            InsertSource::Query(self.query()?)
        } else {
            return Err(self.unexpected());
        };
        Ok(Statement::Insert(Insert { with, table, columns, source }))
    }

    fn row_of_values(&mut self) -> Parsed<Vec<ValueOrDefault>> {
        self.parenthesized(|g| g.list(Self::value_or_default))
    }

    fn value_or_default(&mut self) -> Parsed<ValueOrDefault> {
        if self.eat("default") { Ok(ValueOrDefault::Default) } else { Ok(ValueOrDefault::Expr(self.expr()?)) }
    }

    /// `column = value`. A qualified column is an error that names it, later.
    fn assignment(&mut self) -> Parsed<Assignment> {
        let mut column = self.any_ident()?;
        let mut qualifier = None;
        while self.eat_token(&Token::Period) {
            qualifier = Some(std::mem::replace(&mut column, self.any_ident()?));
        }
        self.expect_token(&Token::Eq)?;
        Ok(Assignment { qualifier, column, value: self.value_or_default()? })
    }

    fn target_alias(&mut self, ends: &[&str]) -> Parsed<Option<Ident>> {
        if self.eat("as") {
            return Ok(Some(self.any_ident()?));
        }
        match self.token() {
            Token::Word(word) if word.quote_style.is_some() || !ends.contains(&word.value.as_str()) => {
                Ok(Some(self.ident()?))
            }
            _ => Ok(None),
        }
    }

    fn relation_list(&mut self) -> Parsed<Vec<TableWithJoins>> {
        self.checked(|parser| parser.parse_comma_separated(Parser::parse_table_and_joins))
    }

    fn where_clause(&mut self) -> Parsed<Option<Expr>> {
        if self.eat("where") { Ok(Some(self.expr()?)) } else { Ok(None) }
    }

    pub(super) fn update(&mut self, with: Option<With>) -> Parsed<Statement> {
        self.expect("update")?;
        let table = self.object_name()?;
        let alias = self.target_alias(&["set"])?;
        self.expect("set")?;
        let assignments = self.list(Self::assignment)?;
        let from = if self.eat("from") { self.relation_list()? } else { Vec::new() };
        let selection = self.where_clause()?;
        Ok(Statement::Update(Update { with, table, alias, assignments, from, selection }))
    }

    pub(super) fn delete(&mut self, with: Option<With>) -> Parsed<Statement> {
        self.expect("delete")?;
        self.eat("from");
        let table = self.object_name()?;
        let alias = self.target_alias(&["using", "where"])?;
        let using = if self.eat("using") { self.relation_list()? } else { Vec::new() };
        let selection = self.where_clause()?;
        Ok(Statement::Delete(Delete { with, table, alias, using, selection }))
    }

    pub(super) fn merge(&mut self) -> Parsed<Statement> {
        self.expect_all(&["merge", "into"])?;
        let target = self.object_name()?;
        let alias = self.target_alias(&["using"])?;
        self.expect("using")?;
        let source = self.checked(Parser::parse_table_factor)?;
        self.expect("on")?;
        let on = self.expr()?;
        let action =
            if self.eat_all(&["remove", "duplicates"]) { MergeAction::RemoveDuplicates } else { self.merge_when()? };
        Ok(Statement::Merge(Merge { target, alias, source, on, action }))
    }

    /// At most one `WHEN` of each kind, in either order, and at least one.
    fn merge_when(&mut self) -> Parsed<MergeAction> {
        let (mut matched, mut not_matched) = (None, None);
        while self.is("when") {
            if self.are(&["when", "matched"]) && matched.is_none() {
                self.expect_all(&["when", "matched", "then"])?;
                matched = Some(if self.eat("delete") {
                    MergeMatched::Delete
                } else {
                    self.expect_all(&["update", "set"])?;
                    MergeMatched::Update(self.list(Self::assignment)?)
                });
            } else if self.are(&["when", "not", "matched"]) && not_matched.is_none() {
                self.expect_all(&["when", "not", "matched", "then", "insert"])?;
                let columns = self.optional_paren_idents()?;
                self.expect("values")?;
                not_matched = Some(MergeInsert { columns, values: self.row_of_values()? });
            } else {
                return Err(self.unexpected());
            }
        }
        if matched.is_none() && not_matched.is_none() {
            return Err(self.unexpected());
        }
        Ok(MergeAction::When { matched, not_matched })
    }

    pub(super) fn truncate(&mut self) -> Parsed<Statement> {
        self.expect("truncate")?;
        self.eat("table");
        Ok(Statement::Truncate(Truncate { table: self.object_name()? }))
    }
}
