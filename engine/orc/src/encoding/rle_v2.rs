//! Integer run-length encoding, version 2: short repeat, direct, patched base and delta.
//!
//! Values are collected up to a run's maximum of 512 and cut into runs by what is cheapest:
//! equal values first, then arithmetic and monotonic sequences as deltas, then bit-packed values,
//! with the few outliers of a run as patches when that makes the rest narrower.

use super::varint::{write_signed, write_unsigned, zigzag};

const RUN_MAX: usize = 512;
/// Short repeats hold 3 to 10 values; longer ones are deltas of zero.
const REPEAT_MIN: usize = 3;
const SHORT_REPEAT_MAX: usize = 10;
/// Equal values inside a literal run break it only from this length on: each new run costs a
/// header, and a monotonic run a new base.
const BREAK_MIN: usize = 12;
/// Offsets from the base must stay below this for patches to pack into 64 bits.
const PATCH_RANGE_MAX: i64 = 1 << 55;

/// Whether a stream's values are signed (zigzag) or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Zigzag encoded.
    Signed,
    /// Never negative.
    Unsigned,
}

/// Encodes integers.
#[derive(Debug)]
pub(crate) struct RleV2Encoder {
    sign: Sign,
    /// The column type's largest value. Readers may hold offsets from a patched base in that
    /// type, so wider spreads are not patched.
    type_max: i64,
    pending: Vec<i64>,
    out: Vec<u8>,
    scratch: Vec<u64>,
}

impl RleV2Encoder {
    /// An encoder for values of a type whose largest is `type_max`.
    pub(crate) fn new(sign: Sign, type_max: i64) -> Self {
        RleV2Encoder { sign, type_max, pending: Vec::new(), out: Vec::new(), scratch: Vec::new() }
    }

    /// Adds one value.
    #[inline]
    pub(crate) fn push(&mut self, value: i64) {
        self.pending.push(value);
        if self.pending.len() >= 4 * RUN_MAX {
            self.drain_full_runs();
        }
    }

    /// Adds values.
    pub(crate) fn push_slice(&mut self, values: &[i64]) {
        self.pending.extend_from_slice(values);
        self.drain_full_runs();
    }

    /// Adds `count` times the same value without looking at each.
    pub(crate) fn push_repeated(&mut self, value: i64, mut count: usize) {
        self.flush();
        while count >= REPEAT_MIN {
            let run = count.min(RUN_MAX);
            self.write_repeat(value, run);
            count -= run;
        }
        self.pending.extend(std::iter::repeat_n(value, count));
    }

    /// Bytes written so far; exact after [`flush`](Self::flush).
    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    /// Ends the current run, so that the next value starts a new one.
    pub(crate) fn flush(&mut self) {
        let values = std::mem::take(&mut self.pending);
        let mut at = 0;
        while at < values.len() {
            at += self.write_next(&values[at..]);
        }
        self.recycle(values, at);
    }

