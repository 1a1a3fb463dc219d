//! The data types of Redshift, their limits, and how each is held in Arrow.
//!
//! Arrow knows no lengths of strings, so the full type travels beside the Arrow type in a field's
//! metadata under [`TYPE_METADATA_KEY`], written as Redshift names it (`character varying(20)`).

use std::{fmt, str::FromStr};

use datafusion::arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};

use super::CatalogType;
use crate::error::{Error, Result, SqlState};

/// Key of Arrow field metadata that holds the Redshift type of a column.
pub const TYPE_METADATA_KEY: &str = "redshift.type";

/// Longest CHAR, in bytes.
const CHAR_BYTES_MAX: u32 = 4096;
/// Longest VARCHAR, in bytes.
const VARCHAR_BYTES_MAX: u32 = 65_535;
/// Longest VARBYTE, in bytes.
const VARBYTE_BYTES_MAX: u32 = 1_024_000;
/// Highest precision of DECIMAL.
const DECIMAL_PRECISION_MAX: u8 = 38;
/// Highest scale of DECIMAL.
const DECIMAL_SCALE_MAX: i8 = 37;

/// Digits of a fraction of a second.
const FRACTION_DIGITS_MAX: u8 = 6;

/// A field of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntervalField {
    /// Years
    Year,
    /// Months
    Month,
    /// Days
    Day,
    /// Hours
    Hour,
    /// Minutes
    Minute,
    /// Seconds
    Second,
}

impl IntervalField {
    fn name(self) -> &'static str {
        match self {
            IntervalField::Year => "year",
            IntervalField::Month => "month",
            IntervalField::Day => "day",
            IntervalField::Hour => "hour",
            IntervalField::Minute => "minute",
            IntervalField::Second => "second",
        }
    }
}

/// A data type of Redshift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RedshiftType {
    /// `boolean`
    Boolean,
    /// `smallint`: two bytes
    SmallInt,
    /// `integer`: four bytes
    Integer,
    /// `bigint`: eight bytes
    BigInt,
    /// `numeric(precision, scale)`
    Numeric(u8, i8),
    /// `real`
    Real,
    /// `double precision`
    Double,
    /// `character(n)`: n bytes, blank padded
    Char(u32),
    /// `character varying(n)`: at most n bytes; None: of no declared length
    Varchar(Option<u32>),
    /// `date`
    Date,
    /// `time without time zone`
    Time,
    /// `timestamp without time zone`, in microseconds
    Timestamp,
    /// `timestamp with time zone`, kept in UTC
    TimestampTz,
    /// `time with time zone`, kept in UTC
    TimeTz,
    /// An interval literal without a qualifier: months, days and microseconds side by side
    Interval,
    /// `interval year to month`, down to the field
    IntervalYearToMonth(IntervalField),
    /// `interval day to second(p)`, down to the field; the precision counts for seconds only
    IntervalDayToSecond(IntervalField, u8),
    /// `binary varying(n)`
    Varbyte(u32),
    /// `super`: semi-structured values, see [`super_value`](super::super_value)
    Super,
    /// `hllsketch`: HyperLogLog sketches
    HllSketch,
    /// A type that only the system catalog has.
    Catalog(CatalogType),
}

impl RedshiftType {
    /// `interval day to second` with all digits.
    pub const DAY_TO_SECOND: RedshiftType =
        RedshiftType::IntervalDayToSecond(IntervalField::Second, FRACTION_DIGITS_MAX);
    /// `interval year to month`
    pub const YEAR_TO_MONTH: RedshiftType = RedshiftType::IntervalYearToMonth(IntervalField::Month);

