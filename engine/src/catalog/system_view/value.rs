//! Values of system views, and arrays made of them.

use std::{borrow::Cow, sync::Arc};

use datafusion::arrow::{
    array::{
        ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder, Float64Builder, Int16Builder,
        Int32Builder, Int64Builder, LargeListBuilder, ListBuilder, StringViewBuilder, TimestampMicrosecondBuilder,
        new_null_array,
    },
    datatypes::{DataType, TimeUnit},
};

use crate::{
    error::{Error, Result},
    types::{CatalogType, RedshiftType},
};

/// `name`
pub const NAME: RedshiftType = RedshiftType::Catalog(CatalogType::Name);
/// `oid`
pub const OID: RedshiftType = RedshiftType::Catalog(CatalogType::Oid);
/// `"char"`
pub const CHAR: RedshiftType = RedshiftType::Catalog(CatalogType::InternalChar);
/// `regproc`
pub const REGPROC: RedshiftType = RedshiftType::Catalog(CatalogType::Regproc);
/// `int2vector`
pub const INT2VECTOR: RedshiftType = RedshiftType::Catalog(CatalogType::Int2Vector);
/// `oidvector`
pub const OIDVECTOR: RedshiftType = RedshiftType::Catalog(CatalogType::OidVector);
/// `smallint[]`
pub const INT2_ARRAY: RedshiftType = RedshiftType::Catalog(CatalogType::SmallIntArray);
/// `integer[]`
pub const INT4_ARRAY: RedshiftType = RedshiftType::Catalog(CatalogType::IntegerArray);
/// `oid[]`
pub const OID_ARRAY: RedshiftType = RedshiftType::Catalog(CatalogType::OidArray);
/// `text[]`
pub const TEXT_ARRAY: RedshiftType = RedshiftType::Catalog(CatalogType::TextArray);
/// `aclitem[]`
pub const ACL_ARRAY: RedshiftType = RedshiftType::Catalog(CatalogType::AclItemArray);
/// `boolean`
pub const BOOL: RedshiftType = RedshiftType::Boolean;
/// `smallint`
pub const INT2: RedshiftType = RedshiftType::SmallInt;
/// `integer`
pub const INT4: RedshiftType = RedshiftType::Integer;
/// `bigint`
pub const INT8: RedshiftType = RedshiftType::BigInt;
/// `real`
pub const REAL: RedshiftType = RedshiftType::Real;
/// `double precision`
pub const DOUBLE: RedshiftType = RedshiftType::Double;
/// `timestamp`
pub const TIMESTAMP: RedshiftType = RedshiftType::Timestamp;
/// `date`
pub const DATE: RedshiftType = RedshiftType::Date;
/// `character varying(65535)`, what `text` is in catalogs.
pub const TEXT: RedshiftType = RedshiftType::Varchar(Some(65_535));
/// `character varying(128)`
pub const VARCHAR128: RedshiftType = RedshiftType::Varchar(Some(128));

/// A value in a row of a system view.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// NULL.
    Null,
    /// Text.
    Text(Cow<'a, str>),
    /// SMALLINT, INTEGER, BIGINT, OID, DATE (days) or TIMESTAMP (microseconds), as the column says.
    Integer(i64),
    /// REAL or DOUBLE PRECISION; NUMERIC, rounded to the column's scale.
    Float(f64),
    /// BOOLEAN.
    Boolean(bool),
    /// A vector or array of numbers.
    Integers(Vec<i64>),
    /// An array of texts.
    Texts(Vec<String>),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Value::Text(Cow::Borrowed(text))
    }
}

macro_rules! from_integers {
    ($($type:ty),*) => {$(
        impl From<$type> for Value<'_> {
            fn from(number: $type) -> Self {
                Value::Integer(number as i64)
            }
        }
    )*};
}

from_integers!(i16, i32, i64, u32, u64, usize);

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Value::Float(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(boolean: bool) -> Self {
        Value::Boolean(boolean)
    }
}

impl From<Vec<i64>> for Value<'_> {
    fn from(numbers: Vec<i64>) -> Self {
        Value::Integers(numbers)
    }
}

