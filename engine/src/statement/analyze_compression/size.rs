//! How many bytes the values of a column take in each encoding (page c_Compression_encodings and
//! its sub-pages). Encodings work on blocks of one megabyte.
//!
//! What Redshift documents is counted exactly; LZO and AZ64, whose formats are not public, are
//! measured by their next of kin: LZ4, and bit-packed differences from the least of 64 values.

use std::collections::HashSet;

use blueshift_sql::ast::Encoding;

use crate::error::{Error, Result};

/// Values of a block, in bytes of their raw form.
const BLOCK_BYTES: usize = 1 << 20;
/// The compression level of ZSTD.
const ZSTD_LEVEL: i32 = 3;
/// Values that AZ64 packs together.
const AZ64_GROUP: usize = 64;
/// Values of a BYTEDICT dictionary.
const DICTIONARY_VALUES: usize = 256;
/// Words of a TEXT255 dictionary.
const TEXT255_WORDS: usize = 245;
/// Bytes of a TEXT32K dictionary: what its two-byte references reach.
const TEXT32K_BYTES: usize = 32 * 1024;

/// The values of a column that are not NULL.
pub enum Values {
    /// Numbers and times, of so many bytes each.
    Integers { width: usize, values: Vec<i128> },
    /// Everything else as bytes. Lengths are stored with them if they vary.
    Bytes { varying: bool, values: Vec<Vec<u8>> },
}

impl Values {
    /// Bytes of the values in an encoding.
    pub fn size(&self, encoding: Encoding) -> Result<usize> {
        match self {
            Values::Integers { width, values } => integers(*width, values, encoding),
            Values::Bytes { varying, values } => bytes(*varying, values, encoding),
        }
    }
}

fn integers(width: usize, values: &[i128], encoding: Encoding) -> Result<usize> {
    let per_block = (BLOCK_BYTES / width).max(1);
    let raw = values.len() * width;
    Ok(match encoding {
        Encoding::Az64 => values.chunks(AZ64_GROUP).map(|group| az64_group(width, group)).sum(),
        Encoding::Delta => deltas(width, 1, values, per_block),
        Encoding::Delta32k => deltas(width, 2, values, per_block),
        Encoding::Mostly8 => mostly(width, 1, values),
        Encoding::Mostly16 => mostly(width, 2, values),
        Encoding::Mostly32 => mostly(width, 4, values),
        Encoding::Runlength => values.chunk_by(|a, b| a == b).map(|run| run.len().div_ceil(256) * (1 + width)).sum(),
        Encoding::Bytedict => values.chunks(per_block).map(|block| dictionary(block, |_| width)).sum(),
        Encoding::Zstd | Encoding::Lzo => {
            let plain: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes().into_iter().take(width)).collect();
            compressed(&plain, encoding)?
        }
        _ => raw,
    })
}

fn bytes(varying: bool, values: &[Vec<u8>], encoding: Encoding) -> Result<usize> {
    let stored = |value: &Vec<u8>| value.len() + if varying { 4 } else { 0 };
    Ok(match encoding {
        Encoding::Runlength => {
            values.chunk_by(|a, b| a == b).map(|run| run.len().div_ceil(256) * (1 + stored(&run[0]))).sum()
        }
        Encoding::Bytedict => blocks(values, stored).map(|block| dictionary(block, stored)).sum(),
        Encoding::Text255 => blocks(values, stored).map(|block| text(block, 1)).sum(),
        Encoding::Text32k => blocks(values, stored).map(|block| text(block, 2)).sum(),
        Encoding::Zstd | Encoding::Lzo => {
            let mut plain = Vec::new();
            for value in values {
                if varying {
                    plain.extend_from_slice(&(value.len() as u32).to_le_bytes());
                }
                plain.extend_from_slice(value);
            }
            compressed(&plain, encoding)?
        }
        _ => values.iter().map(stored).sum(),
    })
}

/// Values in pieces that fill a block in their raw form.
fn blocks(values: &[Vec<u8>], stored: impl Fn(&Vec<u8>) -> usize) -> impl Iterator<Item = &[Vec<u8>]> {
    let mut rest = values;
    std::iter::from_fn(move || {
        let mut filled = 0;
        let fitting = rest.iter().take_while(|value| {
            filled += stored(value);
            filled <= BLOCK_BYTES
        });
        let (block, after) = rest.split_at(fitting.count().max(1).min(rest.len()));
        rest = after;
        (!block.is_empty()).then_some(block)
    })
}

fn compressed(plain: &[u8], encoding: Encoding) -> Result<usize> {
    let mut total = 0;
    for block in plain.chunks(BLOCK_BYTES) {
        let size = if encoding == Encoding::Zstd {
            zstd::bulk::compress(block, ZSTD_LEVEL).map_err(Error::internal)?.len()
        } else {
            lz4_flex::block::compress(block).len()
        };
        total += size.min(block.len());
    }
    Ok(total)
}

