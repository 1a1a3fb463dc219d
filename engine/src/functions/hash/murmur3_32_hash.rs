//! MURMUR3_32_HASH (page MURMUR3_32_HASH): MurmurHash3, the 32-bit variant, over the bytes that Iceberg's specification
//! gives a value (appendix B): every integer, date, time and timestamp is 64 bits wide, so that a value's hash does
//! not depend on the width of its column.

use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::{DataType, Decimal128Type, Float64Type, Int32Type, Int64Type},
};

use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind, TIME, TIMESTAMP, convert, timestamptz},
        definition::{Documentation, ScalarFunction},
    },
};

/// MURMUR3_32_HASH
pub static MURMUR3_32_HASH: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "murmur3_32_hash",
        aliases: &[],
        category: "hash",
        description: "The 32-bit Murmur3 hash of a value as INTEGER, over its bytes as Iceberg defines them.",
        arguments: &[("value", "a value"), ("seed", "optional: an INTEGER; 0 by default")],
        example: "select murmur3_32_hash(1); -- 1392991556",
    },
    arity: (1, 2),
    returns: |types| {
        types.require(0, |kind| !matches!(kind, Kind::Super | Kind::Sketch | Kind::Interval | Kind::Other))?;
        types.require(1, |kind| kind == Kind::Integer)?;
        Ok(DataType::Int32)
    },
    invoke: |call| {
        let seeds = if call.count() > 1 { Some(call.int(1)?) } else { None };
        let values = Hashed::new(call)?;
        call.build::<Int32Type>(|row| {
            let seed = match &seeds {
                None => 0,
                Some(seeds) => match seeds.get(row) {
                    Some(seed) => seed as u32,
                    None => return Ok(None),
                },
            };
            Ok(values.hash(row, seed).map(|hash| hash as i32))
        })
    },
};

/// The values to hash, in one of the forms that bytes are made of.
struct Hashed {
    array: ArrayRef,
    constant: bool,
}

impl Hashed {
    fn new(call: &Call) -> Result<Self> {
        let (array, constant) = call.array(0)?;
        let wide = |array: &ArrayRef| convert(array, &DataType::Int64);
        let array = match Kind::of(array.data_type()) {
            Kind::Text => convert(&array, &DataType::Utf8View)?,
            Kind::Binary => convert(&array, &DataType::BinaryView)?,
            Kind::Float => convert(&array, &DataType::Float64)?,
            Kind::Integer | Kind::Boolean => wide(&array)?,
            Kind::Date => wide(&convert(&array, &DataType::Int32)?)?,
            Kind::Time | Kind::TimeTz => wide(&convert(&array, &TIME)?)?,
            Kind::Timestamp => wide(&convert(&array, &TIMESTAMP)?)?,
            Kind::TimestampTz => wide(&convert(&array, &timestamptz())?)?,
            _ => array,
        };
        Ok(Hashed { array, constant })
    }

    fn hash(&self, row: usize, seed: u32) -> Option<u32> {
        let row = if self.constant { 0 } else { row };
        if self.array.data_type() == &DataType::Null || self.array.is_null(row) {
            return None;
        }
        Some(match self.array.data_type() {
            DataType::Utf8View => murmur3(self.array.as_string_view().value(row).as_bytes(), seed),
            DataType::BinaryView => murmur3(self.array.as_binary_view().value(row), seed),
            DataType::Int64 => murmur3(&self.array.as_primitive::<Int64Type>().value(row).to_le_bytes(), seed),
            DataType::Float64 => {
                // Both zeros are one value.
                let value = self.array.as_primitive::<Float64Type>().value(row) + 0.0;
                murmur3(&value.to_bits().to_le_bytes(), seed)
            }
            DataType::Decimal128(..) => {
                let bytes = self.array.as_primitive::<Decimal128Type>().value(row).to_be_bytes();
                murmur3(shortest(&bytes), seed)
            }
            _ => return None,
        })
    }
}

/// A number in two's complement without the leading bytes that say nothing but its sign.
fn shortest(bytes: &[u8]) -> &[u8] {
    let sign_only = |index: usize| matches!((bytes[index], bytes[index + 1] >> 7), (0x00, 0) | (0xff, 1));
    let skipped = (0..bytes.len().saturating_sub(1)).take_while(|index| sign_only(*index)).count();
    &bytes[skipped..]
}

fn murmur3(bytes: &[u8], seed: u32) -> u32 {
    let scramble = |block: u32| block.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    let mut hash = seed;
    let mut blocks = bytes.chunks_exact(4);
    for block in &mut blocks {
        let block = u32::from_le_bytes([block[0], block[1], block[2], block[3]]);
        hash = (hash ^ scramble(block)).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    let tail = blocks.remainder().iter().rev().fold(0, |block: u32, byte| (block << 8) | u32::from(*byte));
    hash ^= scramble(tail);
    hash ^= bytes.len() as u32;
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{binary, check, int, int2, int4, null, text};

    #[test]
    fn published_test_vectors() {
        for (bytes, seed, expected) in [
            (&b""[..], 0, 0),
            (b"", 1, 0x514e_28b7),
            (b"test", 0, 0xba6b_d213),
            (b"Hello, world!", 0, 0xc036_3e43),
            (b"aaa", 0x9747_b28c, 0x283e_0130),
            (b"The quick brown fox jumps over the lazy dog", 0, 0x2e4f_f723),
        ] {
            assert_eq!(murmur3(bytes, seed), expected);
        }
    }

    #[test]
    fn documented_results() {
        check(
            &MURMUR3_32_HASH,
            vec![
                (vec![int2(1)], int4(1_392_991_556)),
                (vec![int4(1)], int4(1_392_991_556)),
                (vec![int(34)], int4(2_017_239_379)),
                (vec![text("Amazon Redshift")], int4(-1_563_580_564)),
                (vec![text("cd"), int4(murmur3(b"ab", 0) as i32)], int4(1_711_522_338)),
                (vec![binary(&[0, 1, 2, 3])], int4(-188_683_207)),
                (vec![null()], null()),
                (vec![text("a"), null()], null()),
            ],
        );
    }
}
