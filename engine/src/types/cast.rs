//! Casts as Redshift makes them, over whole arrays.
//!
//! Arrow's own cast serves numbers among numbers; what differs is here: text to anything (blanks
//! around a value do not count, more date formats), anything to text (as psql prints it),
//! fractions to integers (rounded, not cut), and the byte lengths of CHAR and VARCHAR.

use std::sync::Arc;

use datafusion::arrow::{
    array::{
        Array, ArrayRef, AsArray, BinaryViewArray, BooleanBuilder, Decimal128Builder, Float64Array, Float64Builder,
        Int64Array, Int64Builder, StringViewArray, StringViewBuilder, new_null_array,
    },
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, Decimal128Type, Float32Type, Float64Type},
    error::ArrowError,
};

use super::{
    CatalogType, RedshiftType, bytes, parse, super_value, temporal,
    text::{self, DOUBLE_DIGITS, REAL_DIGITS, TextFormat},
};
use crate::{
    error::{Error, Result, SqlState},
    functions::hll,
};

/// What to do with a value that the target type cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastMode {
    /// CAST and `::`: an error; text is cut to the length of its type.
    Explicit,
    /// Storing into a column: an error, also for text that is too long (blanks at its end may go).
    Assignment,
    /// TRY_CAST: NULL.
    Try,
    /// CAST and `::` of a SUPER value while `cast_super_null_on_error` is off: an error, where it would be NULL.
    Strict,
}

/// Casts `array` to `target`, as a session with default settings does.
///
/// Errors: 22P02, 22007, 22008, 22003, 22001 by the kind of value; 42846 when there is no such cast.
pub fn cast_array(array: &ArrayRef, target: &RedshiftType, mode: CastMode) -> Result<ArrayRef> {
    cast_array_in(array, target, mode, &TextFormat::default())
}

/// Casts `array` to `target`; the session's zone stands between TIMESTAMPTZ and what has no zone.
pub fn cast_array_in(array: &ArrayRef, target: &RedshiftType, mode: CastMode, format: &TextFormat) -> Result<ArrayRef> {
    let source = array.data_type();
    if *source == DataType::Null {
        return Ok(new_null_array(&target.arrow(), array.len()));
    }
    if let Some(values) = array.as_binary_opt::<i64>() {
        return super_value::convert::from_super(values, target, mode == CastMode::Strict);
    }
    if let DataType::Dictionary(_, value) = source {
        let plain = cast_with_options(array, value, &CastOptions::default()).map_err(Error::internal)?;
        return cast_array_in(&plain, target, mode, format);
    }
    match target {
        RedshiftType::Super => Ok(Arc::new(super_value::convert::to_super(array)?)),
        RedshiftType::HllSketch => hll::cast(array),
        RedshiftType::Varchar(length) => limit_text(to_text(array, mode, format)?, target, *length, mode),
        RedshiftType::Char(length) => limit_text(to_text(array, mode, format)?, target, Some(*length), mode),
        _ if is_text(source) => from_text(&as_string_view(array)?, target, mode, format),
        RedshiftType::SmallInt | RedshiftType::Integer | RedshiftType::BigInt if is_fractional(source) => {
            arrow_cast(&(Arc::new(round_to_bigint(array, target)?) as ArrayRef), target, mode)
        }
        RedshiftType::Boolean if is_fractional(source) => Err(super_value::convert::no_cast(
            if matches!(source, DataType::Decimal128(..)) { "numeric" } else { "double precision" },
            "boolean",
        )),
        RedshiftType::Varbyte(length) if source.is_integer() => {
            limit_bytes(&bytes::from_integers(array)?, target, *length, mode)
        }
        RedshiftType::SmallInt | RedshiftType::Integer | RedshiftType::BigInt if *source == DataType::BinaryView => {
            bytes::to_integers(array.as_binary_view(), target, mode)
        }
        RedshiftType::Varbyte(length) if *source == DataType::BinaryView => limit_bytes(array, target, *length, mode),
        RedshiftType::Numeric(precision, scale) if source.is_floating() => {
            floats_to_decimal(array, target, (*precision, *scale), mode)
        }
        RedshiftType::Numeric(19, _) => within_64_bits(arrow_cast(array, target, mode)?, target, mode),
        _ if is_temporal(source) || is_temporal(&target.arrow()) => temporal::cast(array, target, mode, format),
        RedshiftType::Real | RedshiftType::Double => to_float(array, target, mode),
        _ => arrow_cast(array, target, mode),
    }
}

