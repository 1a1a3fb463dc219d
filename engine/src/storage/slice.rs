//! Where rows would lie: how a segment's rows are spread over slices by their distribution key.
//!
//! There is one machine, and rows of all slices share their segments: reading is made parallel by files and row groups,
//! which no skew of a key can spoil. What slices are good for here is to tell what a design would do on a cluster.
//! So a writer counts its rows by a hash of the key in fixed buckets, and a number of slices divides the buckets.
//! Redshift's own hash is not documented: which value is on which slice differs there, how even they are does not.

use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::{
        DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
        Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
    },
};

use super::metadata::{ColumnId, DistStyle, Segment, TableSnapshot};

/// Buckets of the hash; numbers of slices divide it.
pub const BUCKETS: usize = 192;

/// Rows of a file by bucket of one column's hash; deleted rows count until they are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceCounts {
    /// The column that was hashed.
    pub column: ColumnId,
    counts: Vec<u32>,
}

impl SliceCounts {
    /// No rows yet.
    pub fn new(column: ColumnId) -> Self {
        SliceCounts { column, counts: vec![0; BUCKETS] }
    }

    /// Counts the values of an array; false when its type has no hash.
    pub fn count(&mut self, values: &ArrayRef) -> bool {
        let counts = &mut self.counts;
        let mut add = |hash: u64| counts[(hash % BUCKETS as u64) as usize] += 1;
        macro_rules! each {
            ($type:ty, $hash:expr) => {{
                values.as_primitive::<$type>().iter().for_each(|value| add(value.map_or(0, $hash)));
                true
            }};
        }
        match values.data_type() {
            DataType::Int8 => each!(Int8Type, |v| hash_int(i128::from(v))),
            DataType::Int16 => each!(Int16Type, |v| hash_int(i128::from(v))),
            DataType::Int32 => each!(Int32Type, |v| hash_int(i128::from(v))),
            DataType::Int64 => each!(Int64Type, |v| hash_int(i128::from(v))),
            DataType::Decimal128(..) => each!(Decimal128Type, hash_int),
            DataType::Date32 => each!(Date32Type, |v| hash_int(i128::from(v))),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                each!(TimestampMicrosecondType, |v| hash_int(i128::from(v)))
            }
            DataType::Time64(TimeUnit::Microsecond) => each!(Time64MicrosecondType, |v| hash_int(i128::from(v))),
            DataType::Float32 => each!(Float32Type, |v| hash_float(f64::from(v))),
            DataType::Float64 => each!(Float64Type, hash_float),
            DataType::Boolean => {
                values.as_boolean().iter().for_each(|v| add(v.map_or(0, |v| hash_int(i128::from(v)))));
                true
            }
            DataType::Utf8View => {
                values.as_string_view().iter().for_each(|v| add(v.map_or(0, hash_text)));
                true
            }
            DataType::Utf8 => {
                values.as_string::<i32>().iter().for_each(|v| add(v.map_or(0, hash_text)));
                true
            }
            _ => false,
        }
    }

    /// Rows on each of `slices` slices.
    pub fn rows(&self, slices: usize) -> Vec<u64> {
        let mut rows = vec![0; slices.max(1)];
        self.counts.iter().enumerate().for_each(|(bucket, count)| rows[bucket % slices.max(1)] += u64::from(*count));
        rows
    }

    /// As the catalog keeps it: the column, then each count in groups of seven bits, the lowest first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.column.0.to_le_bytes().to_vec();
        for count in &self.counts {
            let mut rest = *count;
            while rest >= 0x80 {
                bytes.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            bytes.push(rest as u8);
        }
        bytes
    }

    /// Reads what [`SliceCounts::to_bytes`] wrote; None for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (column, rest) = bytes.split_first_chunk::<8>()?;
        let mut counts = Vec::with_capacity(BUCKETS);
        let (mut count, mut shift) = (0_u32, 0_u32);
        for byte in rest {
            count |= u32::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte & 0x80 == 0 {
                counts.push(count);
                (count, shift) = (0, 0);
            }
        }
        let counts = Some(counts).filter(|counts| counts.len() == BUCKETS && shift == 0)?;
        Some(SliceCounts { column: ColumnId(i64::from_le_bytes(*column)), counts })
    }
}

