//! HyperLogLog sketches (pages hyperloglog-overview, r_HLLSKTECH_type): sparse while small, dense from then on.
//!
//! The precision is Redshift's: 15 bits for a dense sketch (32,768 registers of six bits, 24,580 bytes with the
//! header), 26 bits for a sparse one, whose estimates are exact for all practical purposes. Hashes are
//! FarmHash's 64 bits, so the numbers inside are not those of Redshift's sketches.

use crate::error::{Error, Result, SqlState};

/// Bits of a hash that choose a register of a dense sketch.
const PRECISION: u32 = 15;
/// Bits of a hash that choose a register of a sparse sketch.
const SPARSE_PRECISION: u32 = 26;
const REGISTERS: usize = 1 << PRECISION;
/// Entries of four and one bytes: as long as they need less than a dense sketch.
const SPARSE_ENTRIES_MAX: usize = REGISTERS * 6 / 8 / 5;

const HEADER_SPARSE: [u8; 4] = [1, PRECISION as u8, 0, 0];
const HEADER_DENSE: [u8; 4] = [1, PRECISION as u8, 1, 0];

/// A sketch.
#[derive(Debug, Clone, PartialEq)]
pub enum Sketch {
    /// Register and rank, by register.
    Sparse(std::collections::BTreeMap<u32, u8>),
    /// The rank of every register.
    Dense(Vec<u8>),
}

impl Default for Sketch {
    fn default() -> Self {
        Sketch::Sparse(Default::default())
    }
}

impl Sketch {
    /// Takes the hash of a value into account.
    pub fn add_hash(&mut self, hash: u64) {
        let index = (hash >> (64 - SPARSE_PRECISION)) as u32;
        let rank = ((hash << SPARSE_PRECISION).leading_zeros().min(64 - SPARSE_PRECISION) + 1) as u8;
        self.add(index, rank);
    }

    /// Takes a register of a sparse sketch into account.
    fn add(&mut self, index: u32, rank: u8) {
        match self {
            Sketch::Sparse(entries) => {
                let entry = entries.entry(index).or_insert(0);
                *entry = rank.max(*entry);
                if entries.len() > SPARSE_ENTRIES_MAX {
                    self.make_dense();
                }
            }
            Sketch::Dense(registers) => raise(registers, index, rank),
        }
    }

    fn make_dense(&mut self) {
        let Sketch::Sparse(entries) = self else { return };
        let mut registers = vec![0; REGISTERS];
        entries.iter().for_each(|(index, rank)| raise(&mut registers, *index, *rank));
        *self = Sketch::Dense(registers);
    }

    /// Takes all that another sketch has seen into account.
    pub fn merge(&mut self, other: &Sketch) {
        match other {
            Sketch::Sparse(entries) => entries.iter().for_each(|(index, rank)| self.add(*index, *rank)),
            Sketch::Dense(theirs) => {
                self.make_dense();
                if let Sketch::Dense(registers) = self {
                    registers.iter_mut().zip(theirs).for_each(|(ours, theirs)| *ours = (*ours).max(*theirs));
                }
            }
        }
    }

    /// The number of distinct values, estimated.
    pub fn cardinality(&self) -> i64 {
        match self {
            Sketch::Sparse(entries) => {
                let registers = f64::from(1u32 << SPARSE_PRECISION);
                // Linear counting.
                (-registers * (1.0 - entries.len() as f64 / registers).ln()).round() as i64
            }
            Sketch::Dense(registers) => dense_cardinality(registers),
        }
    }

    // ---- bytes ----

    /// The sketch as it is stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Sketch::Sparse(entries) => {
                let mut out = HEADER_SPARSE.to_vec();
                for (index, rank) in entries {
                    out.extend_from_slice(&index.to_le_bytes());
                    out.push(*rank);
                }
                out
            }
            Sketch::Dense(registers) => {
                let mut out = HEADER_DENSE.to_vec();
                // Four registers of six bits in three bytes.
                for four in registers.chunks(4) {
                    let bits = four.iter().fold(0u32, |bits, rank| bits << 6 | u32::from(*rank & 63));
                    out.extend_from_slice(&bits.to_be_bytes()[1..]);
                }
                out
            }
        }
    }

    /// Reads what [`to_bytes`](Sketch::to_bytes) wrote.
    ///
    /// Errors: XX001 for other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Sketch> {
        let damaged = || Error::new(SqlState::DATA_CORRUPTED, "the bytes of an HLLSKETCH value are damaged");
        if let Some(entries) = bytes.strip_prefix(&HEADER_SPARSE) {
            let entry = |entry: &[u8]| match entry {
                [a, b, c, d, rank] => Some((u32::from_le_bytes([*a, *b, *c, *d]), *rank)),
                _ => None,
            };
            return entries.chunks(5).map(entry).collect::<Option<_>>().map(Sketch::Sparse).ok_or_else(damaged);
        }
        let packed = bytes.strip_prefix(&HEADER_DENSE).filter(|packed| packed.len() == REGISTERS / 4 * 3);
        let packed = packed.ok_or_else(damaged)?;
        let mut registers = Vec::with_capacity(REGISTERS);
        for three in packed.chunks(3) {
            let bits = three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte));
            registers.extend([18, 12, 6, 0].map(|shift| (bits >> shift & 63) as u8));
        }
        Ok(Sketch::Dense(registers))
    }

    // ---- text ----

    /// A stored sketch as text: JSON when it is sparse, Base64 when it is dense.
    pub fn text(bytes: &[u8]) -> String {
        match Sketch::from_bytes(bytes) {
            Ok(Sketch::Sparse(entries)) => {
                let list = |numbers: Vec<String>| numbers.join(",");
                let indices = list(entries.keys().map(u32::to_string).collect());
                let values = list(entries.values().map(u8::to_string).collect());
                format!(
                    "{{\"version\":1,\"logm\":{PRECISION},\"sparse\":{{\"indices\":[{indices}],\"values\":[{values}]}}}}"
                )
            }
            Ok(Sketch::Dense(_)) => base64(bytes),
            Err(_) => String::new(),
        }
    }

    /// Reads the text of a sketch.
    ///
    /// Errors: 22P02.
    pub fn parse(text: &str) -> Result<Sketch> {
        let invalid = || Error::invalid_text("hllsketch", text.chars().take(100).collect::<String>());
        let text = text.trim();
        if !text.starts_with('{') {
            let bytes = from_base64(text.trim_matches('"')).ok_or_else(invalid)?;
            return Sketch::from_bytes(&bytes).map_err(|_| invalid());
        }
        let json: serde_json::Value = serde_json::from_str(text).map_err(|_| invalid())?;
        let numbers = |name: &str| -> Option<Vec<u64>> {
            json.get("sparse")?.get(name)?.as_array()?.iter().map(serde_json::Value::as_u64).collect()
        };
        let (indices, values) = (numbers("indices").ok_or_else(invalid)?, numbers("values").ok_or_else(invalid)?);
        if indices.len() != values.len() || json.get("logm").and_then(serde_json::Value::as_u64) != Some(15) {
            return Err(invalid());
        }
        let mut sketch = Sketch::default();
        for (index, value) in indices.into_iter().zip(values) {
            if index >> SPARSE_PRECISION != 0 || value == 0 || value > u64::from(64 - SPARSE_PRECISION + 1) {
                return Err(invalid());
            }
            sketch.add(index as u32, value as u8);
        }
        Ok(sketch)
    }
}

