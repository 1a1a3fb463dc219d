//! BOOLEAN: one bit a value.

use arrow::array::{Array, AsArray};
use orc_rust::proto::{column_encoding, stream};

use super::{EncodedValues, Invalid, RawStream, StreamIndex, ValueEncoder, direct_encoding};
use crate::encoding::bits::BitEncoder;
use crate::statistics::{Kind, Statistics};

#[derive(Default)]
struct BooleanEncoder {
    bits: BitEncoder,
    marks: Vec<(usize, u32)>,
}

pub(super) fn encoder() -> (Box<dyn ValueEncoder>, Kind) {
    (Box::new(BooleanEncoder::default()), Kind::Boolean { true_count: 0 })
}

impl ValueEncoder for BooleanEncoder {
    fn write(&mut self, array: &dyn Array, statistics: &mut Statistics) -> Result<(), Invalid> {
        let mut trues = 0;
        for value in array.as_boolean().iter().flatten() {
            self.bits.push(value);
            trues += u64::from(value);
        }
        if let Kind::Boolean { true_count } = &mut statistics.kind {
            *true_count += trues;
        }
        Ok(())
    }

    fn begin_group(&mut self) {
        self.marks.push(self.bits.mark());
    }

    fn encoded_bytes(&self) -> usize {
        self.bits.len()
    }

    fn finish(&mut self) -> EncodedValues {
        let index = StreamIndex::Bits(std::mem::take(&mut self.marks));
        EncodedValues {
            encoding: direct_encoding(column_encoding::Kind::Direct),
            streams: vec![RawStream::new(stream::Kind::Data, self.bits.finish(), index)],
        }
    }
}
