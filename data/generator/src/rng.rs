//! Random numbers that are the same on every machine and in every run.
//!
//! SplitMix64: eight bytes of state, integer arithmetic only. Every entity draws from its own
//! stream, named by a label and an index, so that a customer's address can be made again when one
//! of its invoices is written, without keeping the customer in memory.

/// A SplitMix64 generator.
pub(crate) struct Rng(u64);

const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

impl Rng {
    /// The stream `label`/`index` of the run with this seed.
    pub(crate) fn stream(seed: u64, label: &str, index: u64) -> Self {
        // FNV-1a over the label keeps the streams of different entities apart.
        let named = label
            .bytes()
            .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
        let state = mix(seed ^ mix(named) ^ mix(index.wrapping_mul(GOLDEN_GAMMA)).rotate_left(17));
        Rng(state)
    }

    /// 64 random bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN_GAMMA);
        mix(self.0)
    }

    /// A number in `0..bound`; 0 when the bound is 0. The bias of the multiplication is below 2^-32 here.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number in `low..=high`.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in `percent` of 100 cases.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// True with this probability (0 to 1).
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        // 53 bits are what a double holds exactly.
        ((self.next() >> 11) as f64) < probability * (1_u64 << 53) as f64
    }

    /// One of the items, all equally likely. The slice must not be empty.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }

    /// The index of one weight, likely as the weight is heavy.
    pub(crate) fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let total: u64 = weights.clone().map(u64::from).sum();
        let mut ticket = self.below(total);
        let mut last = 0;
        for (index, weight) in weights.enumerate() {
            last = index;
            if ticket < u64::from(weight) {
                break;
            }
            ticket -= u64::from(weight);
        }
        last
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_repeatable_and_apart() {
        let draw = |seed, label, index| Rng::stream(seed, label, index).next();
        assert_eq!(draw(1, "customer", 7), draw(1, "customer", 7));
        assert_ne!(draw(1, "customer", 7), draw(1, "customer", 8));
        assert_ne!(draw(1, "customer", 7), draw(1, "track", 7));
        assert_ne!(draw(1, "customer", 7), draw(2, "customer", 7));
    }

    #[test]
    fn draws_stay_in_range_and_spread() {
        let mut rng = Rng::stream(3, "test", 0);
        let mut seen = [0_u32; 6];
        for _ in 0..6_000 {
            seen[rng.below(6) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (850..1150).contains(&n)), "{seen:?}");
        let hits = (0..10_000).filter(|_| rng.chance(0.02)).count();
        assert!((140..260).contains(&hits), "{hits}");
        assert!(!rng.chance(0.0) && rng.chance(1.0));
    }
}
