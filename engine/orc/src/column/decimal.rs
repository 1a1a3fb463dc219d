//! DECIMAL: unscaled values as zigzag varints, and each value's scale, which is always the
//! column's, in a stream of runs.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DECIMAL128_MAX_PRECISION, Decimal128Type};
use orc_rust::proto::{column_encoding, stream};

use super::{EncodedValues, Invalid, RawStream, StreamIndex, ValueEncoder, direct_encoding, for_each_valid};
use crate::encoding::rle_v2::{RleV2Encoder, Sign};
use crate::encoding::varint;
use crate::statistics::{Kind, Range, Statistics};

struct DecimalEncoder {
    precision: u8,
    scale: u8,
    /// Values must stay below this in magnitude.
    limit: u128,
    data: Vec<u8>,
    marks: Vec<usize>,
    scales: RleV2Encoder,
    scale_marks: Vec<usize>,
    /// Values of the current group, whose scales are not yet written.
    group_values: usize,
}

/// The encoder for decimals; None for scales that ORC does not have.
pub(super) fn encoder(precision: u8, scale: i8) -> Option<(Box<dyn ValueEncoder>, Kind)> {
    let scale = u8::try_from(scale).ok().filter(|scale| *scale <= precision)?;
    if precision == 0 || precision > DECIMAL128_MAX_PRECISION {
        return None;
    }
    let encoder = DecimalEncoder {
        precision,
        scale,
        limit: 10u128.pow(precision.into()),
        data: Vec::new(),
        marks: Vec::new(),
        scales: RleV2Encoder::new(Sign::Signed, i64::MAX),
        scale_marks: Vec::new(),
        group_values: 0,
    };
    Some((Box::new(encoder), Kind::Decimal { range: Range::<i128>::EMPTY, scale: scale.into() }))
}

impl DecimalEncoder {
    fn write_scales(&mut self) {
        self.scales.push_repeated(self.scale.into(), std::mem::take(&mut self.group_values));
        self.scales.flush();
    }
}

impl ValueEncoder for DecimalEncoder {
    fn write(&mut self, array: &dyn Array, statistics: &mut Statistics) -> Result<(), Invalid> {
        let Kind::Decimal { range, .. } = &mut statistics.kind else { return Ok(()) };
        let (data, limit) = (&mut self.data, self.limit);
        let mut too_wide = None;
        for_each_valid(array, array.as_primitive::<Decimal128Type>().values(), |index, value| {
            if value.unsigned_abs() >= limit {
                too_wide.get_or_insert(index);
            }
            range.update(value);
            varint::write_signed_i128(data, value);
        });
        self.group_values += array.len() - array.null_count();
        match too_wide {
            None => Ok(()),
            Some(index) => Err(Invalid { index, reason: format!("value has more than {} digits", self.precision) }),
        }
    }

    fn begin_group(&mut self) {
        self.write_scales();
        self.marks.push(self.data.len());
        self.scale_marks.push(self.scales.len());
    }

    fn encoded_bytes(&self) -> usize {
        self.data.len()
    }

    fn finish(&mut self) -> EncodedValues {
        self.write_scales();
        let data = std::mem::take(&mut self.data);
        let index = StreamIndex::Bytes(std::mem::take(&mut self.marks));
        let scale_index = StreamIndex::Runs(std::mem::take(&mut self.scale_marks));
        EncodedValues {
            encoding: direct_encoding(column_encoding::Kind::DirectV2),
            streams: vec![
                RawStream::new(stream::Kind::Data, data, index),
                RawStream::new(stream::Kind::Secondary, self.scales.finish(), scale_index),
            ],
        }
    }
}
