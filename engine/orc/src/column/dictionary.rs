//! The distinct values of a string column, numbered in order of appearance.
//!
//! A hash table of our own: one allocation for all bytes, none per value.

/// Distinct byte strings.
#[derive(Default)]
pub(super) struct Dictionary {
    bytes: Vec<u8>,
    /// End of each entry in `bytes`.
    ends: Vec<usize>,
    /// Hash of each entry, to skip most comparisons and to grow without hashing again.
    hashes: Vec<u64>,
    /// Open addressing: number of an entry plus one, or 0. The length is a power of two.
    slots: Vec<u32>,
}

impl Dictionary {
    /// The number of `value`, entering it when it is new.
    pub(super) fn number(&mut self, value: &[u8]) -> u32 {
        if self.ends.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = hash(value);
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            match self.slots[slot] {
                0 => break,
                taken => {
                    let number = taken - 1;
                    if self.hashes[number as usize] == hash && self.entry(number) == value {
                        return number;
                    }
                }
            }
            slot = (slot + 1) & mask;
        }
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
        self.hashes.push(hash);
        self.slots[slot] = self.ends.len() as u32;
        self.ends.len() as u32 - 1
    }

    /// The entry of that number.
    #[inline]
    pub(super) fn entry(&self, number: u32) -> &[u8] {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.bytes[start..self.ends[number]]
    }

    /// Number of entries.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of all entries.
    pub(super) fn byte_count(&self) -> usize {
        self.bytes.len()
    }

    /// Lengths of the entries, and their bytes one after another.
    pub(super) fn into_parts(self) -> (Vec<i64>, Vec<u8>) {
        let mut start = 0;
        let lengths = self.ends.iter().map(|end| (end - std::mem::replace(&mut start, *end)) as i64).collect();
        (lengths, self.bytes)
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(256);
        self.slots.clear();
        self.slots.resize(size, 0);
        for (number, hash) in self.hashes.iter().enumerate() {
            let mut slot = *hash as usize & (size - 1);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            self.slots[slot] = number as u32 + 1;
        }
    }
}

/// Multiplies and folds eight bytes at a time.
#[inline]
fn hash(value: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |state: u64, word: u64| {
        let product = u128::from(state ^ word) * u128::from(FACTOR);
        (product as u64) ^ (product >> 64) as u64
    };
    let mut state = FACTOR ^ value.len() as u64;
    let (words, rest) = value.as_chunks::<8>();
    for word in words {
        state = mix(state, u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(mix(state, u64::from_le_bytes(last)), FACTOR)
}
