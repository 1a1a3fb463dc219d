//! How the inputs of a join meet (page c_data_redistribution): which of them moves between nodes.

use datafusion::common::Column;

use super::{Cluster, distribution::Distribution};

/// What is moved for a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// Both sides lie together by the join's key.
    None,
    /// The inner table is on each node.
    AllNone,
    /// The inner table goes by the key of the outer.
    Inner,
    /// The outer table goes by the key of the inner.
    Outer,
    /// Both go by the join's key.
    Both,
    /// The inner table is copied to each node.
    Broadcast,
    /// The inner table goes to one slice, because the outer is on each node.
    AllInner,
}

impl Movement {
    /// Redshift's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Movement::None => "DS_DIST_NONE",
            Movement::AllNone => "DS_DIST_ALL_NONE",
            Movement::Inner => "DS_DIST_INNER",
            Movement::Outer => "DS_DIST_OUTER",
            Movement::Both => "DS_DIST_BOTH",
            Movement::Broadcast => "DS_BCAST_INNER",
            Movement::AllInner => "DS_DIST_ALL_INNER",
        }
    }
}

/// One input: where its rows lie, and how many they are.
pub struct Side<'s> {
    /// Where its rows lie.
    pub distribution: &'s Distribution,
    /// Estimated rows.
    pub rows: f64,
}

/// What moves, and where the result lies. `keys` are the pairs of columns that are equal, outer first.
/// `inner_may_miss`: rows of the inner side are kept without a partner, so copies of them would be kept
/// several times.
pub fn movement(
    outer: &Side<'_>,
    inner: &Side<'_>,
    keys: &[(Column, Column)],
    inner_may_miss: bool,
    cluster: Cluster,
) -> (Movement, Distribution) {
    let outer_key = keys.iter().find(|(column, _)| is_key(outer.distribution, column));
    let inner_key = keys.iter().find(|(_, column)| is_key(inner.distribution, column));
    let together =
        keys.iter().find(|(left, right)| is_key(outer.distribution, left) && is_key(inner.distribution, right));
    let by = |(left, right): &(Column, Column)| Distribution::Key(vec![left.clone(), right.clone()]);
    match (outer.distribution, inner.distribution) {
        (Distribution::All, Distribution::All) => return (Movement::AllNone, Distribution::All),
        (_, Distribution::All) if !inner_may_miss => return (Movement::AllNone, outer.distribution.clone()),
        (Distribution::All, _) => return (Movement::AllInner, Distribution::Even),
        _ => {}
    }
    if let Some(pair) = together {
        return (Movement::None, by(pair));
    }
    let broadcast = inner.rows * cluster.nodes as f64;
    match (keys.first(), outer_key, inner_key) {
        (None, _, _) => (Movement::Broadcast, outer.distribution.clone()),
        (_, _, _) if !inner_may_miss && broadcast < inner.rows.max(outer.rows) && outer_key.is_none() => {
            (Movement::Broadcast, outer.distribution.clone())
        }
        (_, Some(pair), _) => (Movement::Inner, by(pair)),
        (_, None, Some(pair)) => (Movement::Outer, by(pair)),
        (Some(pair), None, None) => (Movement::Both, by(pair)),
    }
}

/// Whether rows with one value of `column` lie on one slice.
pub fn is_key(distribution: &Distribution, column: &Column) -> bool {
    matches!(distribution, Distribution::Key(columns) if columns.contains(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Column {
        Column::from_qualified_name(name)
    }

    #[test]
    fn movement_follows_the_distribution() {
        let by = |name: &str| Distribution::Key(vec![column(name)]);
        let keys = [(column("a.x"), column("b.y"))];
        let cluster = Cluster { nodes: 2 };
        let cases = [
            (by("a.x"), 100.0, by("b.y"), 100.0, Movement::None),
            (by("a.x"), 100.0, by("b.z"), 100.0, Movement::Inner),
            (by("a.z"), 100.0, by("b.y"), 100.0, Movement::Outer),
            (Distribution::Even, 100.0, Distribution::Even, 100.0, Movement::Both),
            (Distribution::Even, 1000.0, Distribution::Even, 10.0, Movement::Broadcast),
            (Distribution::Even, 100.0, Distribution::All, 100.0, Movement::AllNone),
            (Distribution::All, 100.0, Distribution::Even, 100.0, Movement::AllInner),
        ];
        for (outer, outer_rows, inner, inner_rows, expected) in cases {
            let outer = Side { distribution: &outer, rows: outer_rows };
            let inner = Side { distribution: &inner, rows: inner_rows };
            assert_eq!(movement(&outer, &inner, &keys, false, cluster).0, expected);
        }
    }
}
