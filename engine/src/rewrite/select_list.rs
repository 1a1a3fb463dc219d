//! `SELECT a.*, b.* EXCLUDE c, d` (page r_EXCLUDE_list): the columns are left out of the whole select
//! list, whichever item they come from. A lone `*` with its EXCLUDE goes to the planner as it is.

use blueshift_sql::ast::sql::{Expr, Ident, Select, SelectItem, SelectItemQualifiedWildcardKind};

use super::{
    column_name::default_name,
    scope::{self, Scope},
    template,
};
use crate::error::{Error, Result};

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
