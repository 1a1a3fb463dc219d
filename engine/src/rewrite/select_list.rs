//! `SELECT a.*, b.* EXCLUDE c, d` (page r_EXCLUDE_list): the columns are left out of the whole select
//! list, whichever item they come from. A lone `*` with its EXCLUDE goes to the planner as it is.
//!
//! And the pseudo columns of external tables (page c-spectrum-external-tables): they are there for a query
//! that names them, but not in `*`.

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    Query,
    sql::{Expr, Ident, Select, SelectItem, SelectItemQualifiedWildcardKind, Visit, Visitor},
};

use super::{
    column_name::default_name,
    scope::{self, Scope, Source},
    template,
};
use crate::{
    error::{Error, Result},
    lake::external_table::PSEUDO_COLUMNS,
};

/// Whether a query names a pseudo column of external tables.
pub fn names_pseudo_columns(query: &Query) -> bool {
    struct Finder;
    impl Visitor for Finder {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            let name = match expr {
                Expr::Identifier(ident) => Some(ident),
                Expr::CompoundIdentifier(parts) => parts.last(),
                _ => None,
            };
            match name {
                Some(name) if PSEUDO_COLUMNS.contains(&name.value.as_str()) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
    }
    query.visit(&mut Finder).is_break()
}

/// Writes `*` out without pseudo columns, where a relation has them.
///
/// Errors: 0A000 when the columns of a relation beside them are not known.
pub fn hide_pseudo_columns(select: &mut Select, scope: &mut Scope<'_>) -> Result<()> {
    let wild = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
    let sources = scope.sources(&select.from)?;
    let pseudo = |column: &str| PSEUDO_COLUMNS.contains(&column);
    let shown = sources.iter().any(|source| source.columns.iter().flatten().any(|column| pseudo(column)));
    if !shown || !select.projection.iter().any(wild) {
        return Ok(());
    }
    let mut items = vec![];
    for item in std::mem::take(&mut select.projection) {
        match item {
            SelectItem::Wildcard(options) => {
                let Some(all) = scope.wildcard(&select.from)? else { return Err(unknown()) };
                let excluded = options.opt_exclude.as_ref().map(scope::excluded_names).unwrap_or_default();
                for (source, column) in all.into_iter().filter(|(_, column)| !pseudo(column)) {
                    if !excluded.contains(&column) {
                        items.push(SelectItem::UnnamedExpr(match &sources[source].name {
                            Some(qualifier) => template::qualified(qualifier, &column),
                            None => template::column(&column),
                        }));
                    }
                }
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                match scope::qualified(&sources, &name) {
                    Some(Source { name: Some(qualifier), columns: Some(columns) }) => {
                        let kept = columns.iter().filter(|column| !pseudo(column));
                        items
                            .extend(kept.map(|column| SelectItem::UnnamedExpr(template::qualified(qualifier, column))));
                    }
                    _ => items.push(SelectItem::QualifiedWildcard(
                        SelectItemQualifiedWildcardKind::ObjectName(name),
                        options,
                    )),
                }
            }
            item => items.push(item),
        }
    }
    select.projection = items;
    Ok(())
}

/// Writes the select list out without the excluded columns.
///
/// Errors: 42703 for a name that the list does not have, 42601 when nothing is left.
pub fn rewrite(select: &mut Select, scope: &mut Scope<'_>) -> Result<()> {
    let Some(exclude) = select.exclude.take() else { return Ok(()) };
    let excluded = scope::excluded_names(&exclude);
    let sources = scope.sources(&select.from)?;
    let mut named: Vec<(String, SelectItem)> = vec![];
    for item in std::mem::take(&mut select.projection) {
        match item {
            SelectItem::Wildcard(_) => {
                let Some(all) = scope.wildcard(&select.from)? else { return Err(unknown()) };
                for (source, column) in all {
                    let expr = match &sources[source].name {
                        Some(qualifier) => template::qualified(qualifier, &column),
                        None => template::column(&column),
                    };
                    named.push((column, SelectItem::UnnamedExpr(expr)));
                }
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let Some(source) = scope::qualified(&sources, &name) else {
                    return Err(Error::undefined_table(name.to_string()));
                };
                let Some(columns) = &source.columns else { return Err(unknown()) };
                for column in columns {
                    let mut parts: Vec<Ident> = name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
                    parts.push(template::quoted(column));
                    named.push((column.clone(), SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts))));
                }
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                named.push((alias.value.clone(), SelectItem::ExprWithAlias { expr, alias }));
            }
            SelectItem::UnnamedExpr(expr) => named.push((default_name(&expr), SelectItem::UnnamedExpr(expr))),
            item => named.push((String::new(), item)),
        }
    }
    for name in &excluded {
        if !named.iter().any(|(column, _)| column == name) {
            return Err(Error::undefined_column(name));
        }
    }
    select.projection =
        named.into_iter().filter(|(column, _)| !excluded.contains(column)).map(|(_, item)| item).collect();
    match select.projection.is_empty() {
        true => Err(Error::syntax("EXCLUDE leaves no column")),
        false => Ok(()),
    }
}

fn unknown() -> Error {
    Error::not_supported("EXCLUDE over a relation whose columns are not known")
}
