//! VARBYTE functions (page varbyte-functions).

/// `~`, `&`, `|` and `#`
pub mod bitwise;
/// FROM_HEX
pub mod from_hex;
/// FROM_VARBYTE and TO_VARBYTE
pub mod from_varbyte;
/// GETBIT
pub mod getbit;
/// TO_HEX
pub mod to_hex;

use super::definition::ScalarFunction;

/// The family's scalar functions.
pub const SCALAR: &[&ScalarFunction] =
    &[&from_hex::FROM_HEX, &from_varbyte::FROM_VARBYTE, &from_varbyte::TO_VARBYTE, &getbit::GETBIT, &to_hex::TO_HEX];