/// Rows of a segment on each slice: counted, if its key is the table's; else as even as can be.
pub fn rows_of_segment(table: &TableSnapshot, segment: &Segment, slices: usize) -> Vec<u64> {
    let rows = segment.file.row_count;
    match table.layout.dist_style {
        // Each node has a copy, on its first slice.
        DistStyle::All => (0..slices).map(|slice| if slice == 0 { rows } else { 0 }).collect(),
        DistStyle::Key => match counted(table, segment) {
            Some(counts) => counts.rows(slices),
            None => even(rows, slices),
        },
        DistStyle::Even | DistStyle::Auto => even(rows, slices),
    }
}

/// Rows of a table on each slice; None when that of some of its rows is not known: they were written by an earlier
/// version, or before the table got its key.
pub fn rows_of_table(table: &TableSnapshot, slices: usize) -> Option<Vec<u64>> {
    if table.layout.dist_style == DistStyle::Key && table.segments.iter().any(|s| counted(table, s).is_none()) {
        return None;
    }
    if matches!(table.layout.dist_style, DistStyle::Even | DistStyle::Auto) {
        return Some(even(table.segments.iter().map(|s| s.file.row_count).sum(), slices));
    }
    let mut total = vec![0; slices];
    for segment in &table.segments {
        rows_of_segment(table, segment, slices).iter().zip(&mut total).for_each(|(rows, total)| *total += rows);
    }
    Some(total)
}

fn counted<'a>(table: &TableSnapshot, segment: &'a Segment) -> Option<&'a SliceCounts> {
    segment.file.slices.as_deref().filter(|counts| Some(counts.column) == table.layout.dist_key)
}

/// A number in parts that differ by one at most.
pub fn even(total: u64, slices: usize) -> Vec<u64> {
    let slices = slices.max(1) as u64;
    (0..slices).map(|slice| total / slices + u64::from(slice < total % slices)).collect()
}

/// Mixes the bits of a number (the finalizer of splitmix64): neighbours go apart.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Integers of all widths hash alike.
fn hash_int(value: i128) -> u64 {
    let high = mix((value >> 64) as u64 ^ (value >> 127) as u64);
    mix((value as u64).wrapping_add(0x9e37_79b9_7f4a_7c15) ^ high)
}

/// Both zeros are one value.
fn hash_float(value: f64) -> u64 {
    mix((value + 0.0).to_bits().wrapping_add(1))
}

/// FNV-1a of the text without the blanks at its end, which comparisons do not see either.
fn hash_text(text: &str) -> u64 {
    let fnv = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    mix(text.trim_end_matches(' ').as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, fnv))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int32Array, Int64Array, StringViewArray};

    use super::*;

    fn counted(values: ArrayRef) -> SliceCounts {
        let mut counts = SliceCounts::new(ColumnId(3));
        assert!(counts.count(&values));
        counts
    }

    #[test]
    fn many_values_are_even_and_one_value_is_not() {
        let counts = counted(Arc::new(Int32Array::from_iter_values(0..100_000)));
        for slices in [1, 2, 3, 4, 6, 8, 16, 32] {
            let rows = counts.rows(slices);
            assert_eq!(rows.iter().sum::<u64>(), 100_000);
            let (least, most) = (rows.iter().min().unwrap(), rows.iter().max().unwrap());
            assert!(*most as f64 / (*least as f64) < 1.2, "{slices} slices: {rows:?}");
        }
        let rows = counted(Arc::new(Int32Array::from_value(7, 1000))).rows(4);
        assert_eq!(rows.iter().filter(|rows| **rows == 0).count(), 3);
    }

    #[test]
    fn equal_values_hash_alike() {
        let narrow = counted(Arc::new(Int32Array::from(vec![Some(-5), None, Some(9)])));
        assert_eq!(narrow, counted(Arc::new(Int64Array::from(vec![Some(-5), None, Some(9)]))));
        let text = |text: &str| counted(Arc::new(StringViewArray::from(vec![text])));
        assert_eq!(text("ab  "), text("ab"));
        assert_ne!(text("ab"), text("ba"));
        assert_eq!(hash_float(0.0), hash_float(-0.0));
    }

    #[test]
    fn the_catalog_gives_back_what_it_got() {
        let counts = counted(Arc::new(Int32Array::from_iter_values((0..40_000).map(|i| i / 300))));
        assert_eq!(SliceCounts::from_bytes(&counts.to_bytes()), Some(counts.clone()));
        let bytes = counts.to_bytes();
        assert_eq!(SliceCounts::from_bytes(&bytes[..bytes.len() - 1]), None);
        assert_eq!(SliceCounts::from_bytes(&[]), None);
    }
}
