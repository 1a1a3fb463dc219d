//! The search for an order of joins: all bushy trees of up to ten relations, without products where keys
//! connect; the pair with the fewest rows first for more, and to put together what nothing connects.

use super::graph::{Graph, Set, Tree, single};

/// Up to so many relations all orders are compared.
const EXHAUSTIVE_MAX: usize = 10;

#[derive(Debug, Clone)]
struct Plan {
    set: Set,
    rows: f64,
    cost: f64,
    tree: Tree,
}

/// The cheapest order found and its cost.
pub fn best(graph: &Graph) -> Option<(Tree, f64)> {
    let relations = graph.rows.len();
    let pieces = if relations <= EXHAUSTIVE_MAX {
        exhaustive(graph, relations)
    } else {
        let single =
            |index: usize| Plan { set: 1 << index, rows: graph.rows[index], cost: 0.0, tree: Tree::Relation(index) };
        (0..relations).map(single).collect()
    };
    let found = greedy(graph, pieces)?;
    Some((found.tree, found.cost))
}

/// The best plan of a set: its rows, its cost, and the two parts that are joined; one relation has none.
#[derive(Debug, Clone, Copy)]
struct Best {
    rows: f64,
    cost: f64,
    parts: Option<(Set, Set)>,
}

/// The best plan of each part that keys connect.
fn exhaustive(graph: &Graph, relations: usize) -> Vec<Plan> {
    let all: Set = (1 << relations) - 1;
    let mut best: Vec<Option<Best>> = vec![None; all as usize + 1];
    for index in 0..relations {
        best[1 << index] = Some(Best { rows: graph.rows[index], cost: 0.0, parts: None });
    }
    for set in 1..=all {
        if set.count_ones() < 2 {
            continue;
        }
        let mut found: Option<Best> = None;
        // The parts of the set; both orders of each pair come up.
        let mut left = (set - 1) & set;
        while left != 0 {
            let right = set & !left;
            if let (Some(l), Some(r)) = (&best[left as usize], &best[right as usize])
                && found.is_none_or(|found| l.cost + r.cost < found.cost)
                && graph.is_connected(left, right)
            {
                let rows = found.map_or_else(|| graph.joined_rows(left, l.rows, right, r.rows), |found| found.rows);
                let cost = l.cost + r.cost + graph.join_cost(left, l.rows, right, r.rows, rows);
                if found.is_none_or(|found| cost < found.cost) {
                    found = Some(Best { rows, cost, parts: Some((left, right)) });
                }
            }
            left = (left - 1) & set;
        }
        best[set as usize] = found;
    }
    // The largest parts: everything, or what is not connected with the rest.
    let mut sets: Vec<Set> = (1..=all).filter(|set| best[*set as usize].is_some()).collect();
    sets.sort_by_key(|set| std::cmp::Reverse(set.count_ones()));
    let mut taken: Set = 0;
    let mut pieces = vec![];
    for set in sets {
        if set & taken == 0 {
            taken |= set;
            pieces.extend(plan_of(graph, &best, set));
        }
    }
    pieces
}

fn plan_of(graph: &Graph, best: &[Option<Best>], set: Set) -> Option<Plan> {
    let Best { rows, cost, parts } = best[set as usize]?;
    let tree = match parts {
        None => Tree::Relation(single(set)?),
        Some((left, right)) => joined(graph, &plan_of(graph, best, left)?, &plan_of(graph, best, right)?),
    };
    Some(Plan { set, rows, cost, tree })
}

/// Joins the pair with the fewest rows until one is left; products only where no keys connect.
fn greedy(graph: &Graph, mut pieces: Vec<Plan>) -> Option<Plan> {
    while pieces.len() > 1 {
        let pairs = |connected: bool| {
            let mut found: Option<(usize, usize, f64)> = None;
            for (i, l) in pieces.iter().enumerate() {
                for (j, r) in pieces.iter().enumerate() {
                    let possible =
                        if connected { graph.is_connected(l.set, r.set) } else { graph.is_allowed(l.set, r.set) };
                    if i == j || !possible {
                        continue;
                    }
                    let rows = graph.joined_rows(l.set, l.rows, r.set, r.rows);
                    let measure = rows + graph.join_cost(l.set, l.rows, r.set, r.rows, rows) * 1e-3;
                    if found.is_none_or(|found| measure < found.2) {
                        found = Some((i, j, measure));
                    }
                }
            }
            found
        };
        let (i, j, _) = pairs(true).or_else(|| pairs(false))?;
        let (l, r) = (pieces[i].clone(), pieces[j].clone());
        let rows = graph.joined_rows(l.set, l.rows, r.set, r.rows);
        let cost = l.cost + r.cost + graph.join_cost(l.set, l.rows, r.set, r.rows, rows);
        pieces.swap_remove(i.max(j));
        pieces.swap_remove(i.min(j));
        pieces.push(Plan { set: l.set | r.set, rows, cost, tree: joined(graph, &l, &r) });
    }
    pieces.pop()
}