    /// Flushes and hands over what was written.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        self.flush();
        std::mem::take(&mut self.out)
    }

    /// Writes runs as long as a following value cannot change them.
    fn drain_full_runs(&mut self) {
        let values = std::mem::take(&mut self.pending);
        let mut at = 0;
        while values.len() - at > RUN_MAX + BREAK_MIN {
            at += self.write_next(&values[at..]);
        }
        self.recycle(values, at);
    }

    fn recycle(&mut self, mut values: Vec<i64>, consumed: usize) {
        values.drain(..consumed);
        self.pending = values;
    }

    /// Writes one or two runs from the front of `values` and returns how many values they took.
    fn write_next(&mut self, values: &[i64]) -> usize {
        let first = values[0];
        let repeat = values.iter().take(RUN_MAX).take_while(|v| **v == first).count();
        if repeat >= BREAK_MIN.min(values.len()).max(REPEAT_MIN) || repeat == RUN_MAX {
            self.write_repeat(first, repeat);
            return repeat;
        }
        let run = &values[..literal_run(values)];
        self.write_literals(run, repeat);
        run.len()
    }

    fn write_repeat(&mut self, value: i64, count: usize) {
        if count > SHORT_REPEAT_MAX {
            return self.write_fixed_delta(value, 0, count);
        }
        let encoded = self.encode(value);
        let bytes = (significant_bits(encoded).div_ceil(8)).max(1);
        self.out.push((((bytes - 1) << 3) | (count as u32 - 3)) as u8);
        self.out.extend_from_slice(&encoded.to_be_bytes()[8 - bytes as usize..]);
    }

    fn write_fixed_delta(&mut self, base: i64, delta: i64, count: usize) {
        self.write_header(0b11, 0, count);
        self.write_base(base);
        write_signed(&mut self.out, delta);
    }

    /// Writes a run that is no repetition; its first `leading` values are equal.
    fn write_literals(&mut self, run: &[i64], leading: usize) {
        let shape = Shape::of(run);
        let direct_bits = fixed_bits(self.widest(run));
        if run.len() >= REPEAT_MIN && shape.spread.is_some() {
            if let Some(delta) = shape.fixed_delta {
                return self.write_fixed_delta(run[0], delta, run.len());
            }
            if shape.monotonic && run.len() > leading + 2 {
                // A delta run's direction is the sign of its first delta, so it cannot begin with
                // equal values: all but the last of them become a run of their own.
                let (head, tail) = run.split_at(leading - 1);
                let delta_bits = delta_bits(shape.max_delta);
                if delta_bits < direct_bits {
                    if head.len() >= REPEAT_MIN {
                        self.write_repeat(head[0], head.len());
                    } else if !head.is_empty() {
                        self.write_direct(head);
                    }
                    return self.write_delta(tail, delta_bits);
                }
            }
            if self.write_patched(run, &shape, direct_bits) {
                return;
            }
        }
        self.write_direct(run);
    }

    fn write_delta(&mut self, run: &[i64], bits: u32) {
        self.write_header(0b11, bits, run.len());
        self.write_base(run[0]);
        write_signed(&mut self.out, run[1] - run[0]);
        self.scratch.clear();
        self.scratch.extend(run[1..].windows(2).map(|pair| pair[1].abs_diff(pair[0])));
        pack(&mut self.out, &self.scratch, bits);
    }

    fn write_direct(&mut self, run: &[i64]) {
        self.scratch.clear();
        match self.sign {
            Sign::Signed => self.scratch.extend(run.iter().map(|v| zigzag(*v))),
            Sign::Unsigned => self.scratch.extend(run.iter().map(|v| *v as u64)),
        }
        let bits = fixed_bits(self.scratch.iter().fold(0, |all, v| all | v));
        self.write_header(0b01, bits, run.len());
        pack(&mut self.out, &self.scratch, bits);
    }

    /// Writes the run as patched base if that is narrower; says whether it did.
    fn write_patched(&mut self, run: &[i64], shape: &Shape, direct_bits: u32) -> bool {
        let Some(spread) = shape.spread.filter(|s| *s < PATCH_RANGE_MAX && *s <= self.type_max) else { return false };
        if run.len() < 20 || shape.min.unsigned_abs() >= 1 << 55 {
            return false;
        }
        let mut histogram = [0usize; 65];
        for value in run {
            histogram[significant_bits(value.wrapping_sub(shape.min) as u64) as usize] += 1;
        }
        // The width that all but 5% of the values need.
        let mut outliers = run.len() / 20;
        let mut width = 64;
        while width > 1 && histogram[width] <= outliers {
            outliers -= histogram[width];
            width -= 1;
        }
        let bits = fixed_bits(low_mask(width as u32));
        if bits + 2 > direct_bits.min(fixed_bits(spread as u64)) {
            return false;
        }
        self.write_patched_base(run, shape.min, bits, fixed_bits(spread as u64 >> bits));
        true
    }

    fn write_patched_base(&mut self, run: &[i64], base: i64, bits: u32, patch_bits: u32) {
        let mask = low_mask(bits);
        self.scratch.clear();
        let mut patches: Vec<(usize, u64)> = Vec::with_capacity(32);
        let (mut previous, mut widest_gap) = (0, 0);
        for (index, value) in run.iter().enumerate() {
            let offset = value.wrapping_sub(base) as u64;
            if offset > mask {
                patches.push((index - previous, offset >> bits));
                widest_gap = widest_gap.max(index - previous);
                previous = index;
            }
            self.scratch.push(offset & mask);
        }
        // Gaps take at most 8 bits; longer ones are led by entries "255 further, patch nothing".
        let gap_bits = significant_bits(widest_gap as u64).clamp(1, 8);
        let mut entries: Vec<u64> = Vec::with_capacity(patches.len() + 2);
        for (mut gap, patch) in patches {
            while gap > 255 {
                entries.push(255 << patch_bits);
                gap -= 255;
            }
            entries.push(((gap as u64) << patch_bits) | patch);
        }
        let magnitude = base.unsigned_abs();
        let base_bytes = (significant_bits(magnitude) + 1).div_ceil(8);
        let sign = if base < 0 { 1u64 << (base_bytes * 8 - 1) } else { 0 };
        self.write_header(0b10, bits, run.len());
        self.out.push((((base_bytes - 1) << 5) | width_code(patch_bits)) as u8);
        self.out.push((((gap_bits - 1) << 5) | entries.len() as u32) as u8);
        self.out.extend_from_slice(&(magnitude | sign).to_be_bytes()[8 - base_bytes as usize..]);
        pack(&mut self.out, &self.scratch, bits);
        pack(&mut self.out, &entries, fixed_bits(low_mask(gap_bits + patch_bits)));
    }

    /// The two bytes that start a direct, patched or delta run; `bits` 0 is a fixed delta.
    fn write_header(&mut self, kind: u32, bits: u32, count: usize) {
        let code = if bits == 0 { 0 } else { width_code(bits) };
        let length = count as u32 - 1;
        self.out.push(((kind << 6) | (code << 1) | (length >> 8)) as u8);
        self.out.push(length as u8);
    }

    fn write_base(&mut self, base: i64) {
        match self.sign {
            Sign::Signed => write_signed(&mut self.out, base),
            Sign::Unsigned => write_unsigned(&mut self.out, base as u64),
        }
    }

    fn encode(&self, value: i64) -> u64 {
        match self.sign {
            Sign::Signed => zigzag(value),
            Sign::Unsigned => value as u64,
        }
    }

    fn widest(&self, run: &[i64]) -> u64 {
        match self.sign {
            Sign::Signed => run.iter().fold(0, |all, v| all | zigzag(*v)),
            Sign::Unsigned => run.iter().fold(0, |all, v| all | *v as u64),
        }
    }
}

