//! Values of variables and parameters, and how each is written as an expression.
//!
//! A value goes into a statement as a typed literal. So a statement with values in it is planned
//! like any other, and means what it would mean if the user had written the value there.

use blueshift_sql::{ParserOptions, ast::Expr, parse_expression, unparse::quote};
use chrono::{DateTime, NaiveDate, TimeDelta};
use datafusion::{arrow::array::ArrayRef, common::ScalarValue};

use crate::{
    error::{Error, Result},
    types::{RedshiftType, text::format_value},
};

/// A value with its type.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// The value.
    pub scalar: ScalarValue,
    /// Its type; None: a NULL or a string that may become anything.
    pub data_type: Option<RedshiftType>,
}

impl Value {
    /// NULL of no type.
    pub fn null() -> Self {
        Value { scalar: ScalarValue::Null, data_type: None }
    }

    /// A boolean.
    pub fn boolean(value: bool) -> Self {
        Value { scalar: ScalarValue::Boolean(Some(value)), data_type: Some(RedshiftType::Boolean) }
    }

    /// An integer.
    pub fn integer(value: i64) -> Self {
        match i32::try_from(value) {
            Ok(narrow) => Value { scalar: ScalarValue::Int32(Some(narrow)), data_type: Some(RedshiftType::Integer) },
            Err(_) => Value { scalar: ScalarValue::Int64(Some(value)), data_type: Some(RedshiftType::BigInt) },
        }
    }

    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Value { scalar: ScalarValue::Utf8View(Some(text.into())), data_type: Some(RedshiftType::Varchar(None)) }
    }

    /// Value `row` of a column of a result.
    pub fn of_row(array: &ArrayRef, row: usize, data_type: Option<RedshiftType>) -> Result<Self> {
        let scalar = ScalarValue::try_from_array(array, row).map_err(Error::internal)?;
        Ok(Value { scalar, data_type })
    }

    /// Whether it is NULL.
    pub fn is_null(&self) -> bool {
        self.scalar.is_null()
    }

    /// Whether it is true.
    pub fn is_true(&self) -> bool {
        matches!(self.scalar, ScalarValue::Boolean(Some(true)))
    }

    /// As an integer, for bounds of loops.
    pub fn as_integer(&self) -> Option<i64> {
        match self.scalar {
            ScalarValue::Int16(value) => value.map(i64::from),
            ScalarValue::Int32(value) => value.map(i64::from),
            ScalarValue::Int64(value) => value,
            _ => None,
        }
    }

    /// As psql would print it; None: NULL.
    pub fn to_text(&self) -> Result<Option<String>> {
        if self.is_null() {
            return Ok(None);
        }
        if let Some(text) = self.scalar.try_as_str() {
            return Ok(text.map(str::to_owned));
        }
        let array = self.scalar.to_array().map_err(Error::internal)?;
        let mut text = String::new();
        format_value(array.as_ref(), 0, &mut text)?;
        Ok(Some(text))
    }

    /// An expression that stands for the value.
    pub fn to_expr(&self) -> Result<Expr> {
        let sql = self.to_sql()?;
        parse_expression(&sql, ParserOptions::default())
            .map_err(|error| Error::internal(format!("a value cannot be written as SQL: {error}")))
    }

    /// SQL that stands for the value.
    fn to_sql(&self) -> Result<String> {
        if self.is_null() {
            return Ok(match self.data_type {
                None | Some(RedshiftType::Varchar(None)) => "NULL".to_owned(),
                Some(data_type) => format!("CAST(NULL AS {data_type})"),
            });
        }
        if let Some(Some(text)) = self.scalar.try_as_str() {
            return Ok(match self.data_type {
                Some(data_type @ RedshiftType::Char(_)) => format!("CAST({} AS {data_type})", quote(text)),
                _ => quote(text),
            });
        }
        let (text, data_type) = match &self.scalar {
            ScalarValue::Boolean(Some(value)) => return Ok(if *value { "TRUE" } else { "FALSE" }.to_owned()),
            ScalarValue::Int16(Some(value)) => (value.to_string(), "SMALLINT".to_owned()),
            ScalarValue::Int32(Some(value)) if *value >= 0 => return Ok(format!("CAST({value} AS INTEGER)")),
            ScalarValue::Int32(Some(value)) => (value.to_string(), "INTEGER".to_owned()),
            ScalarValue::Int64(Some(value)) => (value.to_string(), "BIGINT".to_owned()),
            ScalarValue::Decimal128(Some(_), precision, scale) => {
                (self.to_text()?.unwrap_or_default(), format!("NUMERIC({precision},{scale})"))
            }
            ScalarValue::Float32(Some(value)) => (float(f64::from(*value), value.to_string()), "REAL".to_owned()),
            ScalarValue::Float64(Some(value)) => (float(*value, value.to_string()), "DOUBLE PRECISION".to_owned()),
            ScalarValue::Date32(Some(days)) => (date(*days)?, "DATE".to_owned()),
            ScalarValue::TimestampMicrosecond(Some(micros), None) => (timestamp(*micros)?, "TIMESTAMP".to_owned()),
            ScalarValue::TimestampMicrosecond(Some(micros), Some(_)) => {
                (timestamp(*micros)? + "+00", "TIMESTAMPTZ".to_owned())
            }
            ScalarValue::Time64Microsecond(_) => (self.to_text()?.unwrap_or_default(), "TIME".to_owned()),
            ScalarValue::Binary(Some(_)) | ScalarValue::BinaryView(Some(_)) => {
                let hex = self.to_text()?.unwrap_or_default();
                return Ok(format!("from_hex({})", quote(&hex)));
            }
            _ => {
                let name = self.data_type.map_or_else(|| self.scalar.data_type().to_string(), |t| t.to_string());
                return Err(Error::not_supported(format!("a variable or parameter of type {name}")));
            }
        };
        Ok(format!("CAST({} AS {data_type})", quote(&text)))
    }
}

fn float(value: f64, text: String) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        text
    }
}

fn date(days: i32) -> Result<String> {
    let date = NaiveDate::from_ymd_opt(1970, 1, 1)
        .and_then(|epoch| epoch.checked_add_signed(TimeDelta::days(i64::from(days))));
    date.map(|date| date.format("%Y-%m-%d").to_string()).ok_or_else(|| Error::out_of_range("date"))
}

fn timestamp(micros: i64) -> Result<String> {
    let at = DateTime::from_timestamp_micros(micros).ok_or_else(|| Error::out_of_range("timestamp"))?;
    Ok(at.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
}
