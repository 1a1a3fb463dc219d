//! FARMFINGERPRINT64 (page r_FARMFINGERPRINT64): FarmHash's Fingerprint64, a hash that stays the same
//! on all machines. Written after the published algorithm (`farmhashna::Hash64`).

use arrow::datatypes::{DataType, Int64Type};

use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// FARMFINGERPRINT64
pub static FARMFINGERPRINT64: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "farmfingerprint64",
        aliases: &[],
        category: "hash",
        description: "The Fingerprint64 of FarmHash of a string or VARBYTE, as BIGINT.",
        arguments: &[("expression", "a string or VARBYTE")],
        example: "select farmfingerprint64('Amazon Redshift'); -- 8085098817162212970",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, |kind| matches!(kind, Kind::Text | Kind::Binary))?;
        Ok(DataType::Int64)
    },
    invoke: |call| {
        let values = call.binary(0)?;
        call.build::<Int64Type>(|row| Ok(values.get(row).map(|bytes| fingerprint64(bytes) as i64)))
    },
};

const K0: u64 = 0xc3a5_c85c_97cb_3127;
const K1: u64 = 0xb492_b66f_be98_f273;
const K2: u64 = 0x9ae1_6a3b_2f90_404f;

fn fetch64(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

fn fetch32(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word).into()
}

fn shift_mix(value: u64) -> u64 {
    value ^ (value >> 47)
}

fn hash_16(u: u64, v: u64, factor: u64) -> u64 {
    let a = shift_mix((u ^ v).wrapping_mul(factor));
    shift_mix((v ^ a).wrapping_mul(factor)).wrapping_mul(factor)
}

fn factor(length: usize) -> u64 {
    K2.wrapping_add(length as u64 * 2)
}

fn up_to_16(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    if length >= 8 {
        let factor = factor(length);
        let a = fetch64(bytes, 0).wrapping_add(K2);
        let b = fetch64(bytes, length - 8);
        let c = b.rotate_right(37).wrapping_mul(factor).wrapping_add(a);
        let d = a.rotate_right(25).wrapping_add(b).wrapping_mul(factor);
        return hash_16(c, d, factor);
    }
    if length >= 4 {
        let a = fetch32(bytes, 0);
        return hash_16((length as u64).wrapping_add(a << 3), fetch32(bytes, length - 4), factor(length));
    }
    if length > 0 {
        let y = u64::from(bytes[0]) + (u64::from(bytes[length >> 1]) << 8);
        let z = length as u64 + (u64::from(bytes[length - 1]) << 2);
        return shift_mix(y.wrapping_mul(K2) ^ z.wrapping_mul(K0)).wrapping_mul(K2);
    }
    K2
}

fn up_to_32(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    let factor = factor(length);
    let a = fetch64(bytes, 0).wrapping_mul(K1);
    let b = fetch64(bytes, 8);
    let c = fetch64(bytes, length - 8).wrapping_mul(factor);
    let d = fetch64(bytes, length - 16).wrapping_mul(K2);
    hash_16(
        a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d),
        a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c),
        factor,
    )
}

fn up_to_64(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    let factor = factor(length);
    let a = fetch64(bytes, 0).wrapping_mul(K2);
    let b = fetch64(bytes, 8);
    let c = fetch64(bytes, length - 8).wrapping_mul(factor);
    let d = fetch64(bytes, length - 16).wrapping_mul(K2);
    let y = a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d);
    let z = hash_16(y, a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c), factor);
    let e = fetch64(bytes, 16).wrapping_mul(factor);
    let f = fetch64(bytes, 24);
    let g = y.wrapping_add(fetch64(bytes, length - 32)).wrapping_mul(factor);
    let h = z.wrapping_add(fetch64(bytes, length - 24)).wrapping_mul(factor);
    hash_16(
        e.wrapping_add(f).rotate_right(43).wrapping_add(g.rotate_right(30)).wrapping_add(h),
        e.wrapping_add(f.wrapping_add(a).rotate_right(18)).wrapping_add(g),
        factor,
    )
}