    /// `INTERVAL DAY TO SECOND(digits)`
    pub fn interval_day_to_second(digits: u64) -> Result<Self> {
        match u8::try_from(digits) {
            Ok(digits) if digits <= FRACTION_DIGITS_MAX => {
                Ok(RedshiftType::IntervalDayToSecond(IntervalField::Second, digits))
            }
            _ => Err(Error::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!("INTERVAL({digits}) precision must be between 0 and {FRACTION_DIGITS_MAX}"),
            )),
        }
    }

    /// `VARCHAR(n)`; None stands for a bare VARCHAR in a definition: 256 bytes.
    pub fn varchar(length: Option<u64>) -> Result<Self> {
        Ok(RedshiftType::Varchar(Some(checked_length("character varying", length, 256, VARCHAR_BYTES_MAX)?)))
    }

    /// `CHAR(n)`; a bare CHAR is one byte.
    pub fn char(length: Option<u64>) -> Result<Self> {
        Ok(RedshiftType::Char(checked_length("character", length, 1, CHAR_BYTES_MAX)?))
    }

    /// `VARBYTE(n)`; a bare VARBYTE is 64,000 bytes.
    pub fn varbyte(length: Option<u64>) -> Result<Self> {
        Ok(RedshiftType::Varbyte(checked_length("binary varying", length, 64_000, VARBYTE_BYTES_MAX)?))
    }

    /// `NUMERIC(precision, scale)`, within Redshift's limits (38 and 37).
    pub fn numeric(precision: u64, scale: i64) -> Result<Self> {
        let invalid = |message: String| Error::new(SqlState::INVALID_PARAMETER_VALUE, message);
        if precision == 0 || precision > u64::from(DECIMAL_PRECISION_MAX) {
            return Err(invalid(format!(
                "NUMERIC precision {precision} must be between 1 and {DECIMAL_PRECISION_MAX}"
            )));
        }
        if scale < 0 || scale > i64::from(DECIMAL_SCALE_MAX) || scale as u64 > precision {
            return Err(invalid(format!("NUMERIC scale {scale} must be between 0 and precision {precision}")));
        }
        Ok(RedshiftType::Numeric(precision as u8, scale as i8))
    }

    /// The Arrow type that holds values of this type.
    pub fn arrow(&self) -> DataType {
        match self {
            RedshiftType::Boolean => DataType::Boolean,
            RedshiftType::SmallInt => DataType::Int16,
            RedshiftType::Integer => DataType::Int32,
            RedshiftType::BigInt => DataType::Int64,
            RedshiftType::Numeric(precision, scale) => DataType::Decimal128(*precision, *scale),
            RedshiftType::Real => DataType::Float32,
            RedshiftType::Double => DataType::Float64,
            RedshiftType::Char(_) | RedshiftType::Varchar(_) => DataType::Utf8View,
            RedshiftType::Date => DataType::Date32,
            RedshiftType::Time => DataType::Time64(TimeUnit::Microsecond),
            RedshiftType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            RedshiftType::TimestampTz => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            // Another unit than TIME, so that the two never mix unseen.
            RedshiftType::TimeTz => DataType::Time64(TimeUnit::Nanosecond),
            RedshiftType::Interval => DataType::Interval(IntervalUnit::MonthDayNano),
            RedshiftType::IntervalYearToMonth(_) => DataType::Interval(IntervalUnit::YearMonth),
            RedshiftType::IntervalDayToSecond(..) => DataType::Duration(TimeUnit::Microsecond),
            RedshiftType::Varbyte(_) => DataType::BinaryView,
            // Arrow types of their own, so that plans cannot confuse them with VARBYTE.
            RedshiftType::Super => DataType::LargeBinary,
            RedshiftType::HllSketch => DataType::Binary,
            RedshiftType::Catalog(catalog_type) => catalog_type.arrow(),
        }
    }

    /// The type of a field: from its metadata, else the one its Arrow type stands for.
    /// None for Arrow types that are no Redshift type (lists, structs, …).
    pub fn of_field(field: &Field) -> Option<Self> {
        let declared = field.metadata().get(TYPE_METADATA_KEY).and_then(|text| text.parse::<RedshiftType>().ok());
        match declared {
            Some(declared) if same_family(&declared.arrow(), field.data_type()) => Some(declared),
            _ => Self::of_arrow(field.data_type()),
        }
    }

    /// The Redshift type that an Arrow type stands for.
    pub fn of_arrow(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Boolean => RedshiftType::Boolean,
            DataType::Int8 | DataType::Int16 | DataType::UInt8 => RedshiftType::SmallInt,
            DataType::Int32 | DataType::UInt16 => RedshiftType::Integer,
            DataType::Int64 | DataType::UInt32 | DataType::UInt64 => RedshiftType::BigInt,
            DataType::Decimal128(precision, scale) => RedshiftType::Numeric(*precision, (*scale).max(0)),
            DataType::Float16 | DataType::Float32 => RedshiftType::Real,
            DataType::Float64 => RedshiftType::Double,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => RedshiftType::Varchar(None),
            DataType::Dictionary(_, value) => return Self::of_arrow(value),
            DataType::Date32 | DataType::Date64 => RedshiftType::Date,
            DataType::Time64(TimeUnit::Nanosecond) => RedshiftType::TimeTz,
            DataType::Time32(_) | DataType::Time64(_) => RedshiftType::Time,
            DataType::Timestamp(_, None) => RedshiftType::Timestamp,
            DataType::Timestamp(_, Some(_)) => RedshiftType::TimestampTz,
            DataType::Interval(IntervalUnit::YearMonth) => RedshiftType::IntervalYearToMonth(IntervalField::Month),
            DataType::Duration(_) => RedshiftType::DAY_TO_SECOND,
            DataType::Interval(_) => RedshiftType::Interval,
            DataType::LargeBinary => RedshiftType::Super,
            DataType::Binary => RedshiftType::HllSketch,
            DataType::BinaryView | DataType::FixedSizeBinary(_) => RedshiftType::Varbyte(64_000),
            list => RedshiftType::Catalog(CatalogType::of_list(list)?),
        })
    }

    /// A field of this type, with the type noted in its metadata.
    pub fn field(&self, name: impl Into<String>, nullable: bool) -> Field {
        Field::new(name, self.arrow(), nullable)
            .with_metadata([(TYPE_METADATA_KEY.to_owned(), self.to_string())].into())
    }

    /// The type a table column gets that is made from an expression of this type (CTAS, views).
    /// Strings of no declared length get the longest one.
    pub fn storable(self) -> Self {
        match self {
            RedshiftType::Varchar(None) => RedshiftType::Varchar(Some(VARCHAR_BYTES_MAX)),
            RedshiftType::Catalog(CatalogType::Name | CatalogType::Regproc) => RedshiftType::Varchar(Some(128)),
            RedshiftType::Catalog(CatalogType::InternalChar) => RedshiftType::Varchar(Some(1)),
            RedshiftType::Catalog(CatalogType::Oid) => RedshiftType::BigInt,
            other => other,
        }
    }

    /// The type as clients see it: intervals without the fields of their qualifier.
    pub fn client_name(&self) -> String {
        match self {
            RedshiftType::IntervalYearToMonth(_) => RedshiftType::YEAR_TO_MONTH.to_string(),
            RedshiftType::IntervalDayToSecond(field, _) if *field != IntervalField::Second => {
                RedshiftType::DAY_TO_SECOND.to_string()
            }
            other => other.to_string(),
        }
    }

    /// Numbers are printed to the right.
    pub fn is_numeric(&self) -> bool {
        matches!(
            self,
            RedshiftType::SmallInt
                | RedshiftType::Integer
                | RedshiftType::BigInt
                | RedshiftType::Numeric(..)
                | RedshiftType::Real
                | RedshiftType::Double
        )
    }
}