/// How many values from the front make up a run that no long repetition breaks.
fn literal_run(values: &[i64]) -> usize {
    let limit = values.len().min(RUN_MAX);
    let mut same = 1;
    for at in 1..values.len().min(RUN_MAX + BREAK_MIN) {
        same = if values[at] == values[at - 1] { same + 1 } else { 1 };
        if same == BREAK_MIN {
            return (at + 1 - BREAK_MIN).clamp(1, limit);
        }
    }
    limit
}

/// What a run of literals looks like.
struct Shape {
    min: i64,
    /// Largest minus smallest value; None when that overflows.
    spread: Option<i64>,
    monotonic: bool,
    /// The difference that all neighbours have.
    fixed_delta: Option<i64>,
    /// The largest distance between neighbours.
    max_delta: u64,
}

impl Shape {
    fn of(run: &[i64]) -> Self {
        let (mut min, mut max) = (run[0], run[0]);
        for value in run {
            min = min.min(*value);
            max = max.max(*value);
        }
        let Some(spread) = max.checked_sub(min) else {
            return Shape { min, spread: None, monotonic: false, fixed_delta: None, max_delta: 0 };
        };
        let (mut low, mut high) = (i64::MAX, i64::MIN); // of the differences; none can overflow
        for pair in run.windows(2) {
            let delta = pair[1].wrapping_sub(pair[0]);
            low = low.min(delta);
            high = high.max(delta);
        }
        Shape {
            min,
            spread: Some(spread),
            monotonic: low >= 0 || high <= 0,
            fixed_delta: (low == high).then_some(low),
            max_delta: low.unsigned_abs().max(high.unsigned_abs()),
        }
    }
}

