//! Which node may start: its parents in the selection are done, and none of them failed.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    Result,
    graph::{Closure, Graph},
};

/// The state of a run.
#[derive(Debug)]
pub struct Schedule {
    /// Ready to start, in the order of the graph.
    ready: VecDeque<String>,
    /// How many parents each waiting node still waits for.
    missing: BTreeMap<String, usize>,
    /// The selected descendants that wait for a node.
    waiting: BTreeMap<String, Vec<String>>,
    /// Nodes to skip, and because of whom.
    skipped: BTreeMap<String, String>,
    /// The order of the graph.
    position: BTreeMap<String, usize>,
    /// How many nodes there are.
    pub total: usize,
    /// How many were started or skipped.
    pub started: usize,
    /// How many are done.
    pub finished: usize,
    /// Nothing more is to be started.
    pub stopped: Option<String>,
}

/// What a worker is to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Run a node; its number in the order of starting.
    Run(String, usize),
    /// Report a node as skipped; its number and the reason.
    Skip(String, usize, String),
    /// Wait for others.
    Wait,
    /// Everything is done.
    Done,
}

impl Schedule {
    /// A schedule of nodes given in the order of the graph. Nodes left out still count as links: a
    /// selected node waits for its selected ancestors behind them.
    pub fn new(graph: &Graph, nodes: &[String]) -> Result<Self> {
        let closure = Closure::new(graph)?;
        let mut missing = BTreeMap::new();
        let mut waiting: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut ready = VecDeque::new();
        for id in nodes {
            let parents: Vec<&String> = nodes.iter().filter(|other| closure.is_above(other, id)).collect();
            if parents.is_empty() {
                ready.push_back(id.clone());
            }
            missing.insert(id.clone(), parents.len());
            for parent in parents {
                waiting.entry(parent.clone()).or_default().push(id.clone());
            }
        }
        let position = nodes.iter().enumerate().map(|(index, id)| (id.clone(), index)).collect();
        Ok(Schedule {
            ready,
            missing,
            waiting,
            skipped: BTreeMap::new(),
            position,
            total: nodes.len(),
            started: 0,
            finished: 0,
            stopped: None,
        })
    }

    /// Takes the next node.
    pub fn next(&mut self) -> Next {
        if self.finished == self.total {
            return Next::Done;
        }
        let Some(id) = self.ready.pop_front() else { return Next::Wait };
        self.started += 1;
        match self.stopped.clone().or_else(|| self.skipped.get(&id).cloned()) {
            Some(reason) => Next::Skip(id, self.started, reason),
            None => Next::Run(id, self.started),
        }
    }

    /// Notes that a node is done; `failed` makes its descendants be skipped for that reason.
    pub fn finish(&mut self, id: &str, failed: Option<String>) {
        self.finished += 1;
        for child in self.waiting.remove(id).unwrap_or_default() {
            if let Some(reason) = &failed {
                self.skipped.entry(child.clone()).or_insert_with(|| reason.clone());
            }
            if let Some(count) = self.missing.get_mut(&child) {
                *count -= 1;
                if *count == 0 {
                    let position = self.position.get(&child).copied().unwrap_or(0);
                    let place =
                        self.ready.iter().position(|other| self.position.get(other).is_some_and(|at| *at > position));
                    self.ready.insert(place.unwrap_or(self.ready.len()), child);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skips_behind_a_failure_and_goes_on_elsewhere() {
        let mut graph = Graph::default();
        // b is not selected, c still waits for a.
        for (parent, child) in [("a", "b"), ("b", "c"), ("x", "y")] {
            graph.add_edge(parent, child);
        }
        let nodes = ["a", "x", "c", "y"].map(str::to_owned);
        let mut schedule = Schedule::new(&graph, &nodes).unwrap();
        assert_eq!(schedule.next(), Next::Run("a".to_owned(), 1));
        assert_eq!(schedule.next(), Next::Run("x".to_owned(), 2));
        assert_eq!(schedule.next(), Next::Wait);
        schedule.finish("x", None);
        assert_eq!(schedule.next(), Next::Run("y".to_owned(), 3));
        schedule.finish("a", Some("because".to_owned()));
        assert_eq!(schedule.next(), Next::Skip("c".to_owned(), 4, "because".to_owned()));
        schedule.finish("c", Some("because".to_owned()));
        schedule.finish("y", None);
        assert_eq!(schedule.next(), Next::Done);
    }
}
