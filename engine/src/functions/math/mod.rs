//! Mathematical functions (page Math_functions).

/// ABS
pub mod abs;
/// Functions of DOUBLE PRECISION: roots, logarithms, trigonometry.
pub mod float;
/// MOD
pub mod modulo;
/// POWER
pub mod power;
/// RANDOM
pub mod random;
/// ROUND, TRUNC, CEIL and FLOOR
pub mod round;
/// SIGN
pub mod sign;

use super::definition::ScalarFunction;

/// The family's scalar functions.
pub const SCALAR: &[&ScalarFunction] = &[
    &abs::ABS,
    &float::ACOS,
    &float::ASIN,
    &float::ATAN,
    &float::ATAN2,
    &float::CBRT,
    &float::COS,
    &float::COT,
    &float::DEGREES,
    &float::EXP,
    &float::LN,
    &float::LOG,
    &float::PI,
    &float::RADIANS,
    &float::SIN,
    &float::SQRT,
    &float::TAN,
    &modulo::MOD,
    &power::POWER,
    &round::CEIL,
    &round::FLOOR,
    &round::ROUND,
    &round::TRUNC,
    &sign::SIGN,
];