impl From<Vec<String>> for Value<'_> {
    fn from(texts: Vec<String>) -> Self {
        Value::Texts(texts)
    }
}

impl From<chrono::DateTime<chrono::Utc>> for Value<'_> {
    fn from(instant: chrono::DateTime<chrono::Utc>) -> Self {
        Value::Integer(instant.timestamp_micros())
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// An array of a column's type.
///
/// Errors: XX000 for a value that is none of the type's.
pub fn array<'v>(redshift_type: RedshiftType, values: impl Iterator<Item = Value<'v>>) -> Result<ArrayRef> {
    let data_type = redshift_type.arrow();
    let mut misfit = None;
    macro_rules! build {
        ($builder:expr, $($pattern:pat => $value:expr),+) => {{
            let mut builder = $builder;
            for value in values {
                match value {
                    Value::Null => builder.append_null(),
                    $($pattern => builder.append_option($value),)+
                    other => {
                        misfit = Some(format!("{other:?}"));
                        builder.append_null();
                    }
                }
            }
            Arc::new(builder.finish()) as ArrayRef
        }};
    }
    let array = match &data_type {
        DataType::Utf8View => build!(StringViewBuilder::new(), Value::Text(text) => Some(text)),
        DataType::Int16 => build!(Int16Builder::new(), Value::Integer(number) => i16::try_from(number).ok()),
        DataType::Int32 => build!(Int32Builder::new(), Value::Integer(number) => i32::try_from(number).ok()),
        DataType::Int64 => build!(Int64Builder::new(), Value::Integer(number) => Some(number)),
        DataType::Date32 => build!(Date32Builder::new(), Value::Integer(days) => i32::try_from(days).ok()),
        DataType::Float32 => build!(Float32Builder::new(), Value::Float(number) => Some(number as f32)),
        DataType::Float64 => build!(Float64Builder::new(), Value::Float(number) => Some(number)),
        DataType::Boolean => build!(BooleanBuilder::new(), Value::Boolean(boolean) => Some(boolean)),
        DataType::Timestamp(TimeUnit::Microsecond, _) => build!(
            TimestampMicrosecondBuilder::new().with_data_type(data_type.clone()),
            Value::Integer(micros) => Some(micros)
        ),
        DataType::Decimal128(_, scale) => {
            let one = 10_f64.powi(i32::from(*scale));
            build!(
                Decimal128Builder::new().with_data_type(data_type.clone()),
                Value::Float(number) => Some((number * one).round() as i128),
                Value::Integer(number) => Some(i128::from(number) * one as i128)
            )
        }
        DataType::List(item) => match item.data_type() {
            DataType::Utf8View => build!(ListBuilder::new(StringViewBuilder::new()),
                Value::Texts(texts) => Some(texts.into_iter().map(Some))),
            DataType::Int16 => build!(ListBuilder::new(Int16Builder::new()),
                Value::Integers(numbers) => Some(numbers.into_iter().map(|number| i16::try_from(number).ok()))),
            DataType::Int32 => build!(ListBuilder::new(Int32Builder::new()),
                Value::Integers(numbers) => Some(numbers.into_iter().map(|number| i32::try_from(number).ok()))),
            _ => build!(ListBuilder::new(Int64Builder::new()),
                Value::Integers(numbers) => Some(numbers.into_iter().map(Some))),
        },
        DataType::LargeList(item) if *item.data_type() == DataType::Int16 => {
            build!(LargeListBuilder::new(Int16Builder::new()),
                Value::Integers(numbers) => Some(numbers.into_iter().map(|number| i16::try_from(number).ok())))
        }
        DataType::LargeList(_) => build!(LargeListBuilder::new(Int64Builder::new()),
            Value::Integers(numbers) => Some(numbers.into_iter().map(Some))),
        // Types that no view fills yet (SUPER of SYS views).
        other => {
            let rows = values.filter(|value| *value == Value::Null).count();
            new_null_array(other, rows)
        }
    };
    match misfit {
        None => Ok(array),
        Some(value) => Err(Error::internal(format!("{value} is no value of type {redshift_type}"))),
    }
}
