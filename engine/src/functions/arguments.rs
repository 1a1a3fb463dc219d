//! A call's arguments as typed columns, and helpers that build its result.
//!
//! Arguments arrive as constants or arrays of whatever Arrow type the plan has (Utf8View, Utf8,
//! LargeUtf8, dictionaries …). A function asks for what it needs (`text`, `int`, `timestamp` …)
//! and gets Redshift's implicit conversion; constants are converted once per batch.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryViewArray, BooleanArray, BooleanBuilder, Decimal128Array,
        Float64Array, Int64Array, LargeBinaryArray, LargeBinaryBuilder, PrimitiveArray, PrimitiveBuilder,
        StringViewArray, StringViewBuilder, TimestampMicrosecondArray,
    },
    compute::cast,
    datatypes::{DataType, TimeUnit},
};
use datafusion::logical_expr::ColumnarValue;

use super::{
    datetime::{
        interval::{self, Interval},
        literal,
        zone::{self, Zone},
    },
    number,
    settings::SessionSettings,
    text, type_name,
};
use crate::{
    error::{Error, Result, SqlState},
    types::{super_value::convert::to_super, temporal, text::TextFormat},
};

/// TIMESTAMP's Arrow type.
pub const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);
/// TIME's Arrow type.
pub const TIME: DataType = DataType::Time64(TimeUnit::Microsecond);
/// TIMETZ's Arrow type.
pub const TIMETZ: DataType = DataType::Time64(TimeUnit::Nanosecond);

/// TIMESTAMPTZ's Arrow type.
pub fn timestamptz() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// What sort of value an Arrow type holds, in Redshift's eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The type of a bare NULL.
    Null,
    /// BOOLEAN
    Boolean,
    /// SMALLINT, INTEGER, BIGINT
    Integer,
    /// DECIMAL
    Decimal,
    /// REAL, DOUBLE PRECISION
    Float,
    /// CHAR, VARCHAR
    Text,
    /// DATE
    Date,
    /// TIME
    Time,
    /// TIMETZ
    TimeTz,
    /// TIMESTAMP
    Timestamp,
    /// TIMESTAMPTZ
    TimestampTz,
    /// INTERVAL
    Interval,
    /// VARBYTE
    Binary,
    /// SUPER
    Super,
    /// HLLSKETCH
    Sketch,
    /// Anything else.
    Other,
}

impl Kind {
    /// The kind of an Arrow type.
    pub fn of(data_type: &DataType) -> Kind {
        match data_type {
            DataType::Null => Kind::Null,
            DataType::Boolean => Kind::Boolean,
            data_type if data_type.is_integer() => Kind::Integer,
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) => Kind::Decimal,
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Kind::Float,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Kind::Text,
            DataType::Date32 | DataType::Date64 => Kind::Date,
            DataType::Time64(TimeUnit::Nanosecond) => Kind::TimeTz,
            DataType::Time32(_) | DataType::Time64(_) => Kind::Time,
            DataType::Timestamp(_, None) => Kind::Timestamp,
            DataType::Timestamp(_, Some(_)) => Kind::TimestampTz,
            DataType::Interval(_) | DataType::Duration(_) => Kind::Interval,
            DataType::BinaryView | DataType::FixedSizeBinary(_) => Kind::Binary,
            DataType::LargeBinary => Kind::Super,
            DataType::Binary => Kind::Sketch,
            _ => Kind::Other,
        }
    }

    /// A number.
    pub fn is_number(self) -> bool {
        matches!(self, Kind::Integer | Kind::Decimal | Kind::Float)
    }

    /// A number, or text that may hold one.
    pub fn is_number_or_text(self) -> bool {
        self.is_number() || self == Kind::Text
    }

    /// A date or timestamp, or text that may hold one.
    pub fn is_date_or_text(self) -> bool {
        matches!(self, Kind::Date | Kind::Timestamp | Kind::TimestampTz | Kind::Text)
    }

    /// A time of day, with or without a zone.
    pub fn is_time(self) -> bool {
        matches!(self, Kind::Time | Kind::TimeTz)
    }

    /// What converts to text by itself.
    pub fn is_textual(self) -> bool {
        !matches!(self, Kind::Other | Kind::Binary | Kind::Super | Kind::Sketch)
    }
}

/// One argument as a column of a known type; a constant is a column of one row that stands for all.
#[derive(Debug)]
pub struct Values<A> {
    array: A,
    constant: bool,
}

