//! TINYINT as bytes in runs; SMALLINT, INT, BIGINT and DATE (days since the Unix epoch) as
//! integers in runs.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Date32Type, Int8Type, Int16Type, Int32Type, Int64Type};
use orc_rust::proto::{column_encoding, stream};

use super::{EncodedValues, Invalid, RawStream, StreamIndex, ValueEncoder, direct_encoding, for_each_valid};
use crate::encoding::byte_rle::ByteRleEncoder;
use crate::encoding::rle_v2::{RleV2Encoder, Sign};
use crate::statistics::{Kind, Range, Statistics};

struct IntegerEncoder {
    runs: RleV2Encoder,
    marks: Vec<usize>,
    scratch: Vec<i64>,
}

/// The encoder for an integer type of more than one byte, or for dates.
pub(super) fn encoder(data_type: &DataType) -> Option<(Box<dyn ValueEncoder>, Kind)> {
    let type_max = match data_type {
        DataType::Int16 => i64::from(i16::MAX),
        DataType::Int32 | DataType::Date32 => i64::from(i32::MAX),
        DataType::Int64 => i64::MAX,
        _ => return None,
    };
    let kind = match data_type {
        DataType::Date32 => Kind::Date(Range::<i64>::EMPTY),
        _ => Kind::Integer(Range::<i64>::EMPTY),
    };
    let runs = RleV2Encoder::new(Sign::Signed, type_max);
    Some((Box::new(IntegerEncoder { runs, marks: Vec::new(), scratch: Vec::new() }), kind))
}

impl ValueEncoder for IntegerEncoder {
    fn write(&mut self, array: &dyn Array, statistics: &mut Statistics) -> Result<(), Invalid> {
        let scratch = &mut self.scratch;
        scratch.clear();
        match array.data_type() {
            DataType::Int16 => {
                for_each_valid(array, array.as_primitive::<Int16Type>().values(), |_, v| scratch.push(v.into()));
            }
            DataType::Int32 => {
                for_each_valid(array, array.as_primitive::<Int32Type>().values(), |_, v| scratch.push(v.into()));
            }
            DataType::Date32 => {
                for_each_valid(array, array.as_primitive::<Date32Type>().values(), |_, v| scratch.push(v.into()));
            }
            _ => for_each_valid(array, array.as_primitive::<Int64Type>().values(), |_, v| scratch.push(v)),
        }
        if let Kind::Integer(range) | Kind::Date(range) = &mut statistics.kind {
            range.update(scratch);
        }
        self.runs.push_slice(scratch);
        Ok(())
    }

    fn begin_group(&mut self) {
        self.runs.flush();
        self.marks.push(self.runs.len());
    }

    fn encoded_bytes(&self) -> usize {
        self.runs.len()
    }

    fn finish(&mut self) -> EncodedValues {
        let index = StreamIndex::Runs(std::mem::take(&mut self.marks));
        EncodedValues {
            encoding: direct_encoding(column_encoding::Kind::DirectV2),
            streams: vec![RawStream::new(stream::Kind::Data, self.runs.finish(), index)],
        }
    }
}

#[derive(Default)]
struct ByteEncoder {
    runs: ByteRleEncoder,
    marks: Vec<usize>,
    scratch: Vec<i64>,
}

/// The encoder for one-byte integers.
pub(super) fn byte_encoder() -> (Box<dyn ValueEncoder>, Kind) {
    (Box::new(ByteEncoder::default()), Kind::Integer(Range::<i64>::EMPTY))
}

impl ValueEncoder for ByteEncoder {
    fn write(&mut self, array: &dyn Array, statistics: &mut Statistics) -> Result<(), Invalid> {
        let (scratch, runs) = (&mut self.scratch, &mut self.runs);
        scratch.clear();
        for_each_valid(array, array.as_primitive::<Int8Type>().values(), |_, value| {
            scratch.push(value.into());
            runs.push(value as u8);
        });
        if let Kind::Integer(range) = &mut statistics.kind {
            range.update(scratch);
        }
        Ok(())
    }

    fn begin_group(&mut self) {
        self.runs.flush();
        self.marks.push(self.runs.len());
    }

    fn encoded_bytes(&self) -> usize {
        self.runs.len()
    }

    fn finish(&mut self) -> EncodedValues {
        let index = StreamIndex::Runs(std::mem::take(&mut self.marks));
        EncodedValues {
            encoding: direct_encoding(column_encoding::Kind::Direct),
            streams: vec![RawStream::new(stream::Kind::Data, self.runs.finish(), index)],
        }
    }
}