fn same_family(declared: &DataType, actual: &DataType) -> bool {
    let text = |t: &DataType| matches!(t, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    declared == actual || (text(declared) && text(actual))
}

fn checked_length(type_name: &str, length: Option<u64>, default: u32, max: u32) -> Result<u32> {
    match length {
        None => Ok(default),
        Some(0) => Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("length for type {type_name} must be at least 1"),
        )),
        Some(n) if n > u64::from(max) => Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("length for type {type_name} cannot exceed {max}"),
        )),
        Some(n) => Ok(n as u32),
    }
}

impl fmt::Display for RedshiftType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RedshiftType::Boolean => f.write_str("boolean"),
            RedshiftType::SmallInt => f.write_str("smallint"),
            RedshiftType::Integer => f.write_str("integer"),
            RedshiftType::BigInt => f.write_str("bigint"),
            RedshiftType::Numeric(precision, scale) => write!(f, "numeric({precision},{scale})"),
            RedshiftType::Real => f.write_str("real"),
            RedshiftType::Double => f.write_str("double precision"),
            RedshiftType::Char(n) => write!(f, "character({n})"),
            RedshiftType::Varchar(Some(n)) => write!(f, "character varying({n})"),
            RedshiftType::Varchar(None) => f.write_str("character varying"),
            RedshiftType::Date => f.write_str("date"),
            RedshiftType::Time => f.write_str("time without time zone"),
            RedshiftType::Timestamp => f.write_str("timestamp without time zone"),
            RedshiftType::TimestampTz => f.write_str("timestamp with time zone"),
            RedshiftType::TimeTz => f.write_str("time with time zone"),
            RedshiftType::Interval => f.write_str("interval"),
            RedshiftType::IntervalYearToMonth(IntervalField::Year) => f.write_str("interval year"),
            RedshiftType::IntervalYearToMonth(_) => f.write_str("interval year to month"),
            RedshiftType::IntervalDayToSecond(IntervalField::Day, _) => f.write_str("interval day"),
            RedshiftType::IntervalDayToSecond(IntervalField::Second, FRACTION_DIGITS_MAX) => {
                f.write_str("interval day to second")
            }
            RedshiftType::IntervalDayToSecond(IntervalField::Second, digits) => {
                write!(f, "interval day to second({digits})")
            }
            RedshiftType::IntervalDayToSecond(field, _) => write!(f, "interval day to {}", field.name()),
            RedshiftType::Varbyte(n) => write!(f, "binary varying({n})"),
            RedshiftType::Super => f.write_str("super"),
            RedshiftType::HllSketch => f.write_str("hllsketch"),
            RedshiftType::Catalog(catalog_type) => catalog_type.fmt(f),
        }
    }
}

