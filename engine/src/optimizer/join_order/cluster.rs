//! Inner joins that lie together, taken apart into relations and conditions.

use std::sync::Arc;

use datafusion::{
    common::{DFSchema, JoinType},
    logical_expr::{BinaryExpr, Expr, ExprSchemable, Filter, Join, LogicalPlan, Operator, utils::can_hash},
};

use super::{
    super::estimate::{self, Estimate},
    graph::{self, Graph, KeyClass, Partner, RELATIONS_MAX, Set, Tree},
    parts::{Owners, Parts, is_open, is_partner, owner, owners, set_of},
};

/// What is joined as a whole.
pub struct Relation {
    /// Its plan, with the conditions that are about it alone.
    pub plan: Arc<LogicalPlan>,
    /// It is the right side of this semi or anti join, which needs these relations.
    pub partner: Option<(Join, Set)>,
}

/// An equality or another condition of several relations.
pub struct Condition {
    /// The relations that it needs.
    pub set: Set,
    /// What it says.
    pub expr: Expr,
    /// Its sides, if they can be keys of a join: with the relations of each.
    pub sides: Option<[(Expr, Set); 2]>,
}

/// Relations and conditions.
pub struct Cluster {
    /// What is joined.
    pub relations: Vec<Relation>,
    /// Keys that are equal to each other, each of another relation.
    pub classes: Vec<Vec<(usize, Expr)>>,
    /// All other conditions, also constant ones (of no relation).
    pub conditions: Vec<Condition>,
    /// The joins as they are.
    pub written: Tree,
}

impl Cluster {
    /// The joins below and including this one; None when there is nothing to choose, or columns could be
    /// confused.
    pub fn of(plan: &LogicalPlan) -> Option<Self> {
        if !matches!(plan, LogicalPlan::Join(join) if is_open(join) || is_partner(join)) {
            return None;
        }
        let mut parts = Parts::default();
        let written = parts.take_apart(plan)?;
        if parts.relations.len() < 3 || parts.relations.len() > RELATIONS_MAX {
            return None;
        }
        Cluster::from_parts(parts, written)
    }

    /// What the search needs to know; None when the rows of a relation are not known.
    pub fn graph(&self) -> Option<Graph> {
        let mut estimates: Vec<Option<Estimate>> = vec![];
        for relation in &self.relations {
            let found = estimate::estimate(&relation.plan);
            if found.is_none() && relation.partner.is_none() {
                return None;
            }
            estimates.push(found);
        }
        let keys = |index: usize, expr: &Expr| {
            let schema = self.relations[index].plan.schema();
            estimates[index].as_ref().and_then(|known| known.of_expr(expr, schema).distinct)
        };
        let classes = self.classes.iter().map(|members| KeyClass {
            set: members.iter().fold(0, |set, (index, _)| set | (1 << index)),
            members: members.iter().map(|(index, expr)| (*index, keys(*index, expr))).collect(),
        });
        let all = if self.conditions.is_empty() { None } else { self.combined(&estimates) };
        let share = |expr: &Expr| all.as_ref().map_or(1.0, |(all, schema)| estimate::share_of(expr, all, schema));
        let conditions = self.conditions.iter().map(|condition| graph::Condition {
            set: condition.set,
            share: share(&condition.expr),
            sides: condition.sides.as_ref().map(|[left, right]| (left.1, right.1)),
        });
        let partner = |(index, relation): (usize, &Relation)| {
            let (join, needs) = relation.partner.as_ref()?;
            let share = match (graph::single(*needs).and_then(|left| estimates[left].as_ref()), &estimates[index]) {
                (Some(left), Some(right)) => {
                    // The keys belong to the one relation that is needed.
                    let schema = self.relations[graph::single(*needs)?].plan.schema();
                    estimate::partner_share(join, left, schema, right)
                }
                _ => estimate::PARTNER_SHARE,
            };
            let share = match join.join_type {
                JoinType::LeftAnti => (1.0 - share).max(estimate::ANTI_SHARE_MIN),
                _ => share,
            };
            Some(Partner { needs: *needs, share })
        };
        Some(Graph {
            rows: estimates.iter().map(|found| found.as_ref().map_or(1.0, |found| found.rows)).collect(),
            classes: classes.collect(),
            conditions: conditions.collect(),
            partners: self.relations.iter().enumerate().map(partner).collect(),
        })
    }

    /// All columns beside each other, for conditions of several relations.
    fn combined(&self, estimates: &[Option<Estimate>]) -> Option<(Estimate, DFSchema)> {
        let mut columns = vec![];
        let mut schema = DFSchema::empty();
        let mut rows = 1.0;
        for (relation, found) in self.relations.iter().zip(estimates) {
            if relation.partner.is_some() {
                continue;
            }
            let found = found.as_ref()?;
            schema = schema.join(relation.plan.schema()).ok()?;
            columns.extend(found.columns.iter().cloned());
            rows = found.rows.max(rows);
        }
        Some((Estimate { rows, columns }, schema))
    }
}

