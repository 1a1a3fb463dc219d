//! Interleaved sort keys: every column of the key counts the same ("Interleaved sort key").
//!
//! Each column's values are dealt to buckets of about equally many rows; the bits of a row's buckets, taken
//! in turn from the highest on, are its place on a Z-order curve. Rows in that order have narrow bounds per
//! row group and segment in all columns of the key, and a scan prunes by any of them.

use arrow::{
    array::{Array, ArrayRef, UInt32Array, UInt64Array},
    compute::{SortOptions, take},
    row::{OwnedRow, RowConverter, SortField},
};

use super::segment_store::arrow_error;
use crate::error::Result;

/// Buckets of a column, as a power of two, at most.
const BUCKET_BITS_MAX: u32 = 10;
/// Rows that tell where buckets begin.
pub const SAMPLE_ROWS: usize = 64 * 1024;

/// Places rows on the curve.
#[derive(Debug)]
pub struct Interleaving {
    columns: Vec<Buckets>,
    bits: u32,
}

/// Where each bucket of a column but the first begins. A frequent value begins several, and lies in the last.
#[derive(Debug)]
struct Buckets {
    converter: RowConverter,
    bounds: Vec<OwnedRow>,
}

impl Interleaving {
    /// Learns the buckets from values of the key's columns: all of them, or a sample.
    pub fn of(keys: &[ArrayRef]) -> Result<Self> {
        let bits = (u64::BITS / keys.len().max(1) as u32).clamp(1, BUCKET_BITS_MAX);
        let columns = keys.iter().map(|key| Buckets::of(&every_nth(key, SAMPLE_ROWS)?, bits)).collect::<Result<_>>()?;
        Ok(Interleaving { columns, bits })
    }

    /// The place of each row.
    pub fn places(&self, keys: &[ArrayRef]) -> Result<UInt64Array> {
        let mut places = vec![0u64; keys.first().map_or(0, |key| key.len())];
        let count = self.columns.len() as u32;
        for (index, (column, key)) in self.columns.iter().zip(keys).enumerate() {
            let rows = column.converter.convert_columns(std::slice::from_ref(key)).map_err(arrow_error)?;
            let offset = count - 1 - index as u32;
            for (place, row) in places.iter_mut().zip(&rows) {
                let bucket = column.bounds.partition_point(|bound| bound.row() <= row) as u64;
                for bit in 0..self.bits {
                    *place |= ((bucket >> bit) & 1) << (bit * count + offset);
                }
            }
        }
        Ok(places.into())
    }
}

impl Buckets {
    fn of(values: &ArrayRef, bits: u32) -> Result<Self> {
        let options = SortOptions { descending: false, nulls_first: false };
        let field = SortField::new_with_options(values.data_type().clone(), options);
        let converter = RowConverter::new(vec![field]).map_err(arrow_error)?;
        let rows = converter.convert_columns(std::slice::from_ref(values)).map_err(arrow_error)?;
        let mut sorted: Vec<_> = rows.iter().collect();
        sorted.sort_unstable();
        let buckets = 1usize << bits;
        let begin = |bucket: usize| sorted.get(bucket * sorted.len() / buckets).map(|row| row.owned());
        Ok(Buckets { converter, bounds: (1..buckets).map_while(begin).collect() })
    }
}

/// About `count` values, evenly spread.
pub fn every_nth(values: &ArrayRef, count: usize) -> Result<ArrayRef> {
    let step = values.len().div_ceil(count.max(1)).max(1);
    if step == 1 {
        return Ok(values.clone());
    }
    let rows: UInt32Array = (0..values.len() as u32).step_by(step).collect::<Vec<_>>().into();
    take(values.as_ref(), &rows, None).map_err(arrow_error)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::{
        array::{Int32Array, StringArray},
        compute::sort_to_indices,
    };

    use super::*;

    #[test]
    fn blocks_of_rows_are_narrow_in_every_column() {
        // A grid of 256 × 256 points in the order of its first column.
        let x: ArrayRef = Arc::new(Int32Array::from_iter_values((0..65_536).map(|i| i / 256)));
        let y: ArrayRef = Arc::new(Int32Array::from_iter_values((0..65_536).map(|i| i % 256)));
        let keys = [x, y];
        let places = Interleaving::of(&keys).unwrap().places(&keys).unwrap();
        let order = sort_to_indices(&places, None, None).unwrap();
        for key in &keys {
            let sorted = take(key.as_ref(), &order, None).unwrap();
            let sorted = sorted.as_any().downcast_ref::<Int32Array>().unwrap();
            for block in sorted.values().chunks(4096) {
                let width = block.iter().max().unwrap() - block.iter().min().unwrap();
                assert!(width <= 64, "one of sixteen blocks spans {width} of 256 values");
            }
        }
    }

    #[test]
    fn few_values_count_as_much_as_many() {
        let few: ArrayRef = Arc::new(StringArray::from_iter((0..4096).map(|i| ["a", "b"].get(i % 3).copied())));
        let many: ArrayRef = Arc::new(Int32Array::from_iter_values(0..4096));
        let keys = [many, few];
        let places = Interleaving::of(&keys).unwrap().places(&keys).unwrap();
        let order = sort_to_indices(&places, None, None).unwrap();
        let sorted = take(keys[1].as_ref(), &order, None).unwrap();
        let sorted = sorted.as_any().downcast_ref::<StringArray>().unwrap();
        let changes = (1..sorted.len()).filter(|i| sorted.iter().nth(*i) != sorted.iter().nth(*i - 1)).count();
        assert!(changes < 1024, "{changes} changes of three values in 4,096 rows");
        assert!(Interleaving::of(&[]).unwrap().places(&[]).unwrap().is_empty());
    }
}