impl FromStr for RedshiftType {
    type Err = Error;

    /// Reads the form that [`Display`](fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self> {
        let unknown = || Error::internal(format!("unknown type \"{text}\""));
        if let Some(catalog_type) = CatalogType::from_name(text) {
            return Ok(RedshiftType::Catalog(catalog_type));
        }
        let (name, arguments) = match text.split_once('(') {
            Some((name, rest)) => (name, rest.strip_suffix(')').ok_or_else(unknown)?),
            None => (text, ""),
        };
        let number = |s: &str| s.trim().parse::<u64>().map_err(|_| unknown());
        Ok(match (name, arguments) {
            ("boolean", "") => RedshiftType::Boolean,
            ("smallint", "") => RedshiftType::SmallInt,
            ("integer", "") => RedshiftType::Integer,
            ("bigint", "") => RedshiftType::BigInt,
            ("real", "") => RedshiftType::Real,
            ("double precision", "") => RedshiftType::Double,
            ("date", "") => RedshiftType::Date,
            ("time without time zone", "") => RedshiftType::Time,
            ("timestamp without time zone", "") => RedshiftType::Timestamp,
            ("timestamp with time zone", "") => RedshiftType::TimestampTz,
            ("time with time zone", "") => RedshiftType::TimeTz,
            ("interval", "") => RedshiftType::Interval,
            ("super", "") => RedshiftType::Super,
            ("hllsketch", "") => RedshiftType::HllSketch,
            ("interval year", "") => RedshiftType::IntervalYearToMonth(IntervalField::Year),
            ("interval year to month", "") => RedshiftType::IntervalYearToMonth(IntervalField::Month),
            ("interval day", "") => RedshiftType::IntervalDayToSecond(IntervalField::Day, FRACTION_DIGITS_MAX),
            ("interval day to hour", "") => RedshiftType::IntervalDayToSecond(IntervalField::Hour, FRACTION_DIGITS_MAX),
            ("interval day to minute", "") => {
                RedshiftType::IntervalDayToSecond(IntervalField::Minute, FRACTION_DIGITS_MAX)
            }
            ("interval day to second", "") => RedshiftType::DAY_TO_SECOND,
            ("interval day to second", n) => RedshiftType::interval_day_to_second(number(n)?)?,
            ("character varying", "") => RedshiftType::Varchar(None),
            ("character varying", n) => RedshiftType::varchar(Some(number(n)?))?,
            ("character", n) => RedshiftType::char(Some(number(n)?))?,
            ("binary varying", n) => RedshiftType::varbyte(Some(number(n)?))?,
            ("numeric", arguments) => {
                let (precision, scale) = arguments.split_once(',').ok_or_else(unknown)?;
                RedshiftType::numeric(number(precision)?, number(scale)? as i64)?
            }
            _ => return Err(unknown()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for name in [
            "boolean",
            "smallint",
            "integer",
            "bigint",
            "numeric(10,2)",
            "real",
            "double precision",
            "character(3)",
            "character varying(20)",
            "character varying",
            "date",
            "time without time zone",
            "timestamp without time zone",
            "timestamp with time zone",
            "interval",
            "interval year",
            "interval year to month",
            "interval day to minute",
            "interval day to second",
            "interval day to second(3)",
            "time with time zone",
            "binary varying(7)",
            "super",
            "hllsketch",
        ] {
            let parsed: RedshiftType = name.parse().unwrap();
            assert_eq!(parsed.to_string(), name);
            let field = parsed.field("x", true);
            assert_eq!(RedshiftType::of_field(&field), Some(parsed));
        }
    }

    #[test]
    fn limits_hold() {
        assert!(RedshiftType::varchar(Some(65_536)).is_err());
        assert!(RedshiftType::char(Some(4_097)).is_err());
        assert!(RedshiftType::numeric(39, 0).is_err());
        assert!(RedshiftType::numeric(10, 11).is_err());
        assert_eq!(RedshiftType::varchar(None).unwrap().to_string(), "character varying(256)");
    }

    #[test]
    fn stale_metadata_does_not_lie() {
        let field = RedshiftType::Varchar(Some(5)).field("x", true).with_data_type(DataType::Int32);
        assert_eq!(RedshiftType::of_field(&field), Some(RedshiftType::Integer));
    }
}