/// Whether casts of `data_type` are a matter of dates, times or intervals.
fn is_temporal(data_type: &DataType) -> bool {
    data_type.is_temporal()
}

/// DOUBLE PRECISION to REAL may overflow; Arrow makes infinity of it.
fn to_float(array: &ArrayRef, target: &RedshiftType, mode: CastMode) -> Result<ArrayRef> {
    if *array.data_type() == DataType::Boolean {
        return Err(no_cast(array.data_type(), target));
    }
    let cast = arrow_cast(array, target, mode)?;
    if let (Some(wide), Some(narrow)) =
        (array.as_primitive_opt::<Float64Type>(), cast.as_primitive_opt::<Float32Type>())
    {
        let overflows = wide.iter().zip(narrow.iter()).any(|(wide, narrow)| {
            matches!((wide, narrow), (Some(wide), Some(narrow)) if wide.is_finite() && narrow.is_infinite())
        });
        if overflows && mode != CastMode::Try {
            return Err(Error::out_of_range(target));
        }
    }
    Ok(cast)
}

/// By way of the fifteen digits that are certain, rounded half away from zero: 2.675 is 2.68.
fn floats_to_decimal(array: &ArrayRef, target: &RedshiftType, to: (u8, i8), mode: CastMode) -> Result<ArrayRef> {
    let digits = if *array.data_type() == DataType::Float64 { DOUBLE_DIGITS } else { REAL_DIGITS };
    let floats = cast_with_options(array, &DataType::Float64, &CastOptions::default()).map_err(Error::internal)?;
    let limit = numeric_limit(to.0);
    let mut builder =
        Decimal128Builder::with_capacity(array.len()).with_precision_and_scale(to.0, to.1).map_err(Error::internal)?;
    let mut text = String::new();
    for value in floats.as_primitive::<Float64Type>() {
        let Some(value) = value else {
            builder.append_null();
            continue;
        };
        text.clear();
        text::push_float(&mut text, value, digits as usize);
        match parse::decimal(&text, to.1 as u32).filter(|value| value.abs() < limit) {
            Some(value) => builder.append_value(value),
            None if mode == CastMode::Try => builder.append_null(),
            None => return Err(overflow(target)),
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// `cannot cast type x to y`
pub(super) fn no_cast(source: &DataType, target: &RedshiftType) -> Error {
    let source = RedshiftType::of_arrow(source).map_or_else(|| source.to_string(), |source| source.to_string());
    Error::new(SqlState::CANNOT_COERCE, format!("cannot cast type {source} to {target}"))
}

/// Values of NUMERIC(precision) are below this. Nineteen digits are kept in 64 bits, which hold not all of them.
fn numeric_limit(precision: u8) -> i128 {
    if precision == 19 { i128::from(i64::MAX) + 1 } else { 10_i128.pow(u32::from(precision)) }
}

fn within_64_bits(array: ArrayRef, target: &RedshiftType, mode: CastMode) -> Result<ArrayRef> {
    let values = array.as_primitive::<Decimal128Type>();
    let fits = |value: i128| value.abs() < numeric_limit(19);
    if values.iter().flatten().all(fits) {
        return Ok(array);
    }
    match mode {
        CastMode::Try => {
            let kept = values.unary_opt::<_, Decimal128Type>(|value| fits(value).then_some(value));
            Ok(Arc::new(kept.with_data_type(array.data_type().clone())))
        }
        _ => Err(overflow(target)),
    }
}

/// The error of a number that a type cannot hold.
fn overflow(target: &RedshiftType) -> Error {
    match target {
        RedshiftType::Numeric(..) => Error::numeric_overflow("result precision"),
        other => Error::out_of_range(other),
    }
}

/// Whether `data_type` holds text.
pub fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, value) => is_text(value),
        _ => false,
    }
}

fn is_fractional(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Float32 | DataType::Float64 | DataType::Decimal128(..))
}

fn as_string_view(array: &ArrayRef) -> Result<StringViewArray> {
    let cast = cast_with_options(array, &DataType::Utf8View, &CastOptions::default()).map_err(Error::internal)?;
    Ok(cast.as_string_view().clone())
}

