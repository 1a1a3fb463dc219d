//! FLOAT and DOUBLE: IEEE 754, least significant byte first.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use orc_rust::proto::{column_encoding, stream};

use super::{EncodedValues, Invalid, RawStream, StreamIndex, ValueEncoder, direct_encoding, for_each_valid};
use crate::statistics::{Kind, Statistics};

#[derive(Default)]
struct FloatEncoder {
    data: Vec<u8>,
    marks: Vec<usize>,
}

pub(super) fn encoder() -> (Box<dyn ValueEncoder>, Kind) {
    (Box::new(FloatEncoder::default()), Kind::double())
}

impl ValueEncoder for FloatEncoder {
    fn write(&mut self, array: &dyn Array, statistics: &mut Statistics) -> Result<(), Invalid> {
        let Kind::Double { min, max, sum, nan } = &mut statistics.kind else { return Ok(()) };
        let data = &mut self.data;
        let mut note = |value: f64| {
            *min = min.min(value); // NaN changes neither; it is noted apart
            *max = max.max(value);
            *sum += value;
            *nan |= value.is_nan();
        };
        if array.data_type() == &DataType::Float32 {
            for_each_valid(array, array.as_primitive::<Float32Type>().values(), |_, value| {
                note(value.into());
                data.extend_from_slice(&value.to_le_bytes());
            });
        } else {
            for_each_valid(array, array.as_primitive::<Float64Type>().values(), |_, value| {
                note(value);
                data.extend_from_slice(&value.to_le_bytes());
            });
        }
        Ok(())
    }

    fn begin_group(&mut self) {
        self.marks.push(self.data.len());
    }

    fn encoded_bytes(&self) -> usize {
        self.data.len()
    }

    fn finish(&mut self) -> EncodedValues {
        let index = StreamIndex::Bytes(std::mem::take(&mut self.marks));
        EncodedValues {
            encoding: direct_encoding(column_encoding::Kind::Direct),
            streams: vec![RawStream::new(stream::Kind::Data, std::mem::take(&mut self.data), index)],
        }
    }
}