/// Mixes 32 bytes into two seeds.
fn weak_hash_32(bytes: &[u8], at: usize, a: u64, b: u64) -> (u64, u64) {
    let (w, x, y, z) = (fetch64(bytes, at), fetch64(bytes, at + 8), fetch64(bytes, at + 16), fetch64(bytes, at + 24));
    let a = a.wrapping_add(w);
    let b = b.wrapping_add(a).wrapping_add(z).rotate_right(21);
    let c = a;
    let a = a.wrapping_add(x).wrapping_add(y);
    let b = b.wrapping_add(a.rotate_right(44));
    (a.wrapping_add(z), b.wrapping_add(c))
}

/// FarmHash's Fingerprint64.
pub fn fingerprint64(bytes: &[u8]) -> u64 {
    const SEED: u64 = 81;
    match bytes.len() {
        0..=16 => return up_to_16(bytes),
        17..=32 => return up_to_32(bytes),
        33..=64 => return up_to_64(bytes),
        _ => {}
    }
    let mut x = SEED;
    let mut y = SEED.wrapping_mul(K1).wrapping_add(113);
    let mut z = shift_mix(y.wrapping_mul(K2).wrapping_add(113)).wrapping_mul(K2);
    let mut v = (0, 0);
    let mut w = (0, 0);
    x = x.wrapping_mul(K2).wrapping_add(fetch64(bytes, 0));
    let end = (bytes.len() - 1) / 64 * 64;
    let last = bytes.len() - 64;
    let mut at = 0;
    while at < end {
        x = x.wrapping_add(y).wrapping_add(v.0).wrapping_add(fetch64(bytes, at + 8)).rotate_right(37).wrapping_mul(K1);
        y = y.wrapping_add(v.1).wrapping_add(fetch64(bytes, at + 48)).rotate_right(42).wrapping_mul(K1);
        x ^= w.1;
        y = y.wrapping_add(v.0).wrapping_add(fetch64(bytes, at + 40));
        z = z.wrapping_add(w.0).rotate_right(33).wrapping_mul(K1);
        v = weak_hash_32(bytes, at, v.1.wrapping_mul(K1), x.wrapping_add(w.0));
        w = weak_hash_32(bytes, at + 32, z.wrapping_add(w.1), y.wrapping_add(fetch64(bytes, at + 16)));
        std::mem::swap(&mut z, &mut x);
        at += 64;
    }
    let factor = K1.wrapping_add((z & 0xff) << 1);
    w.0 = w.0.wrapping_add((bytes.len() as u64 - 1) & 63);
    v.0 = v.0.wrapping_add(w.0);
    w.0 = w.0.wrapping_add(v.0);
    x = x
        .wrapping_add(y)
        .wrapping_add(v.0)
        .wrapping_add(fetch64(bytes, last + 8))
        .rotate_right(37)
        .wrapping_mul(factor);
    y = y.wrapping_add(v.1).wrapping_add(fetch64(bytes, last + 48)).rotate_right(42).wrapping_mul(factor);
    x ^= w.1.wrapping_mul(9);
    y = y.wrapping_add(v.0.wrapping_mul(9)).wrapping_add(fetch64(bytes, last + 40));
    z = z.wrapping_add(w.0).rotate_right(33).wrapping_mul(factor);
    v = weak_hash_32(bytes, last, v.1.wrapping_mul(factor), x.wrapping_add(w.0));
    w = weak_hash_32(bytes, last + 32, z.wrapping_add(w.1), y.wrapping_add(fetch64(bytes, last + 16)));
    std::mem::swap(&mut z, &mut x);
    hash_16(
        hash_16(v.0, w.0, factor).wrapping_add(shift_mix(y).wrapping_mul(K0)).wrapping_add(z),
        hash_16(v.1, w.1, factor).wrapping_add(x),
        factor,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{binary, check, int, null, text};

    #[test]
    fn documented_results() {
        check(
            &FARMFINGERPRINT64,
            vec![
                (vec![text("Amazon Redshift")], int(8_085_098_817_162_212_970)),
                (vec![binary(b"Amazon Redshift")], int(8_085_098_817_162_212_970)),
                (vec![text("")], int(K2 as i64)),
                (vec![null()], null()),
            ],
        );
    }
}