fn arrow_cast(array: &ArrayRef, target: &RedshiftType, mode: CastMode) -> Result<ArrayRef> {
    let options = CastOptions { safe: mode == CastMode::Try, ..CastOptions::default() };
    cast_with_options(array, &target.arrow(), &options).map_err(|error| match error {
        ArrowError::CastError(message) if message.starts_with("Casting from") => no_cast(array.data_type(), target),
        ArrowError::CastError(_) | ArrowError::InvalidArgumentError(_) | ArrowError::ArithmeticOverflow(_) => {
            overflow(target)
        }
        other => Error::internal(other),
    })
}

/// Anything as text. Booleans become `true` and `false`, as a cast spells them.
fn to_text(array: &ArrayRef, mode: CastMode, format: &TextFormat) -> Result<StringViewArray> {
    match array.data_type() {
        text if is_text(text) => return as_string_view(array),
        DataType::BinaryView => return bytes_to_text(array, mode),
        _ => {}
    }
    let mut builder = StringViewBuilder::with_capacity(array.len());
    let mut value = String::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            builder.append_null();
            continue;
        }
        value.clear();
        if let Some(booleans) = array.as_boolean_opt() {
            value.push_str(if booleans.value(row) { "true" } else { "false" });
        } else {
            format.write(array.as_ref(), row, &mut value)?;
        }
        builder.append_value(&value);
    }
    Ok(builder.finish())
}

/// VARBYTE holds the bytes of the text.
fn bytes_to_text(array: &ArrayRef, mode: CastMode) -> Result<StringViewArray> {
    let options = CastOptions { safe: mode == CastMode::Try, ..CastOptions::default() };
    let text = cast_with_options(array, &DataType::Utf8View, &options).map_err(|_| {
        Error::new(SqlState::CHARACTER_NOT_IN_REPERTOIRE, "the bytes of a VARBYTE value are no valid UTF-8 text")
    })?;
    Ok(text.as_string_view().clone())
}

/// Text with blanks at its end to a length in bytes.
pub fn padded(array: &ArrayRef, width: usize) -> Result<ArrayRef> {
    let texts = as_string_view(array)?;
    let mut builder = StringViewBuilder::with_capacity(array.len());
    let mut text = String::new();
    for value in &texts {
        let Some(value) = value else {
            builder.append_null();
            continue;
        };
        text.clear();
        text.push_str(value);
        text.extend(std::iter::repeat_n(' ', width.saturating_sub(value.len())));
        builder.append_value(&text);
    }
    let padded: ArrayRef = Arc::new(builder.finish());
    cast_with_options(&padded, array.data_type(), &CastOptions::default()).map_err(Error::internal)
}

/// Holds a VARBYTE to its length: a cast cuts, storing is refused (page r_VARBYTE_type).
fn limit_bytes(array: &ArrayRef, target: &RedshiftType, length: u32, mode: CastMode) -> Result<ArrayRef> {
    let (values, length) = (array.as_binary_view(), length as usize);
    if values.iter().flatten().all(|value| value.len() <= length) {
        return Ok(Arc::clone(array));
    }
    if mode == CastMode::Assignment {
        return Err(Error::string_too_long(target));
    }
    let cut = values.iter().map(|value| value.map(|value| &value[..value.len().min(length)]));
    Ok(Arc::new(cut.collect::<BinaryViewArray>()))
}

