//! MURMUR3_32_HASH (page MURMUR3_32_HASH): MurmurHash3, the 32-bit variant, over a value's bytes.

use arrow::datatypes::{DataType, Int32Type};

use super::fnv_hash::{Bytes, hashable};
use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// MURMUR3_32_HASH
pub static MURMUR3_32_HASH: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "murmur3_32_hash",
        aliases: &[],
        category: "hash",
        description: "The 32-bit Murmur3 hash of a value as INTEGER.",
        arguments: &[("value", "a value"), ("seed", "optional: an INTEGER; 0 by default")],
        example: "select murmur3_32_hash('Amazon Redshift');",
    },
    arity: (1, 2),
    returns: |types| {
        hashable(types)?;
        types.require(1, |kind| kind == Kind::Integer)?;
        Ok(DataType::Int32)
    },
    invoke: |call| {
        let seeds = if call.count() > 1 { Some(call.int(1)?) } else { None };
        let values = Bytes::new(call, 0)?;
        call.build::<Int32Type>(|row| {
            let seed = match &seeds {
                None => 0,
                Some(seeds) => match seeds.get(row) {
                    Some(seed) => seed as u32,
                    None => return Ok(None),
                },
            };
            let mut hash = None;
            values.with(row, |bytes| hash = Some(murmur3(bytes, seed) as i32));
            Ok(hash)
        })
    },
};

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
    use crate::functions::testing::{check, int4, null, text};

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
        check(
            &MURMUR3_32_HASH,
            vec![
                (vec![text("test")], int4(0xba6b_d213_u32 as i32)),
                (vec![null()], null()),
                (vec![text("a"), null()], null()),
            ],
        );
    }
}
