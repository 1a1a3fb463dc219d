//! The column types of the Glue Data Catalog (Hive's names), what each is in Arrow and in
//! Redshift, and how a type widens when a value arrives that does not fit.
//!
//! Widening never loses a digit: what cannot be held exactly becomes `string`. It is symmetric,
//! but because decimal precisions are rounded up, three types can join to different precisions in
//! different orders; callers that must be reproducible join in a fixed order.

use std::fmt;

use arrow::datatypes::{DataType, TimeUnit};

use crate::error::{Error, Result};

/// Decimal digits that Redshift and Hive can hold.
pub const DECIMAL_DIGITS_MAX: u8 = 38;
/// Decimal digits that an i32, an i64 and an f64 hold for certain.
const INT_DIGITS: u8 = 10;
const BIGINT_DIGITS: u8 = 19;
const DOUBLE_DIGITS: u8 = 15;

/// A column type of the data catalog.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HiveType {
    /// `boolean`
    Boolean,
    /// `tinyint`
    TinyInt,
    /// `smallint`
    SmallInt,
    /// `int`
    Int,
    /// `bigint`
    BigInt,
    /// `float`
    Float,
    /// `double`
    Double,
    /// `decimal(precision,scale)`
    Decimal(u8, u8),
    /// `string`
    String,
    /// `varchar(n)`
    Varchar(u32),
    /// `char(n)`
    Char(u32),
    /// `date`
    Date,
    /// `timestamp`
    Timestamp,
    /// `binary`
    Binary,
}

impl HiveType {
    /// Reads a type name as the data catalog writes it; names are case-insensitive.
    pub fn parse(text: &str) -> Result<HiveType> {
        let lower = text.trim().to_ascii_lowercase();
        let (name, arguments) = match lower.split_once('(') {
            Some((name, rest)) => {
                let inside = rest.strip_suffix(')').ok_or_else(|| unknown_type(text))?;
                let numbers = inside.split(',').map(|n| n.trim().parse::<u32>().map_err(|_| unknown_type(text)));
                (name.trim(), numbers.collect::<Result<Vec<u32>>>()?)
            }
            None => (lower.as_str(), Vec::new()),
        };
        let plain = match name {
            "boolean" | "bool" => HiveType::Boolean,
            "tinyint" => HiveType::TinyInt,
            "smallint" => HiveType::SmallInt,
            "int" | "integer" => HiveType::Int,
            "bigint" | "long" => HiveType::BigInt,
            "float" | "real" => HiveType::Float,
            "double" | "double precision" => HiveType::Double,
            "string" | "text" => HiveType::String,
            "date" => HiveType::Date,
            "timestamp" => HiveType::Timestamp,
            "binary" | "varbyte" => HiveType::Binary,
            "decimal" | "numeric" => return decimal(text, &arguments),
            "varchar" | "character varying" => return length(text, &arguments, 65_535).map(HiveType::Varchar),
            "char" | "character" => return length(text, &arguments, 4_096).map(HiveType::Char),
            _ => return Err(unknown_type(text)),
        };
        if arguments.is_empty() { Ok(plain) } else { Err(unknown_type(text)) }
    }

    /// The Arrow type that holds the values in a query.
    pub fn to_arrow(&self) -> DataType {
        match self {
            HiveType::Boolean => DataType::Boolean,
            HiveType::TinyInt | HiveType::SmallInt => DataType::Int16,
            HiveType::Int => DataType::Int32,
            HiveType::BigInt => DataType::Int64,
            HiveType::Float => DataType::Float32,
            HiveType::Double => DataType::Float64,
            HiveType::Decimal(p, s) => DataType::Decimal128(*p, *s as i8),
            HiveType::String | HiveType::Varchar(_) | HiveType::Char(_) => DataType::Utf8View,
            HiveType::Date => DataType::Date32,
            HiveType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            HiveType::Binary => DataType::BinaryView,
        }
    }

