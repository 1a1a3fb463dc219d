//! Hash functions (page hash-functions). CHECKSUM is documented for DECIMAL only.

/// CHECKSUM
pub mod checksum;
/// CRC32
pub mod crc32;
/// MD5, SHA1 and SHA2
pub mod digest;
/// FARMFINGERPRINT64
pub mod farmfingerprint64;
/// FNV_HASH
pub mod fnv_hash;
/// MURMUR3_32_HASH
pub mod murmur3_32_hash;

use super::definition::ScalarFunction;

/// The family's scalar functions.
pub const SCALAR: &[&ScalarFunction] = &[
    &checksum::CHECKSUM,
    &crc32::CRC32,
    &digest::MD5,
    &digest::SHA1,
    &digest::SHA2,
    &farmfingerprint64::FARMFINGERPRINT64,
    &fnv_hash::FNV_HASH,
    &murmur3_32_hash::MURMUR3_32_HASH,
];
