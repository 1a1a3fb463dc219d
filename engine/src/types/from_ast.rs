//! Types as they are written in SQL, with Redshift's aliases and defaults.

use blueshift_sql::ast::sql::{
    BinaryLength, CharacterLength, DataType as SqlType, ExactNumberInfo, IntervalFields, ObjectName, TimezoneInfo,
};

use super::{CatalogType, IntervalField, RedshiftType};
use crate::error::{Error, Result, SqlState};

impl RedshiftType {
    /// The type that `sql_type` names in a cast or a column definition.
    ///
    /// Errors: 42704 for types that Redshift has not (arrays, JSON, UUID, …), 0A000 for those that blueshift has not yet.
    pub fn from_sql(sql_type: &SqlType) -> Result<Self> {
        match sql_type {
            SqlType::Boolean | SqlType::Bool => Ok(RedshiftType::Boolean),
            SqlType::SmallInt(None) | SqlType::Int2(None) => Ok(RedshiftType::SmallInt),
            SqlType::Int(None) | SqlType::Integer(None) | SqlType::Int4(None) => Ok(RedshiftType::Integer),
            SqlType::BigInt(None) | SqlType::Int8(None) => Ok(RedshiftType::BigInt),
            SqlType::Decimal(info) | SqlType::Numeric(info) | SqlType::Dec(info) => exact(info),
            SqlType::Real | SqlType::Float4 => Ok(RedshiftType::Real),
            SqlType::Float(info) => Ok(float(info)),
            SqlType::Double(_) | SqlType::DoublePrecision | SqlType::Float8 => Ok(RedshiftType::Double),
            SqlType::Character(length) | SqlType::Char(length) => RedshiftType::char(char_length(length, 4096)),
            SqlType::Varchar(length)
            | SqlType::Nvarchar(length)
            | SqlType::CharVarying(length)
            | SqlType::CharacterVarying(length) => RedshiftType::varchar(char_length(length, 65_535)),
            SqlType::Text => RedshiftType::varchar(Some(256)),
            SqlType::Date => Ok(RedshiftType::Date),
            SqlType::Time(_, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => Ok(RedshiftType::Time),
            SqlType::Time(..) => Ok(RedshiftType::TimeTz),
            SqlType::Timestamp(_, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) | SqlType::Datetime(_) => {
                Ok(RedshiftType::Timestamp)
            }
            SqlType::Timestamp(_, _) => Ok(RedshiftType::TimestampTz),
            SqlType::Interval { fields, precision } => interval(fields.as_ref(), *precision),
            SqlType::Varbinary(length) => RedshiftType::varbyte(binary_length(length)),
            SqlType::Custom(name, modifiers) => custom(name, modifiers),
            other => Err(unsupported(&other.to_string().to_lowercase())),
        }
    }
}

/// Redshift has no such type (page c_unsupported-postgresql-datatypes).
fn unsupported(name: &str) -> Error {
    // These Redshift has, and blueshift has not.
    if matches!(name, "geometry" | "geography") {
        return Error::not_supported(format!("data type {name}"));
    }
    Error::new(SqlState::UNDEFINED_OBJECT, format!("unsupported type \"{name}\""))
}

/// The least field of a qualifier says what an interval is cut to.
fn interval(fields: Option<&IntervalFields>, precision: Option<u64>) -> Result<RedshiftType> {
    let Some(fields) = fields else { return Ok(RedshiftType::Interval) };
    let least = match fields {
        IntervalFields::Year => IntervalField::Year,
        IntervalFields::Month | IntervalFields::YearToMonth => IntervalField::Month,
        IntervalFields::Day => IntervalField::Day,
        IntervalFields::Hour | IntervalFields::DayToHour => IntervalField::Hour,
        IntervalFields::Minute | IntervalFields::DayToMinute | IntervalFields::HourToMinute => IntervalField::Minute,
        IntervalFields::Second
        | IntervalFields::DayToSecond
        | IntervalFields::HourToSecond
        | IntervalFields::MinuteToSecond => IntervalField::Second,
    };
    match (least, precision) {
        (IntervalField::Year | IntervalField::Month, None) => Ok(RedshiftType::IntervalYearToMonth(least)),
        (IntervalField::Second, Some(digits)) => RedshiftType::interval_day_to_second(digits),
        (_, None) => Ok(RedshiftType::IntervalDayToSecond(least, 6)),
        _ => Err(Error::new(SqlState::SYNTAX_ERROR, "only an interval down to seconds has a precision")),
    }
}

impl RedshiftType {
    /// The type that `sql_type` names in an expression: VARCHAR and TEXT without a length are as long as the value
    /// (page r_Character_types).
    ///
    /// Errors: as [`from_sql`](Self::from_sql).
    pub fn in_expression(sql_type: &SqlType) -> Result<Self> {
        match sql_type {
            SqlType::Varchar(None)
            | SqlType::Nvarchar(None)
            | SqlType::CharVarying(None)
            | SqlType::CharacterVarying(None)
            | SqlType::Text => Ok(RedshiftType::Varchar(None)),
            other => RedshiftType::from_sql(other),
        }
    }
}

fn exact(info: &ExactNumberInfo) -> Result<RedshiftType> {
    match info {
        ExactNumberInfo::None => RedshiftType::numeric(18, 0),
        ExactNumberInfo::Precision(precision) => RedshiftType::numeric(*precision, 0),
        ExactNumberInfo::PrecisionAndScale(precision, scale) => RedshiftType::numeric(*precision, *scale),
    }
}

fn float(info: &ExactNumberInfo) -> RedshiftType {
    match info {
        ExactNumberInfo::Precision(precision) if *precision <= 24 => RedshiftType::Real,
        _ => RedshiftType::Double,
    }
}

fn char_length(length: &Option<CharacterLength>, max: u64) -> Option<u64> {
    match length {
        None => None,
        Some(CharacterLength::IntegerLength { length, .. }) => Some(*length),
        Some(CharacterLength::Max) => Some(max),
    }
}

fn binary_length(length: &Option<BinaryLength>) -> Option<u64> {
    match length {
        Some(BinaryLength::IntegerLength { length }) => Some(*length),
        Some(BinaryLength::Max) => Some(1_024_000),
        None => None,
    }
}

/// Aliases that the parser does not know as types.
fn custom(name: &ObjectName, modifiers: &[String]) -> Result<RedshiftType> {
    let name = name.to_string().to_lowercase();
    let length = || match modifiers.first() {
        None => Ok(None),
        Some(text) => text
            .parse::<u64>()
            .map(Some)
            .map_err(|_| Error::new(SqlState::SYNTAX_ERROR, format!("invalid modifier \"{text}\" for type {name}"))),
    };
    // psql and drivers qualify the types that they cast to.
    match name.strip_prefix("pg_catalog.").unwrap_or(&name) {
        "bool" => Ok(RedshiftType::Boolean),
        "intervaly2m" => Ok(RedshiftType::IntervalYearToMonth(IntervalField::Month)),
        "intervald2s" => Ok(RedshiftType::IntervalDayToSecond(IntervalField::Second, 6)),
        "int2" => Ok(RedshiftType::SmallInt),
        "int4" => Ok(RedshiftType::Integer),
        "int8" => Ok(RedshiftType::BigInt),
        "float4" => Ok(RedshiftType::Real),
        "float8" => Ok(RedshiftType::Double),
        "date" => Ok(RedshiftType::Date),
        "timestamp" => Ok(RedshiftType::Timestamp),
        "text" => RedshiftType::varchar(Some(256)),
        "varchar" => RedshiftType::varchar(length()?),
        "bpchar" => RedshiftType::char(Some(256)),
        "nchar" => RedshiftType::char(length()?),
        "varbyte" => RedshiftType::varbyte(length()?),
        "timestamptz" => Ok(RedshiftType::TimestampTz),
        "timetz" => Ok(RedshiftType::TimeTz),
        "name" => RedshiftType::varchar(Some(128)),
        "oid" => Ok(RedshiftType::Catalog(CatalogType::Oid)),
        "super" => Ok(RedshiftType::Super),
        "hllsketch" => Ok(RedshiftType::HllSketch),
        "geometry" | "geography" => Err(Error::not_supported(format!("data type {name}"))),
        _ => Err(unsupported(&name)),
    }
}
