//! Privileges on what a query reads: USAGE on the schema, SELECT on the relation or on each column
//! of it that the query names ("GRANT" of the guide).

use std::collections::HashSet;

use datafusion::{
    common::{
        TableReference,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    logical_expr::{Expr, LogicalPlan},
};

use super::Binder;
use crate::{
    error::Result,
    security::{self, Access, Object, Privilege, denied, principal::OWNER_ID},
    storage::metadata::{Relation, ViewSnapshot},
};

/// A table of which a user may read some columns.
#[derive(Debug)]
pub(super) struct Restricted {
    /// How the query names it.
    name: TableReference,
    /// The columns that may be read.
    columns: Vec<String>,
}

impl Binder<'_> {
    /// Errors: 42501.
    pub(super) fn check_read(&self, name: &TableReference, relation: &Relation) -> Result<()> {
        let info = &self.context.session;
        let user = self.acting.as_deref().unwrap_or(&info.user);
        if user == info.owner {
            return Ok(());
        }
        let access = Access::of_user(&self.context.snapshot, &info.owner, user);
        if access.is_superuser() {
            return Ok(());
        }
        access.require_schema(relation.schema_id(), Privilege::Usage)?;
        if access.may(&Object::Relation(relation.id()), Privilege::Select) {
            return Ok(());
        }
        let columns = access.columns(relation, Privilege::Select);
        if columns.is_empty() {
            return Err(denied("relation", relation.name()));
        }
        self.restricted.borrow_mut().push(Restricted { name: name.clone(), columns });
        Ok(())
    }

    /// Errors: 42501 without USAGE on an external schema.
    pub(super) fn check_external(&self, name: &TableReference) -> Result<()> {
        let info = &self.context.session;
        let user = self.acting.as_deref().unwrap_or(&info.user);
        let schema = name.schema().unwrap_or_default();
        let access = Access::of_user(&self.context.snapshot, &info.owner, user);
        if access.may(&Object::ExternalSchema(schema.to_owned()), Privilege::Usage) {
            return Ok(());
        }
        Err(denied("schema", schema))
    }

    /// The user with whose privileges a view reads.
    pub(super) fn owner_of(&self, view: &ViewSnapshot) -> Result<Option<String>> {
        let owner = security::privilege::owner(&self.context.snapshot, &Object::Relation(view.id));
        if owner == OWNER_ID {
            return Ok(Some(self.context.session.owner.clone()));
        }
        security::user_name(self.context, owner).map(Some)
    }
}

/// Checks the columns that a plan takes from restricted tables.
pub(super) fn check_columns(plan: &LogicalPlan, restricted: &[Restricted]) -> Result<()> {
    if restricted.is_empty() {
        return Ok(());
    }
    // The names under which the tables go: their own, and aliases.
    let mut names: Vec<(TableReference, &Restricted)> =
        restricted.iter().map(|table| (table.name.clone(), table)).collect();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::SubqueryAlias(alias) = node
            && let LogicalPlan::TableScan(scan) = alias.input.as_ref()
            && let Some(table) = restricted.iter().find(|table| table.name == scan.table_name)
        {
            names.push((alias.alias.clone(), table));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                if let Expr::Column(column) | Expr::OuterReferenceColumn(_, column) = expr
                    && let Some(relation) = &column.relation
                {
                    let table = names.iter().find(|(name, _)| name == relation).map(|(_, table)| table);
                    if let Some(table) = table
                        && !table.columns.contains(&column.name)
                    {
                        return Err(denied("relation", table.name.table()).into());
                    }
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(())
}

/// The columns that a plan takes from the tables that `is_meant` picks by their names.
pub fn columns_read(plan: &LogicalPlan, is_meant: impl Fn(&TableReference) -> bool) -> Result<HashSet<String>> {
    let (mut names, mut found) = (vec![], HashSet::new());
    plan.apply_with_subqueries(|node| {
        match node {
            LogicalPlan::TableScan(scan) if is_meant(&scan.table_name) => names.push(scan.table_name.clone()),
            LogicalPlan::SubqueryAlias(alias) => {
                if let LogicalPlan::TableScan(scan) = alias.input.as_ref()
                    && is_meant(&scan.table_name)
                {
                    names.push(alias.alias.clone());
                }
            }
            _ => {}
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                if let Expr::Column(column) | Expr::OuterReferenceColumn(_, column) = expr
                    && column.relation.as_ref().is_some_and(|relation| names.contains(relation))
                {
                    found.insert(column.name.clone());
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(found)
}