/// Bits that hold `value`.
#[inline]
fn significant_bits(value: u64) -> u32 {
    64 - value.leading_zeros()
}

/// The smallest width that ORC can express and that holds `value`.
fn fixed_bits(value: u64) -> u32 {
    match significant_bits(value) {
        0 | 1 => 1,
        bits @ 2..=24 => bits,
        25 | 26 => 26,
        27 | 28 => 28,
        29 | 30 => 30,
        31 | 32 => 32,
        33..=40 => 40,
        41..=48 => 48,
        49..=56 => 56,
        _ => 64,
    }
}

/// As [`fixed_bits`], for deltas, whose width 1 means "fixed".
fn delta_bits(max_delta: u64) -> u32 {
    fixed_bits(max_delta).max(2)
}

/// The five-bit code of a width that [`fixed_bits`] gave.
fn width_code(bits: u32) -> u32 {
    match bits {
        0..=24 => bits.saturating_sub(1),
        25..=26 => 24,
        27..=28 => 25,
        29..=30 => 26,
        31..=32 => 27,
        33..=40 => 28,
        41..=48 => 29,
        49..=56 => 30,
        _ => 31,
    }
}

fn low_mask(bits: u32) -> u64 {
    u64::MAX.checked_shr(64 - bits).unwrap_or(0)
}

/// Packs the low `bits` of each value, most significant bit first, and pads the last byte.
fn pack(out: &mut Vec<u8>, values: &[u64], bits: u32) {
    match bits {
        8 => return out.extend(values.iter().map(|v| *v as u8)),
        16 => return values.iter().for_each(|v| out.extend_from_slice(&(*v as u16).to_be_bytes())),
        32 => return values.iter().for_each(|v| out.extend_from_slice(&(*v as u32).to_be_bytes())),
        64 => return values.iter().for_each(|v| out.extend_from_slice(&v.to_be_bytes())),
        _ => {}
    }
    // The next bits stand at the top of `word`; eight bytes go out whenever it is full.
    let (mut word, mut free) = (0u64, 64u32);
    for value in values {
        if bits <= free {
            free -= bits;
            word |= value << free;
            if free > 0 {
                continue;
            }
            out.extend_from_slice(&word.to_be_bytes());
            (word, free) = (0, 64);
        } else {
            let over = bits - free; // bits of the value that fall into the next word
            out.extend_from_slice(&(word | (value >> over)).to_be_bytes());
            free = 64 - over;
            word = value << free;
        }
    }
    let used = (64 - free).div_ceil(8) as usize;
    out.extend_from_slice(&word.to_be_bytes()[..used]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(sign: Sign, values: &[i64]) -> Vec<u8> {
        let mut encoder = RleV2Encoder::new(sign, i64::MAX);
        encoder.push_slice(values);
        encoder.finish()
    }

    #[test]
    fn examples_of_the_specification() {
        assert_eq!(encode(Sign::Unsigned, &[10000; 5]), [0x0a, 0x27, 0x10]);
        assert_eq!(
            encode(Sign::Unsigned, &[23713, 43806, 57005, 48879]),
            [0x5e, 0x03, 0x5c, 0xa1, 0xab, 0x1e, 0xde, 0xad, 0xbe, 0xef]
        );
        // The specification's writer rounds the three bits of these deltas up to four; we do not.
        assert_eq!(
            encode(Sign::Unsigned, &[2, 3, 5, 7, 11, 13, 17, 19, 23, 29]),
            [0xc4, 0x09, 0x02, 0x02, 0x4a, 0x28, 0xa6]
        );
    }
}