/// Raises a dense register by an entry of a sparse sketch, whose index has more bits.
fn raise(registers: &mut [u8], index: u32, rank: u8) {
    const MORE: u32 = SPARSE_PRECISION - PRECISION;
    let low = index & ((1 << MORE) - 1);
    let rank = if low == 0 { MORE as u8 + rank } else { (low.leading_zeros() - (32 - MORE) + 1) as u8 };
    let register = &mut registers[(index >> MORE) as usize];
    *register = rank.max(*register);
}

/// Ertl's improved estimator ("New cardinality estimation algorithms for HyperLogLog sketches", 2017): no bias in
/// any range, and no tables.
fn dense_cardinality(registers: &[u8]) -> i64 {
    const RANKS: usize = (64 - PRECISION) as usize;
    let mut counts = [0f64; RANKS + 2];
    registers.iter().for_each(|rank| counts[usize::from(*rank).min(RANKS + 1)] += 1.0);
    let m = REGISTERS as f64;
    let mut z = m * tau(1.0 - counts[RANKS + 1] / m);
    for count in counts[1..=RANKS].iter().rev() {
        z = 0.5 * (z + count);
    }
    z += m * sigma(counts[0] / m);
    (m * m / (2.0 * std::f64::consts::LN_2 * z)).round() as i64
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for digit in 0..4 {
            let shown = digit <= three.len();
            out.push(if shown { char::from(BASE64[(bits >> (18 - 6 * digit) & 63) as usize]) } else { '=' });
        }
    }
    out
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let mut out = Vec::with_capacity(digits.len() * 3 / 4);
    for four in digits.as_bytes().chunks(4) {
        let mut bits = 0u32;
        for digit in four {
            bits = bits << 6 | BASE64.iter().position(|known| known == digit)? as u32;
        }
        bits <<= 6 * (4 - four.len());
        out.extend_from_slice(bits.to_be_bytes().get(1..four.len())?);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A generator of well-mixed hashes (splitmix64).
    fn hash(value: u64) -> u64 {
        let mut z = value.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678);
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn of(range: std::ops::Range<u64>) -> Sketch {
        let mut sketch = Sketch::default();
        range.for_each(|value| sketch.add_hash(hash(value)));
        sketch
    }

    #[test]
    fn estimates_are_close() {
        for count in [0u64, 1, 2, 100, 4_000] {
            assert_eq!(of(0..count).cardinality(), count as i64);
        }
        for count in [10_000u64, 100_000, 1_000_000] {
            let estimate = of(0..count).cardinality() as f64;
            assert!((estimate / count as f64 - 1.0).abs() < 0.02, "{count}: {estimate}");
        }
    }

    #[test]
    fn union_is_as_if_all_had_been_seen_by_one() {
        for (left, right) in [(0..100, 50..200), (0..20_000, 10..200), (0..100, 50..20_000), (0..20_000, 5_000..30_000)]
        {
            let mut merged = of(left.clone());
            merged.merge(&of(right.clone()));
            let mut all = of(left.start.min(right.start)..left.end.max(right.end));
            if matches!(merged, Sketch::Dense(_)) {
                all.make_dense();
            }
            assert_eq!(merged, all);
        }
    }

    #[test]
    fn bytes_and_text_come_back() {
        for sketch in [of(0..0), of(0..3), of(0..20_000)] {
            let bytes = sketch.to_bytes();
            assert!(bytes.len() <= 24_580);
            assert_eq!(Sketch::from_bytes(&bytes).unwrap(), sketch);
            assert_eq!(Sketch::parse(&Sketch::text(&bytes)).unwrap(), sketch);
        }
        let documented = "{\"logm\":15,\"sparse\":{\"indices\":[4878,9559,14523],\"values\":[1,2,1]}}";
        assert_eq!(Sketch::parse(documented).unwrap().cardinality(), 3);
        assert!(Sketch::parse("{\"logm\":15}").is_err());
        assert!(Sketch::from_bytes(&[9]).is_err());
    }
}