impl Cluster {
    fn from_parts(mut parts: Parts, written: Tree) -> Option<Self> {
        let owners = owners(&parts.relations)?;
        for relation in &mut parts.relations {
            if let Some((join, needs)) = &mut relation.partner {
                let left = join.on.iter().map(|(left, _)| left).chain(&join.filter);
                let mut set: Set = 0;
                for expr in left {
                    for column in expr.column_refs() {
                        // The filter's own columns of the right side are not needed from elsewhere.
                        if !join.right.schema().is_column_from_schema(column) {
                            set |= 1 << owner(&owners, column)?;
                        }
                    }
                }
                *needs = set;
            }
        }
        let partners: Set = (0..parts.relations.len())
            .filter(|index| parts.relations[*index].partner.is_some())
            .fold(0, |set, index| set | (1 << index));
        let mut cluster = Cluster { relations: parts.relations, classes: vec![], conditions: vec![], written };
        for (left, right) in parts.equal {
            cluster.add_equal(left, right, &owners)?;
        }
        for condition in parts.conditions {
            match condition {
                Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
                    cluster.add_equal(*left, *right, &owners)?;
                }
                other => cluster.add_condition(other, None, &owners)?,
            }
        }
        cluster.settle_classes()?;
        let uses_partner = |set: Set| set & partners != 0;
        let confused = cluster.conditions.iter().any(|condition| uses_partner(condition.set))
            || cluster.classes.iter().flatten().any(|(index, _)| uses_partner(1 << index));
        (!confused).then_some(cluster)
    }

    /// An equality: keys of two relations where it can be, a condition otherwise.
    fn add_equal(&mut self, left: Expr, right: Expr, owners: &Owners) -> Option<()> {
        let (l, r) = (set_of(&left, owners)?, set_of(&right, owners)?);
        let equality = || left.clone().eq(right.clone());
        if l == 0 || r == 0 || l & r != 0 || !are_keys(&self.type_schema(l | r)?, &left, &right) {
            return self.add_condition(equality(), None, owners);
        }
        let (Some(a), Some(b)) = (graph::single(l), graph::single(r)) else {
            let sides = [(left.clone(), l), (right.clone(), r)];
            return self.add_condition(equality(), Some(sides), owners);
        };
        let (left, right) = ((a, left), (b, right));
        let mut class = vec![];
        // The classes of both sides become one.
        let (joined, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.classes)
            .into_iter()
            .partition(|members| members.contains(&left) || members.contains(&right));
        for member in joined.into_iter().flatten().chain([left, right]) {
            if !class.contains(&member) {
                class.push(member);
            }
        }
        self.classes = others;
        self.classes.push(class);
        Some(())
    }

    fn add_condition(&mut self, expr: Expr, sides: Option<[(Expr, Set); 2]>, owners: &Owners) -> Option<()> {
        let set = set_of(&expr, owners)?;
        match graph::single(set) {
            Some(index) => self.filter(index, expr),
            None => {
                self.conditions.push(Condition { set, expr, sides });
                Some(())
            }
        }
    }

    fn filter(&mut self, index: usize, condition: Expr) -> Option<()> {
        let relation = &mut self.relations[index];
        let filter = Filter::try_new(condition, Arc::clone(&relation.plan)).ok()?;
        relation.plan = Arc::new(LogicalPlan::Filter(filter));
        Some(())
    }

    /// One member of each relation: others of it are equal to that one.
    fn settle_classes(&mut self) -> Option<()> {
        let classes = std::mem::take(&mut self.classes);
        for members in classes {
            let mut kept: Vec<(usize, Expr)> = vec![];
            for (index, expr) in members {
                match kept.iter().find(|(other, _)| *other == index) {
                    Some((_, first)) => {
                        let condition = first.clone().eq(expr);
                        self.filter(index, condition)?;
                    }
                    None => kept.push((index, expr)),
                }
            }
            self.classes.push(kept);
        }
        Some(())
    }

    /// The columns of some relations, to tell types.
    fn type_schema(&self, set: Set) -> Option<DFSchema> {
        let mut schema = DFSchema::empty();
        for (index, relation) in self.relations.iter().enumerate() {
            if set & (1 << index) != 0 {
                schema = schema.join(relation.plan.schema()).ok()?;
            }
        }
        Some(schema)
    }
}

/// Whether a join can use two expressions as keys.
fn are_keys(schema: &DFSchema, left: &Expr, right: &Expr) -> bool {
    match (left.get_type(schema), right.get_type(schema)) {
        (Ok(left), Ok(right)) => left == right && can_hash(&left),
        _ => false,
    }
}