impl<A: Array> Values<A> {
    fn index(&self, row: usize) -> Option<usize> {
        let index = if self.constant { 0 } else { row };
        if self.array.is_null(index) { None } else { Some(index) }
    }

    /// Whether the argument is a constant.
    pub fn is_constant(&self) -> bool {
        self.constant
    }

    /// The array itself: of one row if the argument is a constant.
    pub fn array(&self) -> &A {
        &self.array
    }
}

impl<T: ArrowPrimitiveType> Values<PrimitiveArray<T>> {
    /// The value in a row; None for NULL.
    pub fn get(&self, row: usize) -> Option<T::Native> {
        self.index(row).map(|index| self.array.value(index))
    }
}

impl Values<StringViewArray> {
    /// The value in a row; None for NULL.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.index(row).map(|index| self.array.value(index))
    }
}

impl Values<BinaryViewArray> {
    /// The value in a row; None for NULL.
    pub fn get(&self, row: usize) -> Option<&[u8]> {
        self.index(row).map(|index| self.array.value(index))
    }
}

impl Values<LargeBinaryArray> {
    /// The value in a row; None for NULL.
    pub fn get(&self, row: usize) -> Option<&[u8]> {
        self.index(row).map(|index| self.array.value(index))
    }
}

impl Values<BooleanArray> {
    /// The value in a row; None for NULL.
    pub fn get(&self, row: usize) -> Option<bool> {
        self.index(row).map(|index| self.array.value(index))
    }
}

/// A call in execution.
#[derive(Debug)]
pub struct Call<'a> {
    /// The function's name.
    pub name: &'static str,
    /// The arguments.
    pub arguments: &'a [ColumnarValue],
    /// How many rows the result has: 1 if all arguments are constants.
    pub rows: usize,
    /// The session's parameters.
    pub settings: &'a SessionSettings,
    /// How the session reads and writes values.
    pub format: TextFormat,
    /// The result's type.
    pub return_type: &'a DataType,
}

