//! Lateral aliases: a select list and the WHERE and QUALIFY clauses may use the name of an expression
//! selected before (page r_SELECT_list). The expression is put in the name's place, as Redshift does;
//! a column of the FROM clause with that name has precedence.

use std::{collections::HashMap, ops::ControlFlow};

use blueshift_sql::{
    ast::{
        Query,
        sql::{Expr, Ident, JsonPath, JsonPathElem, Select, SelectItem, Visit, VisitMut, Visitor, VisitorMut},
    },
    limits::on_deep_stack,
};

use super::scope::{Scope, Source};
use crate::error::{Error, Result, SqlState};

/// Expressions put in place of aliases may have this many nodes in one SELECT: they can double with each use.
const NODES_MAX: usize = 50_000;

/// Aliases may be built on aliases this deep: each level makes the tree deeper.
const LEVELS_MAX: usize = 200;

/// Puts expressions in place of aliases. `select`'s expressions are rewritten already.
///
/// Errors: 54000 when the expressions become too large.
pub fn rewrite(select: &mut Select, scope: &mut Scope<'_>) -> Result<()> {
    let mut known: HashMap<String, Alias> = HashMap::new();
    let mut columns = Columns::Unknown;
    let mut budget = NODES_MAX;
    for item in &mut select.projection {
        let (expr, alias) = match item {
            SelectItem::ExprWithAlias { expr, alias } => (expr, Some(alias.value.clone())),
            SelectItem::UnnamedExpr(expr) => (expr, None),
            _ => continue,
        };
        let mut level = 0;
        if !known.is_empty() && uses_any(expr, &known) {
            columns.load(&select.from, scope)?;
            level = replace(expr, &known, &columns, &mut budget)?;
        }
        // The first of two equal names is meant.
        if let Some(alias) = alias.filter(|alias| !known.contains_key(alias) && !is_itself(expr, alias)) {
            let nodes = count(expr);
            known.insert(alias, Alias { expr: on_deep_stack(|| expr.clone()), nodes, level });
        }
    }
    for condition in select.selection.iter_mut().chain(select.qualify.iter_mut()) {
        if !known.is_empty() && uses_any(condition, &known) {
            columns.load(&select.from, scope)?;
            replace(condition, &known, &columns, &mut budget)?;
        }
    }
    Ok(())
}

struct Alias {
    expr: Expr,
    nodes: usize,
    /// How many aliases it is built on, one upon the other.
    level: usize,
}

/// The columns of FROM, looked up when an alias is used.
enum Columns {
    Unknown,
    Known(Vec<Source>),
}

impl Columns {
    fn load(&mut self, from: &[blueshift_sql::ast::TableWithJoins], scope: &mut Scope<'_>) -> Result<()> {
        if let Columns::Unknown = self {
            *self = Columns::Known(scope.sources(from)?);
        }
        Ok(())
    }

    fn contain(&self, name: &str) -> bool {
        let Columns::Known(sources) = self else { return false };
        sources.iter().any(|source| source.columns.iter().flatten().any(|column| column == name))
    }
}

impl Columns {
    fn have_relation(&self, name: &str) -> bool {
        let Columns::Known(sources) = self else { return false };
        sources.iter().any(|source| source.name.as_deref() == Some(name))
    }
}

fn is_itself(expr: &Expr, alias: &str) -> bool {
    matches!(expr, Expr::Identifier(ident) if ident.value == alias)
}

fn count(expr: &Expr) -> usize {
    struct Counter(usize);
    impl Visitor for Counter {
        type Break = ();

        fn pre_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
            self.0 += 1;
            ControlFlow::Continue(())
        }
    }
    let mut counter = Counter(0);
    let _ = expr.visit(&mut counter);
    counter.0
}

/// Whether an identifier outside of subqueries is the name of an alias.
fn uses_any(expr: &Expr, known: &HashMap<String, Alias>) -> bool {
    struct Finder<'k>(&'k HashMap<String, Alias>, usize);
    impl Visitor for Finder<'_> {
        type Break = ();

        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.1 += 1;
            ControlFlow::Continue(())
        }

        fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.1 -= 1;
            ControlFlow::Continue(())
        }

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(Ident { value, .. }) if self.1 == 0 && self.0.contains_key(value) => {
                    ControlFlow::Break(())
                }
                Expr::CompoundIdentifier(parts) if self.1 == 0 && self.0.contains_key(&parts[0].value) => {
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            }
        }
    }
    expr.visit(&mut Finder(known, 0)).is_break()
}

/// Replaces what `expr` uses, and tells how many levels of aliases it stands on then.
fn replace(expr: &mut Expr, known: &HashMap<String, Alias>, columns: &Columns, budget: &mut usize) -> Result<usize> {
    let mut replacer = Replacer { known, columns, budget, depth: 0, level: 0 };
    match expr.visit(&mut replacer) {
        ControlFlow::Continue(()) => Ok(replacer.level),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Replacer<'a> {
    known: &'a HashMap<String, Alias>,
    columns: &'a Columns,
    budget: &'a mut usize,
    depth: usize,
    level: usize,
}

impl VisitorMut for Replacer<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    /// After the children, so that what was put in is not visited again.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        // A path into a SUPER value may start at an alias: `alias.attribute`.
        let (ident, attributes) = match &*expr {
            Expr::Identifier(ident) => (ident, &[][..]),
            Expr::CompoundIdentifier(parts) if !self.columns.have_relation(&parts[0].value) => (&parts[0], &parts[1..]),
            _ => return ControlFlow::Continue(()),
        };
        if self.depth > 0 || self.columns.contain(&ident.value) {
            return ControlFlow::Continue(());
        }
        let Some(alias) = self.known.get(&ident.value) else { return ControlFlow::Continue(()) };
        self.level = self.level.max(alias.level + 1);
        match self.budget.checked_sub(alias.nodes) {
            Some(left) if self.level <= LEVELS_MAX => *self.budget = left,
            _ => {
                return ControlFlow::Break(
                    Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "expressions behind lateral aliases are too large")
                        .with_hint("Compute them in a subquery or a common table expression."),
                );
            }
        }
        let inlined = on_deep_stack(|| alias.expr.clone());
        let inlined = if is_simple(&inlined) { inlined } else { Expr::Nested(Box::new(inlined)) };
        let dot = |ident: &Ident| JsonPathElem::Dot { key: ident.value.clone(), quoted: ident.quote_style.is_some() };
        let path = JsonPath { path: attributes.iter().map(dot).collect() };
        *expr = if path.path.is_empty() { inlined } else { Expr::JsonAccess { value: Box::new(inlined), path } };
        ControlFlow::Continue(())
    }
}

fn is_simple(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_) | Expr::Function(_) | Expr::Nested(_)
    )
}
