//! The graph of a project's nodes: edges, ancestors, cycles; and the selection of nodes by `--select`.

mod closure;
mod pattern;
mod selector;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    Error, Project, Result,
    project::{Node, NodeKind},
};

pub use closure::Closure;
pub use selector::select;

/// The graph over nodes and sources.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    parents: BTreeMap<String, BTreeSet<String>>,
    children: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// The graph of a project; a cycle is an error that names its nodes.
    pub fn new(project: &Project) -> Result<Graph> {
        let mut graph = Graph::default();
        for id in project.sources.keys() {
            graph.add_node(id);
        }
        for (id, node) in &project.nodes {
            graph.add_node(id);
            for parent in &node.depends_on {
                graph.add_edge(parent, id);
            }
        }
        graph.order()?;
        Ok(graph)
    }

    fn add_node(&mut self, id: &str) {
        self.parents.entry(id.to_owned()).or_default();
        self.children.entry(id.to_owned()).or_default();
    }

    /// Adds an edge and its ends.
    pub fn add_edge(&mut self, parent: &str, child: &str) {
        self.add_node(parent);
        self.add_node(child);
        self.parents.entry(child.to_owned()).or_default().insert(parent.to_owned());
        self.children.entry(parent.to_owned()).or_default().insert(child.to_owned());
    }

    /// All ids.
    pub fn ids(&self) -> impl Iterator<Item = &String> {
        self.parents.keys()
    }

    /// The direct parents of a node.
    pub fn parents(&self, id: &str) -> impl Iterator<Item = &String> {
        self.parents.get(id).into_iter().flatten()
    }

    /// The direct children of a node.
    pub fn children(&self, id: &str) -> impl Iterator<Item = &String> {
        self.children.get(id).into_iter().flatten()
    }

    /// The ancestors of nodes, up to `depth` edges away, the nodes themselves not included.
    pub fn ancestors(&self, ids: &BTreeSet<String>, depth: Option<usize>) -> BTreeSet<String> {
        reach(&self.parents, ids, depth)
    }

    /// The descendants of nodes, up to `depth` edges away, the nodes themselves not included.
    pub fn descendants(&self, ids: &BTreeSet<String>, depth: Option<usize>) -> BTreeSet<String> {
        reach(&self.children, ids, depth)
    }

    /// All ids, parents before children and otherwise by name; a cycle is an error.
    pub fn order(&self) -> Result<Vec<String>> {
        let mut missing: BTreeMap<&String, usize> =
            self.parents.iter().map(|(id, parents)| (id, parents.len())).collect();
        let mut ready: BTreeSet<&String> =
            missing.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
        let mut order = Vec::with_capacity(missing.len());
        while let Some(id) = ready.pop_first() {
            missing.remove(id);
            order.push(id.clone());
            for child in self.children(id) {
                if let Some(count) = missing.get_mut(child) {
                    *count -= 1;
                    if *count == 0 {
                        ready.insert(child);
                    }
                }
            }
        }
        if missing.is_empty() {
            return Ok(order);
        }
        let left: BTreeSet<&String> = missing.into_keys().collect();
        Err(Error::dependency(format!("Found a cycle: {}", self.cycle_in(&left).join(" --> "))))
    }

    /// One cycle among nodes that are known to hold one.
    fn cycle_in(&self, left: &BTreeSet<&String>) -> Vec<String> {
        let Some(mut at) = left.first().copied() else { return Vec::new() };
        let mut seen: Vec<&String> = Vec::new();
        while !seen.contains(&at) {
            seen.push(at);
            // Every node left over has a parent that is left over too.
            match self.parents(at).find(|parent| left.contains(parent)) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        let start = seen.iter().position(|id| *id == at).unwrap_or(0);
        let mut cycle: Vec<String> = seen[start..].iter().rev().map(|id| (*id).clone()).collect();
        if let Some(first) = cycle.iter().enumerate().min_by_key(|(_, id)| *id).map(|(index, _)| index) {
            cycle.rotate_left(first);
        }
        cycle.extend(cycle.first().cloned());
        cycle
    }

    /// Adds what `dbt build` needs: a node waits for the tests of what it reads.
    ///
    /// A test goes before a node when everything that the test reads is an ancestor of the node.
    pub fn add_test_edges(&mut self, project: &Project) -> Result<()> {
        let closure = Closure::new(self)?;
        let is_test = |node: &Node| node.kind == NodeKind::Test;
        let tests: Vec<&String> =
            project.nodes.values().filter(|node| is_test(node)).map(|node| &node.unique_id).collect();
        let mut edges = Vec::new();
        for id in project.nodes.values().filter(|node| !is_test(node)).map(|node| &node.unique_id) {
            for test in &tests {
                let mut reads = self.parents(test).peekable();
                if reads.peek().is_some() && reads.all(|read| closure.is_above(read, id)) {
                    edges.push(((*test).clone(), id.clone()));
                }
            }
        }
        for (test, id) in edges {
            self.add_edge(&test, &id);
        }
        Ok(())
    }
}

fn reach(
    edges: &BTreeMap<String, BTreeSet<String>>,
    from: &BTreeSet<String>,
    depth: Option<usize>,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut queue: VecDeque<(&String, usize)> = from.iter().map(|id| (id, 0)).collect();
    while let Some((id, distance)) = queue.pop_front() {
        if depth.is_some_and(|depth| distance >= depth) {
            continue;
        }
        for next in edges.get(id).into_iter().flatten() {
            if found.insert(next.clone()) {
                queue.push_back((next, distance + 1));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::default();
        for (parent, child) in edges {
            graph.add_edge(parent, child);
        }
        graph
    }

    fn set(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn reaches_by_depth() {
        let graph = graph(&[("a", "b"), ("b", "c"), ("c", "d")]);
        assert_eq!(graph.descendants(&set(&["a"]), Some(2)), set(&["b", "c"]));
        assert_eq!(graph.ancestors(&set(&["d"]), None), set(&["a", "b", "c"]));
    }

    #[test]
    fn names_a_cycle() {
        let error = graph(&[("x", "a"), ("a", "b"), ("b", "c"), ("c", "a")]).order().unwrap_err();
        assert_eq!(error.message, "Found a cycle: a --> b --> c --> a");
    }

    #[test]
    fn orders_parents_first() {
        assert_eq!(graph(&[("b", "a"), ("c", "a")]).order().unwrap(), ["b", "c", "a"]);
    }
}
