//! `SELECT *, a + 1 AS b` over a relation that has a column `b`: a result may have a name twice, which the planner does
//! not take. The wildcards of such a list are written out, so that its later columns can be told from earlier ones.

use std::collections::HashSet;

use blueshift_sql::ast::sql::{
    JoinConstraint, ObjectName, Select, SelectItem, SelectItemQualifiedWildcardKind, WildcardAdditionalOptions,
};

use super::{
    column_name::default_name,
    scope::{self, Scope, Source},
    template,
};
use crate::error::Result;

/// Writes wildcards out where a column of theirs has the name of another item.
pub fn separate(select: &mut Select, scope: &mut Scope<'_>) -> Result<()> {
    let others: HashSet<String> = select.projection.iter().filter_map(own_name).collect();
    if others.is_empty() || !select.projection.iter().any(is_wildcard) || merges_columns(select) {
        return Ok(());
    }
    let sources = scope.sources(&select.from)?;
    let all = scope.wildcard(&select.from)?;
    let mut items = vec![];
    let mut collides = false;
    for item in &select.projection {
        // What cannot be told stays as it is.
        let Some(columns) = columns_of(item, &sources, all.as_deref()) else {
            items.push(item.clone());
            continue;
        };
        for (qualifier, column) in columns {
            collides |= others.contains(&column);
            items.push(SelectItem::UnnamedExpr(match qualifier {
                Some(qualifier) => template::qualified(&qualifier, &column),
                None => template::column(&column),
            }));
        }
    }
    if collides {
        select.projection = items;
    }
    Ok(())
}

fn is_wildcard(item: &SelectItem) -> bool {
    matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
}

/// The name of an item that is no wildcard.
fn own_name(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::UnnamedExpr(expr) => Some(default_name(expr)),
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        _ => None,
    }
}

/// Whether columns of joined relations become one (USING, NATURAL): those have no qualifier.
fn merges_columns(select: &Select) -> bool {
    let joins = select.from.iter().flat_map(|table| &table.joins);
    joins
        .filter_map(|join| scope::constraint(&join.join_operator))
        .any(|constraint| matches!(constraint, JoinConstraint::Using(_) | JoinConstraint::Natural))
}

/// The columns of a wildcard with what qualifies them.
fn columns_of(
    item: &SelectItem,
    sources: &[Source],
    all: Option<&[(usize, String)]>,
) -> Option<Vec<(Option<String>, String)>> {
    match item {
        SelectItem::Wildcard(options) if is_plain(options) => {
            all?.iter().map(|(source, column)| Some((sources.get(*source)?.name.clone(), column.clone()))).collect()
        }
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options)
            if is_plain(options) =>
        {
            of_source(name, sources)
        }
        _ => None,
    }
}

fn of_source(name: &ObjectName, sources: &[Source]) -> Option<Vec<(Option<String>, String)>> {
    let source = scope::qualified(sources, name)?;
    Some(source.columns.as_ref()?.iter().map(|column| (source.name.clone(), column.clone())).collect())
}

fn is_plain(options: &WildcardAdditionalOptions) -> bool {
    options.opt_exclude.is_none()
        && options.opt_except.is_none()
        && options.opt_replace.is_none()
        && options.opt_rename.is_none()
}