    /// The data-catalog type of an Arrow column as a file reader reports it.
    pub fn from_arrow(data_type: &DataType) -> Result<HiveType> {
        Ok(match data_type {
            DataType::Boolean => HiveType::Boolean,
            DataType::Int8 => HiveType::TinyInt,
            DataType::Int16 | DataType::UInt8 => HiveType::SmallInt,
            DataType::Int32 | DataType::UInt16 => HiveType::Int,
            DataType::Int64 | DataType::UInt32 => HiveType::BigInt,
            DataType::UInt64 => HiveType::Decimal(20, 0),
            DataType::Float16 | DataType::Float32 => HiveType::Float,
            DataType::Float64 => HiveType::Double,
            DataType::Decimal32(p, s) | DataType::Decimal64(p, s) | DataType::Decimal128(p, s) if *s >= 0 => {
                HiveType::Decimal(*p, *s as u8)
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => HiveType::String,
            DataType::Date32 | DataType::Date64 => HiveType::Date,
            DataType::Timestamp(_, _) => HiveType::Timestamp,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => HiveType::Binary,
            DataType::Dictionary(_, value) => return HiveType::from_arrow(value),
            other => return Err(Error::not_supported(format!("an external column of type {other}"))),
        })
    }

    /// The full Redshift type name, as `\d` and `svv_external_columns` clients see it.
    pub fn redshift_type(&self) -> String {
        match self {
            HiveType::Boolean => "boolean".to_owned(),
            HiveType::TinyInt | HiveType::SmallInt => "smallint".to_owned(),
            HiveType::Int => "integer".to_owned(),
            HiveType::BigInt => "bigint".to_owned(),
            HiveType::Float => "real".to_owned(),
            HiveType::Double => "double precision".to_owned(),
            HiveType::Decimal(p, s) => format!("numeric({p},{s})"),
            HiveType::String => "character varying(65535)".to_owned(),
            HiveType::Varchar(n) => format!("character varying({n})"),
            HiveType::Char(n) => format!("character({n})"),
            HiveType::Date => "date".to_owned(),
            HiveType::Timestamp => "timestamp without time zone".to_owned(),
            HiveType::Binary => "binary varying".to_owned(),
        }
    }

    /// The narrowest type that holds both: integer → bigint → decimal → double, else `string`.
    pub fn widen(&self, other: &HiveType) -> HiveType {
        use HiveType::{Char, Double, Float, String, Varchar};
        if self == other {
            return self.clone();
        }
        match (self, other) {
            (Varchar(a) | Char(a), Varchar(b) | Char(b)) => Varchar(*a.max(b)),
            (Float, Double) | (Double, Float) => Double,
            (Float | Double, exact) | (exact, Float | Double) => match exact.digits() {
                Some((whole, scale)) if whole + scale <= DOUBLE_DIGITS => Double,
                _ => String,
            },
            (a, b) => match (a.digits(), b.digits()) {
                (Some(_), Some(_)) => widen_exact(a, b),
                _ => String,
            },
        }
    }

    /// Digits before and after the point of an exact number type.
    fn digits(&self) -> Option<(u8, u8)> {
        match self {
            HiveType::TinyInt => Some((3, 0)),
            HiveType::SmallInt => Some((5, 0)),
            HiveType::Int => Some((INT_DIGITS, 0)),
            HiveType::BigInt => Some((BIGINT_DIGITS, 0)),
            HiveType::Decimal(p, s) => Some((p.saturating_sub(*s), *s)),
            _ => None,
        }
    }

    /// A decimal type with room for that many digits; the precision is rounded up to 10, 18 or
    /// 38, so that a longer value seldom changes the schema. None: more than 38 digits.
    pub fn decimal_for(whole_digits: u8, scale: u8) -> Option<HiveType> {
        let needed = whole_digits.checked_add(scale)?;
        let precision = [10, 18, DECIMAL_DIGITS_MAX].into_iter().find(|p| *p >= needed)?;
        Some(HiveType::Decimal(precision, scale))
    }
}

/// Joins two exact number types.
fn widen_exact(a: &HiveType, b: &HiveType) -> HiveType {
    let rank = |t: &HiveType| match t {
        HiveType::TinyInt => Some(0),
        HiveType::SmallInt => Some(1),
        HiveType::Int => Some(2),
        HiveType::BigInt => Some(3),
        _ => None,
    };
    if let (Some(x), Some(y)) = (rank(a), rank(b)) {
        return if x >= y { a.clone() } else { b.clone() };
    }
    let ((whole_a, scale_a), (whole_b, scale_b)) = (a.digits().unwrap_or_default(), b.digits().unwrap_or_default());
    let (whole, scale) = (whole_a.max(whole_b), scale_a.max(scale_b));
    HiveType::decimal_for(whole, scale).unwrap_or(HiveType::String)
}

fn unknown_type(text: &str) -> Error {
    Error::not_supported(format!("the external column type \"{text}\""))
}

fn decimal(text: &str, arguments: &[u32]) -> Result<HiveType> {
    let (precision, scale) = match arguments {
        [] => (10, 0),
        [p] => (*p, 0),
        [p, s] => (*p, *s),
        _ => return Err(unknown_type(text)),
    };
    if precision == 0 || precision > u32::from(DECIMAL_DIGITS_MAX) || scale > precision {
        return Err(unknown_type(text));
    }
    Ok(HiveType::Decimal(precision as u8, scale as u8))
}

fn length(text: &str, arguments: &[u32], default: u32) -> Result<u32> {
    match arguments {
        [] => Ok(default),
        [n] if *n > 0 => Ok(*n),
        _ => Err(unknown_type(text)),
    }
}

impl fmt::Display for HiveType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HiveType::Boolean => f.write_str("boolean"),
            HiveType::TinyInt => f.write_str("tinyint"),
            HiveType::SmallInt => f.write_str("smallint"),
            HiveType::Int => f.write_str("int"),
            HiveType::BigInt => f.write_str("bigint"),
            HiveType::Float => f.write_str("float"),
            HiveType::Double => f.write_str("double"),
            HiveType::Decimal(p, s) => write!(f, "decimal({p},{s})"),
            HiveType::String => f.write_str("string"),
            HiveType::Varchar(n) => write!(f, "varchar({n})"),
            HiveType::Char(n) => write!(f, "char({n})"),
            HiveType::Date => f.write_str("date"),
            HiveType::Timestamp => f.write_str("timestamp"),
            HiveType::Binary => f.write_str("binary"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HiveType::{self, *};

    #[test]
    fn names_round_trip() {
        for name in [
            "boolean",
            "smallint",
            "int",
            "bigint",
            "decimal(10,2)",
            "string",
            "varchar(20)",
            "char(3)",
            "date",
            "timestamp",
        ] {
            assert_eq!(HiveType::parse(name).unwrap().to_string(), name);
        }
        assert_eq!(HiveType::parse(" DECIMAL ( 12 , 3 ) ").unwrap(), Decimal(12, 3));
        for bad in ["", "decimal(39,0)", "decimal(2,3)", "int(4)", "varchar(", "array<int>", "varchar(0)"] {
            assert!(HiveType::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn widening_is_exact_and_symmetric() {
        let cases = [
            (Int, BigInt, BigInt),
            (Int, Decimal(10, 2), Decimal(18, 2)),
            (BigInt, Decimal(10, 2), Decimal(38, 2)),
            (Decimal(10, 2), Decimal(18, 6), Decimal(18, 6)),
            (Decimal(10, 2), Double, Double),
            (BigInt, Double, String),
            (Int, Date, String),
            (Date, Timestamp, String),
            (Boolean, Int, String),
            (Decimal(38, 0), Decimal(38, 38), String),
            (Varchar(3), Char(8), Varchar(8)),
        ];
        for (a, b, wanted) in cases {
            assert_eq!(a.widen(&b), wanted, "{a} with {b}");
            assert_eq!(b.widen(&a), wanted, "{b} with {a}");
            assert_eq!(a.widen(&a), a);
            assert_eq!(String.widen(&a), String);
        }
    }
}