/// The smaller side on the left, where it becomes a hash table; what is looked into stays on the right.
fn joined(graph: &Graph, left: &Plan, right: &Plan) -> Tree {
    let swapped = left.rows > right.rows && graph.partner(right.set).is_none();
    let (left, right) = if swapped { (right, left) } else { (left, right) };
    Tree::join(left.tree.clone(), right.tree.clone())
}

#[cfg(test)]
mod tests {
    use super::{
        super::graph::{Condition, KeyClass, Partner},
        *,
    };

    /// Relations with rows; keys: pairs of relations, the number of different values on both sides.
    fn graph(rows: &[f64], keys: &[(usize, usize, f64, f64)]) -> Graph {
        let class = |(a, b, x, y): &(usize, usize, f64, f64)| KeyClass {
            set: (1 << a) | (1 << b),
            members: vec![(*a, Some(*x)), (*b, Some(*y))],
        };
        Graph {
            rows: rows.to_vec(),
            classes: keys.iter().map(class).collect(),
            conditions: vec![],
            partners: vec![None; rows.len()],
        }
    }

    fn order(tree: &Tree) -> String {
        match tree {
            Tree::Relation(index) => index.to_string(),
            Tree::Join(left, right) => format!("({} {})", order(left), order(right)),
        }
    }

    #[test]
    fn the_filtered_table_comes_first() {
        // Sales (0) with items (1) and stock (2), and a filtered calendar (3) of the sales.
        let graph = graph(
            &[1_400_000.0, 18_000.0, 11_700_000.0, 365.0],
            &[(0, 2, 18_000.0, 18_000.0), (0, 1, 18_000.0, 18_000.0), (0, 3, 1_800.0, 365.0)],
        );
        let (tree, cost) = best(&graph).unwrap();
        let written = Tree::join(
            Tree::join(Tree::join(Tree::Relation(0), Tree::Relation(2)), Tree::Relation(1)),
            Tree::Relation(3),
        );
        assert!(cost < graph.cost(&written) / 3.0, "{}", order(&tree));
        assert!((graph.cost(&tree) - cost).abs() < 1.0);
    }

    #[test]
    fn keys_connect_before_products_do() {
        let graph = graph(&[10.0, 10.0, 1000.0, 5.0], &[(0, 2, 10.0, 10.0), (1, 2, 10.0, 10.0)]);
        let (tree, _) = best(&graph).unwrap();
        assert_eq!(tree.set(), 0b1111);
        // Relation 3 is connected with nothing and comes last.
        assert!(matches!(&tree, Tree::Join(l, _) if **l == Tree::Relation(3)), "{}", order(&tree));
    }

    #[test]
    fn what_is_looked_into_waits_for_what_it_needs() {
        let mut graph = graph(&[1_000_000.0, 1_000_000.0, 50.0], &[(0, 1, 1e6, 1e6)]);
        graph.partners[2] = Some(Partner { needs: 0b01, share: 0.0001 });
        let (tree, _) = best(&graph).unwrap();
        assert_eq!(order(&tree), "((0 2) 1)");
    }

    #[test]
    fn many_relations_are_joined_all_the_same() {
        let rows: Vec<f64> = (0..30).map(|index| f64::from(index) * 10.0 + 10.0).collect();
        let keys: Vec<_> = (1..30).map(|index| (0, index, 10.0, 10.0)).collect();
        let mut graph = graph(&rows, &keys);
        graph.conditions.push(Condition { set: 0b111, share: 0.5, sides: None });
        let (tree, _) = best(&graph).unwrap();
        assert_eq!(tree.set(), (1 << 30) - 1);
    }
}
