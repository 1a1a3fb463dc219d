//! How long the text is that a function gives: the declared length of its result, from those of its arguments.
//!
//! Clients see it (`character varying(20)`), and tables made from queries get it. A length is a promise that no value
//! is longer in bytes; where nothing can be promised there is none.

use datafusion::common::ScalarValue;

use crate::types::RedshiftType;

/// Longest VARCHAR, in bytes.
const BYTES_MAX: u32 = 65_535;

/// The declared type of a function that gives text; None: text of no declared length.
pub fn result_type(
    function: &str,
    arguments: &[Option<RedshiftType>],
    constants: &[Option<&ScalarValue>],
) -> Option<RedshiftType> {
    let length = |index: usize| length_of(arguments.get(index).copied().flatten(), constants.get(index).copied()?);
    let longest = |indices: &mut dyn Iterator<Item = usize>| {
        indices.map(length).try_fold(0, |longest, length| Some(longest.max(length?)))
    };
    let count = arguments.len();
    let bytes = match function {
        "concat" => length(0)?.saturating_add(length(1)?),
        "ltrim" | "rtrim" | "btrim" | "left" | "right" | "substring" | "split_part" | "regexp_substr" | "reverse"
        | "collate" | "nullif" => length(0)?,
        "lower" | "upper" | "initcap" => length(0)?,
        "coalesce" | "greatest" | "least" => longest(&mut (0..count))?,
        "nvl2" => longest(&mut (1..count))?,
        "decode" => {
            let pairs = (count.max(1) - 1) / 2;
            let default = count.is_multiple_of(2).then(|| count.saturating_sub(1));
            longest(&mut (0..pairs).map(|pair| 2 + 2 * pair).chain(default))?
        }
        "md5" => 32,
        "sha1" => 40,
        "sha2" => 128,
        "soundex" => 4,
        "crc32" => 8,
        _ => return None,
    };
    Some(RedshiftType::Varchar(Some(bytes.clamp(1, BYTES_MAX))))
}

/// The most bytes that a value of a type has as text; a constant has its own. None when nothing is known.
pub fn length_of(declared: Option<RedshiftType>, constant: Option<&ScalarValue>) -> Option<u32> {
    if let Some(constant) = constant {
        if constant.is_null() {
            return Some(0);
        }
        if let Some(Some(text)) = constant.try_as_str() {
            return u32::try_from(text.len()).ok();
        }
    }
    Some(match declared? {
        RedshiftType::Varchar(length) => length?,
        RedshiftType::Char(length) => length,
        RedshiftType::Boolean => 5,
        RedshiftType::SmallInt => 6,
        RedshiftType::Integer => 11,
        RedshiftType::BigInt => 20,
        // A sign, a point, and a nought before it.
        RedshiftType::Numeric(precision, _) => u32::from(precision) + 3,
        RedshiftType::Date => 13,
        RedshiftType::Time => 15,
        RedshiftType::TimeTz => 18,
        RedshiftType::Timestamp => 29,
        RedshiftType::TimestampTz => 38,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_follow_the_arguments() {
        let varchar = |length| Some(RedshiftType::Varchar(Some(length)));
        let nothing = [None, None, None];
        assert_eq!(result_type("concat", &[varchar(5), varchar(7)], &nothing), varchar(12));
        assert_eq!(result_type("concat", &[varchar(65_000), varchar(7_000)], &nothing), varchar(65_535));
        assert_eq!(result_type("concat", &[varchar(5), Some(RedshiftType::Varchar(None))], &nothing), None);
        assert_eq!(result_type("lower", &[Some(RedshiftType::Char(9))], &nothing), varchar(9));
        let literal = ScalarValue::from("abc");
        let constants = [None, Some(&literal)];
        assert_eq!(result_type("coalesce", &[varchar(2), Some(RedshiftType::Varchar(None))], &constants), varchar(3));
        assert_eq!(result_type("replace", &[varchar(2)], &nothing), None);
    }
}
