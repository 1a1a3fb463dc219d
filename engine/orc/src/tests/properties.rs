//! Random columns, batch sizes and options: what is read equals what was written.

use std::sync::Arc;

use arrow::array::*;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{codecs, roundtrip};
use crate::WriterOptions;

/// Options that make many small stripes, groups and blocks.
fn options() -> impl Strategy<Value = WriterOptions> {
    let codec = proptest::sample::select(codecs());
    (codec, 1usize..400, 1usize..3000, 200usize..20_000, prop_oneof![Just(0.0), Just(0.5), Just(1.0)]).prop_map(
        |(compression, row_index_stride, stripe_rows_max, stripe_bytes_max, dictionary_ratio_max)| WriterOptions {
            compression,
            compression_block_bytes: 1024,
            stripe_rows_max,
            stripe_bytes_max,
            row_index_stride,
            dictionary_ratio_max,
            metadata: Vec::new(),
        },
    )
}

/// Integers in the patterns that the encoder tells apart, one after another.
fn integers() -> impl Strategy<Value = Vec<i64>> {
    let start = prop_oneof![any::<i64>(), -1000i64..1000];
    let pattern = (start, 0u32..64, 1usize..700, 0u8..6, any::<u64>()).prop_map(|(start, bits, len, kind, seed)| {
        let mut state = seed | 1;
        let mut value = start;
        (0..len)
            .map(|i| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let random = (state >> (63 - bits)) as i64;
                match kind {
                    0 => start,
                    1 => start.wrapping_add(i as i64 * (random >> 63 | 3)),
                    2 => {
                        value = value.saturating_add(random & 0xffff);
                        value
                    }
                    3 => {
                        value = value.saturating_sub(random & 3);
                        value
                    }
                    4 => random.wrapping_sub(start),
                    _ if i % 40 == 7 => random,
                    _ => state as i64 >> 58,
                }
            })
            .collect::<Vec<_>>()
    });
    vec(pattern, 0..6).prop_map(|parts| parts.concat())
}

/// Some of the values NULL.
fn with_nulls<T>(values: Vec<T>, nulls: u64) -> Vec<Option<T>> {
    let keep = |i: usize| nulls == 0 || !(i as u64).wrapping_mul(nulls).is_multiple_of(7);
    values.into_iter().enumerate().map(|(i, v)| keep(i).then_some(v)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn integers_come_back(values in integers(), nulls in 0u64..4, batch in 1usize..900, options in options()) {
        let longs = with_nulls(values.clone(), nulls);
        roundtrip(&(Arc::new(Int64Array::from(longs)) as ArrayRef), batch, options.clone());
        let ints = with_nulls(values.iter().map(|v| *v as i32).collect(), nulls);
        roundtrip(&(Arc::new(Int32Array::from(ints)) as ArrayRef), batch, options.clone());
        let shorts = with_nulls(values.iter().map(|v| *v as i16).collect(), nulls);
        roundtrip(&(Arc::new(Int16Array::from(shorts)) as ArrayRef), batch, options.clone());
        let bytes = with_nulls(values.iter().map(|v| *v as i8).collect(), nulls);
        roundtrip(&(Arc::new(Int8Array::from(bytes)) as ArrayRef), batch, options.clone());
        let bools = with_nulls(values.iter().map(|v| *v & 5 == 1).collect(), nulls);
        roundtrip(&(Arc::new(BooleanArray::from(bools)) as ArrayRef), batch, options.clone());
        let decimals = with_nulls(values.iter().map(|v| i128::from(*v) * 1_000_003).collect(), nulls);
        let decimals = Decimal128Array::from(decimals).with_precision_and_scale(38, 6).unwrap();
        roundtrip(&(Arc::new(decimals) as ArrayRef), batch, options.clone());
        let micros = with_nulls(values.iter().map(|v| v >> 3).filter(|v| !(-999_000..0).contains(v)).collect(), nulls);
        roundtrip(&(Arc::new(TimestampMicrosecondArray::from(micros)) as ArrayRef), batch, options);
    }

    #[test]
    fn texts_come_back(values in vec(proptest::option::of("[a-cé]{0,6}"), 0..2500), batch in 1usize..900, options in options()) {
        roundtrip(&(Arc::new(StringViewArray::from_iter(values)) as ArrayRef), batch, options);
    }
}