/// Holds text to its length in bytes; cut at a character's boundary, never inside one.
fn limit_text(array: StringViewArray, target: &RedshiftType, length: Option<u32>, mode: CastMode) -> Result<ArrayRef> {
    let Some(length) = length.map(|length| length as usize) else { return Ok(Arc::new(array)) };
    let pads = matches!(target, RedshiftType::Char(_));
    let fits = |value: &str| {
        value.len() <= length
            && !(pads && (value.ends_with(' ') || (mode == CastMode::Assignment && !value.is_ascii())))
    };
    if array.iter().flatten().all(fits) {
        return Ok(Arc::new(array));
    }
    let mut builder = StringViewBuilder::with_capacity(array.len());
    for value in &array {
        match value {
            None => builder.append_null(),
            Some(value) => builder.append_value(limited(value, target, length, pads, mode)?),
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// CHAR is kept without its padding: trailing blanks count neither in comparisons nor in LEN.
fn limited<'v>(value: &'v str, target: &RedshiftType, length: usize, pads: bool, mode: CastMode) -> Result<&'v str> {
    let value = if pads { value.trim_end_matches(' ') } else { value };
    // A CHAR column has characters of one byte only (page r_Character_types).
    if pads && mode == CastMode::Assignment && !value.is_ascii() {
        return Err(Error::new(SqlState::CHARACTER_NOT_IN_REPERTOIRE, "CHAR string contains invalid ASCII character")
            .with_hint("Store characters of more than one byte in a VARCHAR column."));
    }
    if value.len() <= length {
        return Ok(value);
    }
    let cut = &value[..value.floor_char_boundary(length)];
    if mode == CastMode::Assignment && !value[cut.len()..].bytes().all(|byte| byte == b' ') {
        return Err(Error::string_too_long(target));
    }
    Ok(cut)
}

/// Parses every value with `parse`; a value it refuses is an error, or NULL under TRY_CAST.
macro_rules! parse_all {
    ($array:expr, $builder:expr, $mode:expr, $parse:expr) => {{
        let mut builder = $builder;
        for value in $array {
            match value {
                None => builder.append_null(),
                Some(value) => match $parse(value) {
                    Ok(parsed) => builder.append_value(parsed),
                    Err(_) if $mode == CastMode::Try => builder.append_null(),
                    Err(error) => return Err(error),
                },
            }
        }
        Ok(Arc::new(builder.finish()) as ArrayRef)
    }};
}

fn from_text(array: &StringViewArray, target: &RedshiftType, mode: CastMode, format: &TextFormat) -> Result<ArrayRef> {
    let rows = array.len();
    match *target {
        RedshiftType::Boolean => {
            let parse = |value: &str| parse::boolean(value).ok_or_else(|| unreadable(value, target));
            parse_all!(array, BooleanBuilder::with_capacity(rows), mode, parse)
        }
        RedshiftType::SmallInt
        | RedshiftType::Integer
        | RedshiftType::BigInt
        | RedshiftType::Catalog(CatalogType::Oid) => {
            let parse = |value: &str| parse::integer(value).ok_or_else(|| unreadable(value, target));
            let wide: Result<ArrayRef> = parse_all!(array, Int64Builder::with_capacity(rows), mode, parse);
            arrow_cast(&wide?, target, mode)
        }
        RedshiftType::Numeric(precision, scale) => {
            let limit = numeric_limit(precision);
            let builder = Decimal128Builder::with_capacity(rows)
                .with_precision_and_scale(precision, scale)
                .map_err(Error::internal)?;
            parse_all!(array, builder, mode, |value: &str| {
                let parsed = parse::decimal(value, scale as u32).filter(|value| value.abs() < limit);
                parsed.ok_or_else(|| unreadable(value, target))
            })
        }
        RedshiftType::Real | RedshiftType::Double => {
            let parse = |value: &str| parse::float(value).ok_or_else(|| unreadable(value, target));
            let wide: Result<ArrayRef> = parse_all!(array, Float64Builder::with_capacity(rows), mode, parse);
            to_float(&wide?, target, mode)
        }
        RedshiftType::Varbyte(length) => {
            limit_bytes(&arrow_cast(&(Arc::new(array.clone()) as ArrayRef), target, mode)?, target, length, mode)
        }
        RedshiftType::Super | RedshiftType::HllSketch => Err(Error::internal("text is cast by cast_array")),
        RedshiftType::Char(_) | RedshiftType::Varchar(_) => Err(Error::internal("text is cast by limit_text")),
        RedshiftType::Catalog(_) => arrow_cast(&(Arc::new(array.clone()) as ArrayRef), target, mode),
        _ => temporal::from_text(array, target, mode, format),
    }
}

fn unreadable(value: &str, target: &RedshiftType) -> Error {
    let shown: String = value.chars().take(100).collect();
    match target {
        RedshiftType::Numeric(..) if parse::float(value).is_some_and(f64::is_finite) => {
            overflow(target).with_detail(format!("The value \"{shown}\" does not fit {target}."))
        }
        RedshiftType::Numeric(..) => Error::invalid_text("numeric", shown),
        RedshiftType::SmallInt | RedshiftType::Integer | RedshiftType::BigInt => {
            let digits = value.trim_matches(' ');
            let digits = digits.strip_prefix(['-', '+']).unwrap_or(digits);
            if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Error::new(
                    SqlState::NUMERIC_OUT_OF_RANGE,
                    format!("value \"{shown}\" is out of range for type {target}"),
                );
            }
            Error::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("invalid input syntax for integer: \"{shown}\""))
        }
        _ => Error::invalid_text(target, shown),
    }
}

