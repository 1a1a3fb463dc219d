//! Names of attributes as the statement writes them, put back into a tree that is stored as text (views).
//!
//! While `enable_case_sensitive_super_attribute` is on, `c.Items[0].Name` means what it says, but the lexer folds
//! names. A view's text must not depend on the session that reads it, so attributes with upper-case letters get
//! quotes there; stored text keeps the case of what is quoted.

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    Ident, Query, TableFactor,
    sql::{Expr, JsonPath, JsonPathElem, ObjectNamePart, Select, VisitMut, VisitorMut},
};

use super::{
    super_path::{SuperOptions, SuperPaths},
    unnest,
};
use crate::error::{Error, Result};

/// Puts the names of attributes back, if the session tells their case apart.
pub fn restore(query: &mut Query, options: &SuperOptions) -> Result<()> {
    if options.statement_text.is_none() {
        return Ok(());
    }
    match query.visit(&mut Restorer { paths: SuperPaths::new(options) }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Restorer<'o> {
    paths: SuperPaths<'o>,
}

impl Restorer<'_> {
    fn restore(&self, idents: &mut [Ident]) {
        for ident in idents {
            let written = self.paths.options.attribute_name(ident);
            if written != ident.value {
                ident.value = written;
                ident.quote_style = Some('"');
            }
        }
    }

    /// A path in FROM: the names after the column.
    fn restore_factor(&self, factor: &mut TableFactor) {
        let TableFactor::Table { name, json_path, args: None, .. } = factor else { return };
        if let Some(path) = json_path {
            quote_keys(path);
        }
        let mut idents: Vec<Ident> = name.0.iter().filter_map(ObjectNamePart::as_ident).cloned().collect();
        let Some((base, rest)) = self.paths.resolve(&idents) else { return };
        if base.len() + rest.len() < idents.len() || rest.is_empty() {
            return;
        }
        let first = idents.len() - rest.len();
        self.restore(&mut idents[first..]);
        name.0 = idents.into_iter().map(ObjectNamePart::Identifier).collect();
    }
}

/// Keys after a subscript have their case from the lexer; quotes keep it.
fn quote_keys(path: &mut JsonPath) {
    for element in &mut path.path {
        if let JsonPathElem::Dot { key, quoted } = element {
            *quoted |= key.bytes().any(|byte| byte.is_ascii_uppercase());
        }
    }
}

impl VisitorMut for Restorer<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        match &mut *query.body {
            blueshift_sql::ast::sql::SetExpr::Select(select) => self.pre_visit_select(select),
            _ => {
                self.paths.scopes.push(vec![]);
                ControlFlow::Continue(())
            }
        }
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Error> {
        self.paths.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        let mut copy = select.clone();
        match unnest::rewrite_from(&mut copy, &self.paths.scopes) {
            Ok(scope) => self.paths.scopes.push(scope),
            Err(error) => return ControlFlow::Break(error),
        }
        for item in &mut select.from {
            self.restore_factor(&mut item.relation);
            item.joins.iter_mut().for_each(|join| self.restore_factor(&mut join.relation));
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _select: &mut Select) -> ControlFlow<Error> {
        self.paths.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        match expr {
            Expr::CompoundIdentifier(parts) => {
                let first = match self.paths.resolve(parts) {
                    Some((_, rest)) => parts.len() - rest.len(),
                    None => 1,
                };
                self.restore(&mut parts[first..]);
            }
            Expr::JsonAccess { path, .. } => quote_keys(path),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