/// The least value, and every difference from it in as few bits as the largest one needs.
fn az64_group(width: usize, group: &[i128]) -> usize {
    let (least, largest) =
        group.iter().fold((i128::MAX, i128::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
    let bits = 128 - largest.abs_diff(least).leading_zeros() as usize;
    (width + 1 + (bits * group.len()).div_ceil(8)).min(width * group.len() + 1)
}

/// Differences of so many bytes; one that does not fit, and a block's first value, take a mark and the
/// value itself.
fn deltas(width: usize, delta_width: usize, values: &[i128], per_block: usize) -> usize {
    let reach = (1_i128 << (8 * delta_width - 1)) - 1;
    let block = |block: &[i128]| -> usize {
        let steps = block.windows(2).map(|pair| match pair[1].checked_sub(pair[0]) {
            Some(step) if (-reach..=reach).contains(&step) => delta_width,
            _ => delta_width + width,
        });
        delta_width + width + steps.sum::<usize>()
    };
    values.chunks(per_block).map(block).sum()
}

/// Values in fewer bytes; one that does not fit is kept raw.
fn mostly(width: usize, small: usize, values: &[i128]) -> usize {
    let reach = 1_i128 << (8 * small - 1);
    let size = |value: &i128| if (-reach..reach).contains(value) { small } else { width };
    values.iter().map(size).sum()
}

/// A dictionary of a block's first different values, one byte for each value; one that is not in it is
/// kept raw, and marked.
fn dictionary<T: std::hash::Hash + Eq>(block: &[T], stored: impl Fn(&T) -> usize) -> usize {
    let mut known: HashSet<&T> = HashSet::new();
    let mut size = 0;
    for value in block {
        size += 1;
        if !known.contains(value) {
            size += stored(value);
            if known.len() < DICTIONARY_VALUES {
                known.insert(value);
            }
        }
    }
    size
}

/// A dictionary of the words of a block, and references of one or two bytes to them.
fn text(block: &[Vec<u8>], reference: usize) -> usize {
    let mut words: HashSet<&[u8]> = HashSet::new();
    let (mut size, mut dictionary_bytes) = (0, 0);
    for word in block.iter().flat_map(|value| value.split(|byte| *byte == b' ')) {
        let fits =
            if reference == 1 { words.len() < TEXT255_WORDS } else { dictionary_bytes + word.len() <= TEXT32K_BYTES };
        if words.contains(word) {
            size += reference;
        } else if fits {
            words.insert(word);
            dictionary_bytes += word.len() + 1;
            size += reference;
        } else {
            size += reference + word.len() + 1;
        }
    }
    size + dictionary_bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int4(values: Vec<i128>) -> Values {
        Values::Integers { width: 4, values }
    }

    // Values and sizes of the page c_Delta_encoding.
    #[test]
    fn delta_as_documented() {
        let values = int4(vec![1, 5, 50, 200, 185, 220, 221]);
        assert_eq!(values.size(Encoding::Raw).ok(), Some(28));
        assert_eq!(values.size(Encoding::Delta).ok(), Some(15));
    }

    // Sizes of the page c_MostlyN_encoding.
    #[test]
    fn mostly_as_documented() {
        let values = Values::Integers { width: 8, values: vec![1, 10, 100, 1_000, 10_000, 20_000, 40_000, 100_000] };
        assert_eq!(values.size(Encoding::Mostly8).ok(), Some(3 + 5 * 8));
        assert_eq!(values.size(Encoding::Mostly16).ok(), Some(6 * 2 + 2 * 8));
        assert_eq!(values.size(Encoding::Mostly32).ok(), Some(8 * 4));
    }

    #[test]
    fn runs_and_dictionaries() {
        let values = int4([7; 1000].to_vec());
        assert_eq!(values.size(Encoding::Runlength).ok(), Some(4 * 5));
        assert_eq!(values.size(Encoding::Bytedict).ok(), Some(1000 + 4));
        assert_eq!(values.size(Encoding::Az64).ok(), Some(16 * 5));
        let many = int4((0..1000).collect());
        assert_eq!(many.size(Encoding::Bytedict).ok(), Some(1000 * 5));
        assert!(many.size(Encoding::Az64).is_ok_and(|size| size < 1000));
    }

    // Values and sizes of the page c_Runlength_encoding.
    #[test]
    fn runs_as_documented() {
        let words = "Blue Blue Green Green Green Blue Yellow Yellow Yellow Yellow".split(' ');
        let colours = Values::Bytes { varying: false, values: words.map(|word| word.as_bytes().to_vec()).collect() };
        assert_eq!(colours.size(Encoding::Runlength).ok(), Some(23));
        assert_eq!(colours.size(Encoding::Raw).ok(), Some(51));
    }

    #[test]
    fn extremes_do_not_overflow() {
        let values = Values::Integers { width: 16, values: vec![i128::MIN, i128::MAX, 0] };
        for encoding in crate::statement::encoding::ENCODINGS {
            assert!(values.size(encoding).is_ok());
        }
        let empty = Values::Bytes { varying: true, values: vec![] };
        for encoding in crate::statement::encoding::ENCODINGS {
            assert_eq!(empty.size(encoding).ok(), Some(0), "{encoding:?}");
        }
    }
}