impl Call<'_> {
    /// How many arguments there are.
    pub fn count(&self) -> usize {
        self.arguments.len()
    }

    /// The kind of an argument; Null beyond the last.
    pub fn kind(&self, index: usize) -> Kind {
        match self.arguments.get(index).map(ColumnarValue::data_type) {
            None => Kind::Null,
            Some(DataType::Dictionary(_, value)) => Kind::of(&value),
            Some(other) => Kind::of(&other),
        }
    }

    /// The argument as an array (of one row if it is a constant), dictionaries unpacked.
    pub fn array(&self, index: usize) -> Result<(ArrayRef, bool)> {
        let (array, constant) = match self.arguments.get(index) {
            None => return Err(Error::internal(format!("{} has no argument {index}", self.name))),
            Some(ColumnarValue::Scalar(value)) => (value.to_array().map_err(Error::internal)?, true),
            Some(ColumnarValue::Array(array)) => (Arc::clone(array), false),
        };
        match array.data_type() {
            DataType::Dictionary(_, value) => Ok((convert(&array, &value.clone())?, constant)),
            _ => Ok((array, constant)),
        }
    }

    /// The session's time zone.
    pub fn session_zone(&self) -> Result<Zone> {
        Ok(self.format.zone)
    }

    /// The argument as text.
    pub fn text(&self, index: usize) -> Result<Values<StringViewArray>> {
        let (array, constant) = self.array(index)?;
        let array = text::to_text(&array, &self.format)?;
        Ok(Values { array, constant })
    }

    /// The text of an argument that must be the same in all rows; None for NULL.
    pub fn constant_text(&self, index: usize) -> Result<Option<String>> {
        let values = self.text(index)?;
        if values.array.is_empty() {
            return Ok(None);
        }
        let first = values.get(0).map(str::to_string);
        let same = values.constant || (1..values.array.len()).all(|row| values.get(row) == first.as_deref());
        if same {
            return Ok(first);
        }
        Err(Error::not_supported(format!("argument {} of {} that is no constant", index + 1, self.name)))
    }

    /// The argument as VARBYTE; text gives its bytes.
    pub fn binary(&self, index: usize) -> Result<Values<BinaryViewArray>> {
        let (array, constant) = self.array(index)?;
        let array = if Kind::of(array.data_type()) == Kind::Text {
            text::to_text(&array, &self.format)?.to_binary_view()
        } else {
            convert(&array, &DataType::BinaryView)?.as_binary_view().clone()
        };
        Ok(Values { array, constant })
    }

    /// The argument as SUPER.
    pub fn semi_structured(&self, index: usize) -> Result<Values<LargeBinaryArray>> {
        let (array, constant) = self.array(index)?;
        Ok(Values { array: to_super(&array)?, constant })
    }

    /// The argument as a 64-bit integer: fractions are rounded, text is parsed.
    pub fn int(&self, index: usize) -> Result<Values<Int64Array>> {
        let (array, constant) = self.array(index)?;
        Ok(Values { array: number::to_int(&array)?, constant })
    }

    /// The argument as a double.
    pub fn float(&self, index: usize) -> Result<Values<Float64Array>> {
        let (array, constant) = self.array(index)?;
        Ok(Values { array: number::to_float(&array)?, constant })
    }

    /// The argument as a decimal of a scale, at full precision.
    pub fn decimal(&self, index: usize, scale: i8) -> Result<Values<Decimal128Array>> {
        let (array, constant) = self.array(index)?;
        Ok(Values { array: number::to_decimal(&array, scale)?, constant })
    }

    /// The argument as a boolean; numbers are true unless 0.
    pub fn boolean(&self, index: usize) -> Result<Values<BooleanArray>> {
        let (array, constant) = self.array(index)?;
        let array = match Kind::of(array.data_type()) {
            Kind::Boolean => array.as_boolean().clone(),
            Kind::Null => BooleanArray::from(vec![None; array.len()]),
            Kind::Text => {
                let words = text::to_text(&array, &self.format)?;
                words.iter().map(|word| word.map(parse_boolean).transpose()).collect::<Result<BooleanArray>>()?
            }
            _ => number::to_int(&array)?.iter().map(|value| value.map(|number| number != 0)).collect(),
        };
        Ok(Values { array, constant })
    }

    /// The argument as local date and time in microseconds since 1970: a TIMESTAMPTZ is seen from
    /// the session's zone, a date is its midnight, text is parsed.
    pub fn timestamp(&self, index: usize) -> Result<Values<TimestampMicrosecondArray>> {
        let (array, constant) = self.array(index)?;
        let array = match Kind::of(array.data_type()) {
            Kind::Text => {
                let texts = text::to_text(&array, &self.format)?;
                texts
                    .iter()
                    .map(|text| text.map(|text| temporal::timestamp(text, &self.format)).transpose())
                    .collect::<Result<_>>()?
            }
            Kind::TimestampTz => {
                let instants = convert(&array, &timestamptz())?;
                zone::to_local(instants.as_primitive(), &self.session_zone()?)?
            }
            Kind::Date => literal::dates_to_timestamps(convert(&array, &DataType::Date32)?.as_primitive())?,
            _ => convert(&array, &TIMESTAMP)?.as_primitive().clone(),
        };
        Ok(Values { array, constant })
    }

    /// The argument as an instant in microseconds since 1970 UTC: what has no zone is taken to be
    /// local time of the session's zone.
    pub fn instant(&self, index: usize) -> Result<Values<TimestampMicrosecondArray>> {
        let (array, constant) = self.array(index)?;
        let zone = self.session_zone()?;
        let array = match Kind::of(array.data_type()) {
            Kind::TimestampTz => {
                let instants = convert(&array, &timestamptz())?;
                instants
                    .as_primitive::<arrow::datatypes::TimestampMicrosecondType>()
                    .clone()
                    .with_timezone_opt(None::<String>)
            }
            Kind::Text => {
                let texts = text::to_text(&array, &self.format)?;
                let parse = |text| temporal::timestamptz(text, &self.format);
                texts.iter().map(|text| text.map(parse).transpose()).collect::<Result<_>>()?
            }
            _ => zone::to_utc(&self.timestamp(index)?.array, &zone)?,
        };
        Ok(Values { array, constant })
    }

    /// The argument's intervals; one for a constant.
    pub fn intervals(&self, index: usize) -> Result<Vec<Option<Interval>>> {
        let (array, _) = self.array(index)?;
        match Kind::of(array.data_type()) {
            Kind::Interval => interval::read(&array),
            Kind::Null => Ok(vec![None; array.len()]),
            _ => {
                let texts = text::to_text(&array, &self.format)?;
                texts.iter().map(|text| text.map(interval::parse).transpose()).collect()
            }
        }
    }

    /// The argument as a time of day in microseconds; that of a TIMETZ is in UTC.
    pub fn time(&self, index: usize) -> Result<Values<Int64Array>> {
        let (array, constant) = self.array(index)?;
        let array = match Kind::of(array.data_type()) {
            Kind::Text => {
                let texts = text::to_text(&array, &self.format)?;
                texts.iter().map(|text| text.map(literal::parse_time).transpose()).collect::<Result<_>>()?
            }
            _ => convert(&convert(&array, &TIME)?, &DataType::Int64)?.as_primitive().clone(),
        };
        Ok(Values { array, constant })
    }

    // ---- results ----

    /// A result of fixed-width values, row by row.
    pub fn build<T: ArrowPrimitiveType>(
        &self,
        mut value: impl FnMut(usize) -> Result<Option<T::Native>>,
    ) -> Result<ArrayRef> {
        let mut builder = PrimitiveBuilder::<T>::with_capacity(self.rows).with_data_type(self.return_type.clone());
        for row in 0..self.rows {
            builder.append_option(value(row)?);
        }
        Ok(Arc::new(builder.finish()))
    }

    /// A result of booleans, row by row.
    pub fn build_boolean(&self, mut value: impl FnMut(usize) -> Result<Option<bool>>) -> Result<ArrayRef> {
        let mut builder = BooleanBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            builder.append_option(value(row)?);
        }
        Ok(Arc::new(builder.finish()))
    }

    /// A result of SUPER values that are parts of the arguments, row by row.
    pub fn build_super<'t>(&self, mut value: impl FnMut(usize) -> Result<Option<&'t [u8]>>) -> Result<ArrayRef> {
        let mut builder = LargeBinaryBuilder::with_capacity(self.rows, self.rows * 8);
        for row in 0..self.rows {
            builder.append_option(value(row)?);
        }
        Ok(Arc::new(builder.finish()))
    }

    /// A result of SUPER values that are made up: `write` appends to nothing and says whether the
    /// result is a value (true) or NULL (false).
    pub fn write_super(&self, mut write: impl FnMut(usize, &mut Vec<u8>) -> Result<bool>) -> Result<ArrayRef> {
        let mut builder = LargeBinaryBuilder::with_capacity(self.rows, self.rows * 16);
        let mut scratch = Vec::new();
        for row in 0..self.rows {
            scratch.clear();
            let valid = write(row, &mut scratch)?;
            builder.append_option(valid.then_some(scratch.as_slice()));
        }
        Ok(Arc::new(builder.finish()))
    }

    /// A result of texts that are parts of the arguments, row by row.
    pub fn build_text<'t>(&self, mut value: impl FnMut(usize) -> Result<Option<&'t str>>) -> Result<ArrayRef> {
        let mut builder = StringViewBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            builder.append_option(value(row)?);
        }
        Ok(Arc::new(builder.finish()))
    }

    /// A result of texts that are made up: `write` appends to an empty string and says whether the
    /// result is a value (true) or NULL (false).
    pub fn write_text(&self, mut write: impl FnMut(usize, &mut String) -> Result<bool>) -> Result<ArrayRef> {
        let mut builder = StringViewBuilder::with_capacity(self.rows);
        let mut scratch = String::new();
        for row in 0..self.rows {
            scratch.clear();
            let valid = write(row, &mut scratch)?;
            if scratch.len() > text::BYTES_MAX {
                return Err(Error::string_too_long(format!("character varying({})", text::BYTES_MAX)));
            }
            builder.append_option(valid.then_some(scratch.as_str()));
        }
        Ok(Arc::new(builder.finish()))
    }
}

/// Arrow's cast, with an error that names both types in Redshift's words.
pub fn convert(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    if array.data_type() == to {
        return Ok(Arc::clone(array));
    }
    cast(array, to).map_err(|error| {
        let message = format!("cannot cast type {} to {}", type_name(array.data_type()), type_name(to));
        Error::new(SqlState::CANNOT_COERCE, message).with_source(error)
    })
}

/// Text as a boolean, in the spellings that Redshift takes.
pub fn parse_boolean(text: &str) -> Result<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "1" | "on" => Ok(true),
        "f" | "false" | "n" | "no" | "0" | "off" => Ok(false),
        _ => Err(Error::invalid_text("boolean", text)),
    }
}
