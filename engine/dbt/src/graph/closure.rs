//! Who is above whom: every node's ancestors as a set of bits, for questions asked for all pairs.

use std::collections::BTreeMap;

use super::Graph;
use crate::Result;

const WORD_BITS: usize = u64::BITS as usize;

/// The ancestors of every node of a graph.
#[derive(Debug, Clone, Default)]
pub struct Closure {
    index: BTreeMap<String, usize>,
    ancestors: Vec<Vec<u64>>,
}

impl Closure {
    /// The closure of a graph; a cycle is an error.
    pub fn new(graph: &Graph) -> Result<Closure> {
        let order = graph.order()?;
        let words = order.len().div_ceil(WORD_BITS);
        let index: BTreeMap<String, usize> = order.iter().enumerate().map(|(at, id)| (id.clone(), at)).collect();
        let mut ancestors: Vec<Vec<u64>> = Vec::with_capacity(order.len());
        for id in &order {
            let mut set = vec![0u64; words];
            // Parents come first in the order, so their sets are complete.
            for parent in graph.parents(id).filter_map(|parent| index.get(parent)) {
                set[parent / WORD_BITS] |= 1 << (parent % WORD_BITS);
                for (word, above) in set.iter_mut().zip(&ancestors[*parent]) {
                    *word |= above;
                }
            }
            ancestors.push(set);
        }
        Ok(Closure { index, ancestors })
    }

    /// Whether `ancestor` is above `id`.
    pub fn is_above(&self, ancestor: &str, id: &str) -> bool {
        match (self.index.get(ancestor), self.index.get(id)) {
            (Some(above), Some(at)) => self.ancestors[*at][above / WORD_BITS] & (1 << (above % WORD_BITS)) != 0,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_many_words() {
        let mut graph = Graph::default();
        for at in 0..199 {
            graph.add_edge(&format!("n{at:03}"), &format!("n{:03}", at + 1));
        }
        let closure = Closure::new(&graph).unwrap();
        assert!(closure.is_above("n000", "n199"));
        assert!(!closure.is_above("n199", "n000"));
        assert!(!closure.is_above("n005", "n005"));
        assert!(!closure.is_above("nobody", "n005"));
    }
}
