//! Row-level security and masking policies.

use super::{Grammar, Parsed};
use crate::ast::{AttachPolicy, Expr, Policy, Statement};

impl Grammar<'_> {
    /// After `CREATE|ALTER {RLS|MASKING} POLICY`.
    pub(super) fn policy(&mut self, alter: bool, masking: bool) -> Parsed<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let (mut columns, mut alias) = (Vec::new(), None);
        if self.eat("with") {
            columns = self.parenthesized(|g| g.list(|g| Ok((g.any_ident()?, g.data_type()?))))?;
        }
        if self.eat("as") || !self.is("using") {
            alias = Some(self.ident()?);
        }
        self.expect("using")?;
        let using = self.paren_exprs()?;
        Ok(Statement::Policy(Policy { alter, masking, if_not_exists, name, columns, alias, using }))
    }

    /// `(expression, …)`.
    fn paren_exprs(&mut self) -> Parsed<Vec<Expr>> {
        self.parenthesized(|g| g.list(Self::expr))
    }

    /// `ATTACH …` or `DETACH …`.
    pub(super) fn attach_policy(&mut self) -> Parsed<Statement> {
        let detach = self.eat("detach");
        if !detach {
            self.expect("attach")?;
        }
        let masking = self.eat("masking");
        if !masking {
            self.expect("rls")?;
        }
        self.expect("policy")?;
        let name = self.object_name()?;
        self.expect("on")?;
        self.eat("table");
        let tables = self.object_names()?;
        let columns = if masking { self.paren_exprs()? } else { Vec::new() };
        let using = if self.eat("using") { self.paren_exprs()? } else { Vec::new() };
        self.expect(if detach { "from" } else { "to" })?;
        let grantees = self.list(Self::grantee)?;
        let priority = if self.eat("priority") { Some(self.signed()?) } else { None };
        Ok(Statement::AttachPolicy(AttachPolicy { detach, masking, name, tables, columns, using, grantees, priority }))
    }
}
