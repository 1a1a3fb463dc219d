//! `CREATE TABLE`, `CREATE TABLE AS`.

use sqlparser::tokenizer::Token;

use super::{Grammar, Parsed};
use crate::ast::{CreateTable, CreateTableAs, Ident, ObjectName, Statement, TableElement};

impl Grammar<'_> {
    /// After `CREATE [TEMP] TABLE`.
    pub(super) fn create_table(&mut self, temporary: bool) -> Parsed<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let temporary = temporary || is_temporary(&name);
        if *self.token() == Token::LParen && !self.starts_query() && !self.is_name_list() {
            let elements = self.parenthesized(|g| g.list(Self::table_element))?;
            let attributes = self.table_attributes()?;
            return Ok(Statement::CreateTable(CreateTable { temporary, if_not_exists, name, elements, attributes }));
        }
        let columns: Vec<Ident> = if self.is_name_list() { self.paren_idents()? } else { Vec::new() };
        let attributes = self.table_attributes()?;
        self.expect("as")?;
        let query = self.query()?;
        Ok(Statement::CreateTableAs(CreateTableAs { temporary, if_not_exists, name, columns, attributes, query }))
    }

    /// `(a, b)` or `(a)`: names without types, as `CREATE TABLE … AS` has them.
    fn is_name_list(&self) -> bool {
        *self.token() == Token::LParen
            && matches!(self.token_after(1), Token::Word(_))
            && matches!(self.token_after(2), Token::Comma | Token::RParen)
    }

    fn table_element(&mut self) -> Parsed<TableElement> {
        if self.eat("like") {
            let table = self.object_name()?;
            let including_defaults = self.eat_all(&["including", "defaults"]);
            if !including_defaults {
                self.eat_all(&["excluding", "defaults"]);
            }
            return Ok(TableElement::Like { table, including_defaults });
        }
        if self.starts_constraint() {
            return Ok(TableElement::Constraint(self.table_constraint()?));
        }
        Ok(TableElement::Column(Box::new(self.column_definition()?)))
    }
}

/// Names that start with `#` are temporary tables.
fn is_temporary(name: &ObjectName) -> bool {
    name.name().starts_with('#')
}
