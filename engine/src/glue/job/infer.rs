//! Type inference: what every value of a column has in common.
//!
//! A profile is kept per column and chunk, and profiles are merged, so the result does not
//! depend on how an object was split. Empty fields are NULL and say nothing about the type.

use super::value;
use crate::glue::hive_type::HiveType;

const INTEGER: u8 = 1;
const DECIMAL: u8 = 2;
const DOUBLE: u8 = 4;
const DATE: u8 = 8;
const TIMESTAMP: u8 = 16;
const BOOLEAN: u8 = 32;
const TEXT: u8 = 64;

/// What was seen in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnProfile {
    kinds: u8,
    min: i64,
    max: i64,
    whole: u8,
    scale: u8,
}

impl Default for ColumnProfile {
    fn default() -> Self {
        ColumnProfile { kinds: 0, min: i64::MAX, max: i64::MIN, whole: 0, scale: 0 }
    }
}

impl ColumnProfile {
    /// Takes note of a value; an empty one is NULL.
    #[inline]
    pub fn observe(&mut self, text: &[u8]) {
        if text.is_empty() || self.kinds & TEXT != 0 {
            return;
        }
        match value::integer(text) {
            Some(number) => {
                self.kinds |= INTEGER;
                self.min = self.min.min(number);
                self.max = self.max.max(number);
            }
            None => self.observe_other(text),
        }
    }

    fn observe_other(&mut self, text: &[u8]) {
        // Words are the most frequent case: they begin with neither a digit nor a minus.
        let first = text[0];
        if !first.is_ascii_digit() && first != b'-' {
            self.kinds |= if value::boolean(text).is_some() { BOOLEAN } else { TEXT };
            return;
        }
        if let Some(digits) = value::number_shape(text) {
            match (u8::try_from(digits.whole), u8::try_from(digits.scale)) {
                (Ok(whole), Ok(scale)) => {
                    self.kinds |= DECIMAL;
                    self.whole = self.whole.max(whole);
                    self.scale = self.scale.max(scale);
                }
                _ => self.kinds |= TEXT,
            }
            return;
        }
        self.kinds |= if value::timestamp(text).is_some() {
            TIMESTAMP
        } else if value::date(text).is_some() {
            DATE
        } else if value::scientific(text).is_some() {
            DOUBLE
        } else {
            TEXT
        };
    }

    /// Adds what another profile saw.
    pub fn merge(&mut self, other: &ColumnProfile) {
        self.kinds |= other.kinds;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.whole = self.whole.max(other.whole);
        self.scale = self.scale.max(other.scale);
    }

    /// The narrowest type that holds every value seen; None when there was none.
    pub fn hive_type(&self) -> Option<HiveType> {
        let numbers = INTEGER | DECIMAL | DOUBLE;
        let whole = self.whole.max(self.integer_digits());
        Some(match self.kinds {
            0 => return None,
            INTEGER if i32::try_from(self.min).is_ok() && i32::try_from(self.max).is_ok() => HiveType::Int,
            INTEGER => HiveType::BigInt,
            DATE => HiveType::Date,
            TIMESTAMP => HiveType::Timestamp,
            BOOLEAN => HiveType::Boolean,
            kinds if kinds & !(INTEGER | DECIMAL) == 0 => {
                HiveType::decimal_for(whole, self.scale).unwrap_or(HiveType::String)
            }
            // A double holds 15 digits of an exact number for certain.
            kinds if kinds & !numbers == 0 && whole.saturating_add(self.scale) <= 15 => HiveType::Double,
            _ => HiveType::String,
        })
    }

    fn integer_digits(&self) -> u8 {
        if self.kinds & INTEGER == 0 {
            return 0;
        }
        let largest = self.min.unsigned_abs().max(self.max.unsigned_abs());
        largest.checked_ilog10().map_or(0, |log| log as u8 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn infer(values: &[&str]) -> Option<HiveType> {
        let mut whole = ColumnProfile::default();
        values.iter().for_each(|v| whole.observe(v.as_bytes()));
        // Splitting the values differently must not change the type.
        let (left, right) = values.split_at(values.len() / 2);
        let mut merged = ColumnProfile::default();
        right.iter().for_each(|v| merged.observe(v.as_bytes()));
        let mut first = ColumnProfile::default();
        left.iter().for_each(|v| first.observe(v.as_bytes()));
        merged.merge(&first);
        assert_eq!(merged.hive_type(), whole.hive_type());
        whole.hive_type()
    }

    #[test]
    fn types_come_from_all_values() {
        use HiveType::*;
        let cases: [(&[&str], Option<HiveType>); 19] = [
            (&["", ""], None),
            (&["1", "-2", ""], Some(Int)),
            (&["1", "2147483648"], Some(BigInt)),
            (&["1", "9223372036854775808"], Some(Decimal(38, 0))),
            (&["0.99", "1.99", "13.86"], Some(Decimal(10, 2))),
            (&["5", "0.99"], Some(Decimal(10, 2))),
            (&["1234567890", "0.99"], Some(Decimal(18, 2))),
            (&["0.99", "abc"], Some(String)),
            (&["0.99", "1,99"], Some(String)),
            (&["70174", "0171"], Some(String)),
            (&["1", " 2"], Some(String)),
            (&["2021-01-01", "2021-12-31"], Some(Date)),
            (&["2021-01-01 00:00:00", "1962-02-18 00:00:00.5"], Some(Timestamp)),
            (&["2021-01-01 00:00:00", "01/02/2021"], Some(String)),
            (&["2021-01-01", "2021-01-01 00:00:00"], Some(String)),
            (&["true", "false"], Some(Boolean)),
            (&["true", "1"], Some(String)),
            (&["1e10", "0.5"], Some(Double)),
            (&["1e10", "12345678901234567"], Some(String)),
        ];
        for (values, wanted) in cases {
            assert_eq!(infer(values), wanted, "{values:?}");
        }
    }
}