/// Decimals round half away from zero, floats half to even: as PostgreSQL, from which Redshift descends.
fn round_to_bigint(array: &ArrayRef, target: &RedshiftType) -> Result<Int64Array> {
    if let DataType::Decimal128(_, scale) = array.data_type() {
        let divisor = 10_i128.pow(u32::try_from(*scale).unwrap_or(0));
        let half = divisor / 2;
        let round = |value: i128| {
            let rounded = if value >= 0 { (value + half) / divisor } else { (value - half) / divisor };
            i64::try_from(rounded).map_err(|_| ArrowError::CastError(String::new()))
        };
        return array.as_primitive::<Decimal128Type>().try_unary(round).map_err(|_| Error::out_of_range(target));
    }
    let floats = cast_with_options(array, &DataType::Float64, &CastOptions::default()).map_err(Error::internal)?;
    let floats: &Float64Array = floats.as_primitive::<Float64Type>();
    let limit = i64::MAX as f64;
    floats
        .try_unary(|value| {
            let rounded = value.round_ties_even();
            // Written so that NaN fails, too.
            if rounded >= -limit && rounded < limit {
                Ok(rounded as i64)
            } else {
                Err(ArrowError::CastError(String::new()))
            }
        })
        .map_err(|_| Error::out_of_range(target))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cast_one(value: &str, target: &str, mode: CastMode) -> Result<Option<String>> {
        let array: ArrayRef = Arc::new(StringViewArray::from(vec![value]));
        shown(&cast_array(&array, &target.parse()?, mode)?)
    }

    fn shown(array: &ArrayRef) -> Result<Option<String>> {
        let mut out = String::new();
        text::format_value(array.as_ref(), 0, &mut out)?;
        Ok(array.is_valid(0).then_some(out))
    }

    #[test]
    fn text_to_everything() {
        for (value, target, expected) in [
            (" 12 ", "integer", "12"),
            ("5.95", "numeric(3,1)", "6.0"),
            ("1.5", "double precision", "1.5"),
            ("y", "boolean", "t"),
            ("1/8/1999", "date", "1999-01-08"),
            ("2021-01-01 10:20:30.5", "timestamp without time zone", "2021-01-01 10:20:30.5"),
            ("2021-01-01 10:20:30+02", "timestamp with time zone", "2021-01-01 08:20:30+00"),
            ("äöü", "character varying(3)", "ä"),
        ] {
            assert_eq!(cast_one(value, target, CastMode::Explicit).unwrap().as_deref(), Some(expected), "{value}");
        }
    }

    #[test]
    fn refused_values_are_errors_or_null() {
        for (value, target, state) in [
            ("abc", "integer", "22P02"),
            ("1.5", "integer", "22P02"),
            ("40000", "smallint", "22003"),
            ("1000", "numeric(3,1)", "22003"),
            ("2021-02-30", "date", "22008"),
            ("99999999999999999999", "bigint", "22003"),
            ("abcd", "character varying(3)", "22001"),
        ] {
            let error = cast_one(value, target, CastMode::Assignment).unwrap_err();
            assert_eq!(error.state().0, state, "{value}: {error}");
        }
        assert_eq!(cast_one("abc", "integer", CastMode::Try).unwrap(), None);
        assert_eq!(cast_one("ab   ", "character varying(2)", CastMode::Assignment).unwrap().as_deref(), Some("ab"));
    }

    #[test]
    fn fractions_round_to_integers() {
        let decimals: ArrayRef = Arc::new(
            Decimal128Builder::new()
                .with_precision_and_scale(5, 1)
                .map(|mut b| {
                    b.append_value(-25);
                    b.finish()
                })
                .unwrap(),
        );
        assert_eq!(
            shown(&cast_array(&decimals, &RedshiftType::Integer, CastMode::Explicit).unwrap()).unwrap().as_deref(),
            Some("-3")
        );
        let float: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN]));
        assert!(cast_array(&float, &RedshiftType::Integer, CastMode::Explicit).is_err());
    }
}
