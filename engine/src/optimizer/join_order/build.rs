//! The joins put together in the order found.

use std::sync::Arc;

use datafusion::{
    common::{DFSchemaRef, JoinType, NullEquality, Result},
    logical_expr::{Filter, Join, JoinConstraint, LogicalPlan, Projection, utils::conjunction},
};

use super::{
    cluster::Cluster,
    graph::{Set, Tree},
};

/// The plan of an order, with the columns of `schema`.
///
/// Errors: names that cannot stand beside each other.
pub fn plan(cluster: &Cluster, order: &Tree, schema: &DFSchemaRef) -> Result<LogicalPlan> {
    let mut plan = join(cluster, order)?;
    let constant = cluster.conditions.iter().filter(|condition| condition.set == 0);
    if let Some(constant) = conjunction(constant.map(|condition| condition.expr.clone())) {
        plan = Arc::new(LogicalPlan::Filter(Filter::try_new(constant, plan)?));
    }
    if plan.schema() != schema {
        plan = Arc::new(LogicalPlan::Projection(Projection::new_from_schema(plan, Arc::clone(schema))));
    }
    Ok(Arc::unwrap_or_clone(plan))
}

fn join(cluster: &Cluster, order: &Tree) -> Result<Arc<LogicalPlan>> {
    let (left, right) = match order {
        Tree::Relation(index) => return Ok(Arc::clone(&cluster.relations[*index].plan)),
        Tree::Join(left, right) => (left.as_ref(), right.as_ref()),
    };
    let inputs = (join(cluster, left)?, join(cluster, right)?);
    if let Tree::Relation(index) = right
        && let Some((partner, _)) = &cluster.relations[*index].partner
    {
        let joined = Join::try_new(
            inputs.0,
            inputs.1,
            partner.on.clone(),
            partner.filter.clone(),
            partner.join_type,
            partner.join_constraint,
            partner.null_equality,
            partner.null_aware,
        )?;
        return Ok(Arc::new(LogicalPlan::Join(joined)));
    }
    let (l, r) = (left.set(), right.set());
    let mut keys = vec![];
    for members in &cluster.classes {
        let of = |set: Set| members.iter().find(|(index, _)| set & (1 << index) != 0);
        if let (Some((_, left)), Some((_, right))) = (of(l), of(r)) {
            keys.push((left.clone(), right.clone()));
        }
    }
    let within = |part: Set, whole: Set| part & !whole == 0;
    let mut conditions = vec![];
    for condition in &cluster.conditions {
        let first_time = within(condition.set, l | r) && !within(condition.set, l) && !within(condition.set, r);
        if !first_time {
            continue;
        }
        match &condition.sides {
            Some([a, b]) if within(a.1, l) && within(b.1, r) => keys.push((a.0.clone(), b.0.clone())),
            Some([a, b]) if within(a.1, r) && within(b.1, l) => keys.push((b.0.clone(), a.0.clone())),
            _ => conditions.push(condition.expr.clone()),
        }
    }
    let joined = Join::try_new(
        inputs.0,
        inputs.1,
        keys,
        conjunction(conditions),
        JoinType::Inner,
        JoinConstraint::On,
        NullEquality::NullEqualsNothing,
        false,
    )?;
    Ok(Arc::new(LogicalPlan::Join(joined)))
}
