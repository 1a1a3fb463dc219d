//! Inner joins that lie together, and the semi joins among them, seen as relations and conditions.

use std::{collections::HashMap, sync::Arc};

use datafusion::{
    common::{Column, JoinType, NullEquality, TableReference, tree_node::TreeNode},
    logical_expr::{Expr, Join, LogicalPlan, utils::split_conjunction},
};

use super::{
    cluster::Relation,
    graph::{Set, Tree},
};

/// What joins are made of.
#[derive(Default)]
pub struct Parts {
    /// What is joined.
    pub relations: Vec<Relation>,
    /// Keys of joins.
    pub equal: Vec<(Expr, Expr)>,
    /// All other conditions.
    pub conditions: Vec<Expr>,
}

impl Parts {
    /// Takes a plan apart; the tree tells how it is joined.
    pub fn take_apart(&mut self, plan: &LogicalPlan) -> Option<Tree> {
        match plan {
            LogicalPlan::Join(join) if is_open(join) => {
                self.equal.extend(join.on.iter().cloned());
                self.conditions.extend(join.filter.iter().flat_map(split_conjunction).cloned());
                Some(Tree::join(self.take_apart(&join.left)?, self.take_apart(&join.right)?))
            }
            LogicalPlan::Join(join) if is_partner(join) => {
                let left = self.take_apart(&join.left)?;
                Some(Tree::join(left, self.relation(&join.right, Some((join.clone(), 0)))))
            }
            LogicalPlan::Projection(projection)
                if projection.expr.iter().all(|expr| matches!(expr, Expr::Column(_)))
                    && is_joined(&projection.input) =>
            {
                self.take_apart(&projection.input)
            }
            LogicalPlan::Filter(filter) if is_movable(&filter.predicate) && is_joined(&filter.input) => {
                self.conditions.extend(split_conjunction(&filter.predicate).into_iter().cloned());
                self.take_apart(&filter.input)
            }
            _ => Some(self.relation(&Arc::new(plan.clone()), None)),
        }
    }

    fn relation(&mut self, plan: &Arc<LogicalPlan>, partner: Option<(Join, Set)>) -> Tree {
        self.relations.push(Relation { plan: Arc::clone(plan), partner });
        Tree::Relation(self.relations.len() - 1)
    }
}

/// Whether a join may be taken apart.
pub fn is_open(join: &Join) -> bool {
    join.join_type == JoinType::Inner
        && join.null_equality == NullEquality::NullEqualsNothing
        && !join.null_aware
        && expressions(join).all(is_movable)
}

/// Whether a join only looks for partners, for rows that may go on before or after.
pub fn is_partner(join: &Join) -> bool {
    matches!(join.join_type, JoinType::LeftSemi | JoinType::LeftAnti) && expressions(join).all(is_movable)
}

fn expressions(join: &Join) -> impl Iterator<Item = &Expr> {
    join.on.iter().flat_map(|(left, right)| [left, right]).chain(&join.filter)
}

/// Whether an expression means the same wherever its columns are.
fn is_movable(expr: &Expr) -> bool {
    !expr.is_volatile() && !expr.contains_outer() && !expr.contains_scalar_subquery() && !has_subquery(expr)
}

fn has_subquery(expr: &Expr) -> bool {
    expr.exists(|e| Ok(matches!(e, Expr::Exists(_) | Expr::InSubquery(_) | Expr::SetComparison(_)))).unwrap_or(true)
}

/// Whether a plan is part of a cluster, seen through what lies between joins.
fn is_joined(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Join(join) => is_open(join) || is_partner(join),
        LogicalPlan::Projection(projection) => {
            projection.expr.iter().all(|expr| matches!(expr, Expr::Column(_))) && is_joined(&projection.input)
        }
        LogicalPlan::Filter(filter) => is_movable(&filter.predicate) && is_joined(&filter.input),
        _ => false,
    }
}

/// Which relation has a column.
pub type Owners = HashMap<(Option<TableReference>, String), usize>;

/// None when two relations have a column of one name.
pub fn owners(relations: &[Relation]) -> Option<Owners> {
    let mut owners = Owners::new();
    for (index, relation) in relations.iter().enumerate() {
        for (qualifier, field) in relation.plan.schema().iter() {
            if owners.insert((qualifier.cloned(), field.name().clone()), index).is_some() {
                return None;
            }
        }
    }
    Some(owners)
}

/// The relation of a column.
pub fn owner(owners: &Owners, column: &Column) -> Option<usize> {
    owners.get(&(column.relation.clone(), column.name.clone())).copied()
}

/// The relations of an expression's columns.
pub fn set_of(expr: &Expr, owners: &Owners) -> Option<Set> {
    let mut set = 0;
    for column in expr.column_refs() {
        set |= 1 << owner(owners, column)?;
    }
    Some(set)
}
