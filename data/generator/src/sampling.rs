//! Distributions made of integers: exact totals split into random parts, and Zipf-like ranks.

use crate::rng::Rng;

/// Splits an exact total into random parts, one after another, in constant memory.
///
/// Parts are drawn from a table; when the sum runs ahead of or behind its target, the smaller or
/// the larger of two draws is taken, and the last parts share what is left evenly.
pub(crate) struct Quota {
    table: &'static [u64],
    total: u64,
    parts: u64,
    given: u64,
    done: u64,
}

/// So many last parts are shared evenly; enough to absorb any drift.
const EVEN_TAIL: u64 = 12;
/// The sum may leave its target by this much before draws are biased.
const DRIFT_MAX: i128 = 8;

impl Quota {
    /// `total` in `parts` parts with sizes like those in `table`.
    pub(crate) fn new(total: u64, parts: u64, table: &'static [u64]) -> Self {
        Quota { table, total, parts, given: 0, done: 0 }
    }

    /// The size of the next part.
    pub(crate) fn next(&mut self, rng: &mut Rng) -> u64 {
        let parts_left = self.parts.saturating_sub(self.done).max(1);
        let left = self.total - self.given;
        let size = if parts_left <= EVEN_TAIL {
            left.div_ceil(parts_left)
        } else {
            let target = u128::from(self.total) * u128::from(self.done) / u128::from(self.parts);
            let drift = i128::from(self.given) - target as i128;
            let (a, b) = (rng.pick(self.table), rng.pick(self.table));
            match drift {
                d if d > DRIFT_MAX => a.min(b),
                d if d < -DRIFT_MAX => a.max(b),
                _ => a,
            }
        };
        let size = size.min(left);
        self.given += size;
        self.done += 1;
        size
    }
}

/// Ranks `0..n` with weights 1/(rank + offset): a few are asked for all the time, most rarely.
pub(crate) struct Zipf {
    cumulative: Vec<u64>,
}

impl Zipf {
    /// A distribution over `n` ranks (at least one).
    pub(crate) fn new(n: u64) -> Self {
        // The offset flattens the head: the first track must not take a tenth of all sales.
        let offset = 8 + n / 200;
        let mut sum = 0;
        let cumulative = (0..n.max(1))
            .map(|rank| {
                sum += (1_u64 << 40) / (rank + offset);
                sum
            })
            .collect();
        Zipf { cumulative }
    }

    /// Draws a rank.
    pub(crate) fn draw(&self, rng: &mut Rng) -> usize {
        let total = self.cumulative.last().copied().unwrap_or(1);
        let ticket = rng.below(total);
        self.cumulative.partition_point(|&sum| sum <= ticket)
    }
}

/// The numbers `0..n` in random order.
pub(crate) fn permutation(n: u64, rng: &mut Rng) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    for i in (1..order.len()).rev() {
        order.swap(i, rng.below(i as u64 + 1) as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_gives_exactly_its_total() {
        for (total, parts) in [(2240, 412), (3503, 347), (22, 4), (5, 1), (224_000, 41_200)] {
            let mut rng = Rng::stream(1, "quota", total);
            let mut quota = Quota::new(total, parts, &[1, 2, 2, 3, 4, 5, 6, 8, 9, 14]);
            let sizes: Vec<u64> = (0..parts).map(|_| quota.next(&mut rng)).collect();
            assert_eq!(sizes.iter().sum::<u64>(), total);
            assert!(sizes.iter().all(|&n| n >= 1), "{total}/{parts}: {sizes:?}");
        }
    }

    #[test]
    fn zipf_prefers_low_ranks() {
        let zipf = Zipf::new(1000);
        let mut rng = Rng::stream(1, "zipf", 0);
        let low = (0..10_000).filter(|_| zipf.draw(&mut rng) < 100).count();
        assert!((4_000..6_500).contains(&low), "{low}");
    }
}
