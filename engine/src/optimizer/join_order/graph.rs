//! What the search for an order works on: how many rows the relations have, and what connects them.

use super::super::estimate::equal_share;

/// A set of relations, by their positions.
pub type Set = u64;

/// More relations are not taken apart.
pub const RELATIONS_MAX: usize = 60;

/// The rows that a hash table holds cost more than those that look into it.
const BUILD_COST: f64 = 2.0;
/// Each pair of rows of a join without equal keys is looked at.
const PAIR_COST: f64 = 0.2;

/// Keys that are all equal to each other: at most one of each relation.
#[derive(Debug, Clone, Default)]
pub struct KeyClass {
    /// The relations.
    pub set: Set,
    /// The relation and its number of different values.
    pub members: Vec<(usize, Option<f64>)>,
}

/// Another condition.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The relations that it needs.
    pub set: Set,
    /// The share of rows that it leaves.
    pub share: f64,
    /// Its sides, if it is an equality of two that can be keys of a join.
    pub sides: Option<(Set, Set)>,
}

/// A relation that is only looked into: the right side of a semi or anti join.
#[derive(Debug, Clone, Copy)]
pub struct Partner {
    /// The relations that must be there before.
    pub needs: Set,
    /// The share of rows that stay.
    pub share: f64,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// Rows of each relation.
    pub rows: Vec<f64>,
    /// Classes of equal keys.
    pub classes: Vec<KeyClass>,
    /// Further conditions of two and more relations.
    pub conditions: Vec<Condition>,
    /// Relations that are only looked into.
    pub partners: Vec<Option<Partner>>,
}

/// An order of joins.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// One relation.
    Relation(usize),
    /// The left side is what a hash table is made of, except for semi joins.
    Join(Box<Tree>, Box<Tree>),
}

impl Tree {
    /// A join of two.
    pub fn join(left: Tree, right: Tree) -> Self {
        Tree::Join(Box::new(left), Box::new(right))
    }

    /// Its relations.
    pub fn set(&self) -> Set {
        match self {
            Tree::Relation(index) => 1 << index,
            Tree::Join(left, right) => left.set() | right.set(),
        }
    }
}

/// The relation of a set of one.
pub fn single(set: Set) -> Option<usize> {
    (set.count_ones() == 1).then(|| set.trailing_zeros() as usize)
}

impl Graph {
    /// The relation on the right of a semi join, where `right` is one.
    pub fn partner(&self, right: Set) -> Option<Partner> {
        self.partners.get(single(right)?).copied().flatten()
    }

    /// Whether two sets may be joined, and not as a product.
    pub fn is_connected(&self, left: Set, right: Set) -> bool {
        if self.partner(left).is_some() {
            return false;
        }
        if let Some(partner) = self.partner(right) {
            return partner.needs & !left == 0;
        }
        self.has_keys(left, right)
    }

    fn has_keys(&self, left: Set, right: Set) -> bool {
        self.classes.iter().any(|class| class.set & left != 0 && class.set & right != 0)
            || self.conditions.iter().any(|condition| splits(condition, left, right))
    }

    /// Whether two sets may be joined at all.
    pub fn is_allowed(&self, left: Set, right: Set) -> bool {
        self.partner(left).is_none() && self.partner(right).is_none_or(|partner| partner.needs & !left == 0)
    }

    /// The rows of the join of two sets.
    pub fn joined_rows(&self, left: Set, left_rows: f64, right: Set, right_rows: f64) -> f64 {
        if let Some(partner) = self.partner(right) {
            return (left_rows * partner.share).max(1.0);
        }
        let spanning = self.classes.iter().filter(|class| class.set & left != 0 && class.set & right != 0);
        let pairs: Vec<_> =
            spanning.map(|class| (distinct(class, left, left_rows), distinct(class, right, right_rows))).collect();
        let mut rows = left_rows * right_rows * equal_share(&pairs, left_rows, right_rows);
        let both = left | right;
        for condition in &self.conditions {
            let complete = condition.set & !both == 0;
            if complete && condition.set & !left != 0 && condition.set & !right != 0 {
                rows *= condition.share;
            }
        }
        rows.max(1.0)
    }

    /// What a join costs by itself.
    pub fn join_cost(&self, left: Set, left_rows: f64, right: Set, right_rows: f64, rows: f64) -> f64 {
        let (small, large) = (left_rows.min(right_rows), left_rows.max(right_rows));
        let pairs = match self.partner(right).is_some() || self.has_keys(left, right) {
            true => 0.0,
            false => PAIR_COST * left_rows * right_rows,
        };
        rows + BUILD_COST * small + large + pairs
    }

    /// What an order costs.
    pub fn cost(&self, tree: &Tree) -> f64 {
        self.rows_and_cost(tree).1
    }

    fn rows_and_cost(&self, tree: &Tree) -> (f64, f64) {
        match tree {
            Tree::Relation(index) => (self.rows[*index], 0.0),
            Tree::Join(left, right) => {
                let ((left_rows, left_cost), (right_rows, right_cost)) =
                    (self.rows_and_cost(left), self.rows_and_cost(right));
                let (l, r) = (left.set(), right.set());
                let rows = self.joined_rows(l, left_rows, r, right_rows);
                (rows, left_cost + right_cost + self.join_cost(l, left_rows, r, right_rows, rows))
            }
        }
    }
}

/// Whether a condition is an equality between the two sets.
pub fn splits(condition: &Condition, left: Set, right: Set) -> bool {
    let within = |part: Set, whole: Set| part & !whole == 0;
    condition.sides.is_some_and(|(a, b)| (within(a, left) && within(b, right)) || (within(a, right) && within(b, left)))
}

/// Different keys of a class in a set: the least of its members', as they are all equal.
fn distinct(class: &KeyClass, set: Set, rows: f64) -> Option<f64> {
    let within = class.members.iter().filter(|(relation, _)| set & (1 << relation) != 0);
    within.filter_map(|(_, distinct)| *distinct).reduce(f64::min).map(|distinct| distinct.min(rows))
}
