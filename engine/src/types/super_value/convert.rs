//! SUPER to and from columns of other types (page limitations-super, "Casting limitations").
//!
//! To SUPER: booleans, numbers and text; dates and times have no form in it. From SUPER: by the dynamic type of each
//! value, as if it were a column of that type. Casts are lax by default: what cannot be cast is NULL.

use std::sync::Arc;

use datafusion::arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanBuilder, Float64Builder, Int64Builder, LargeBinaryArray, LargeBinaryBuilder,
        StringViewBuilder, new_null_array,
    },
    compute::{cast, interleave},
    datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, Int64Type},
};

use super::{STRING_BYTES_MAX, Super, builder, text};
use crate::{
    error::{Error, Result, SqlState},
    types::{
        RedshiftType,
        cast::{CastMode, cast_array, is_text},
        text::push_decimal,
    },
};

/// The error of a cast that there is not.
pub fn no_cast(source: &str, target: &str) -> Error {
    Error::new(SqlState::CANNOT_COERCE, format!("cannot cast type {source} to {target}"))
}

/// A column of any type that SUPER can hold, as SUPER. NULL stays NULL.
///
/// Errors: 42846 for other types, 22001 for strings that are too long.
pub fn to_super(array: &ArrayRef) -> Result<LargeBinaryArray> {
    let rows = array.len();
    let mut out = LargeBinaryBuilder::with_capacity(rows, rows * 9);
    let mut value = Vec::new();
    let mut each = |write: &mut dyn FnMut(usize, &mut Vec<u8>) -> Result<()>| -> Result<()> {
        for row in 0..rows {
            if array.is_null(row) {
                out.append_null();
                continue;
            }
            value.clear();
            write(row, &mut value)?;
            out.append_value(&value);
        }
        Ok(())
    };
    match array.data_type() {
        DataType::LargeBinary => return Ok(array.as_binary::<i64>().clone()),
        DataType::Null => return Ok(new_null_array(&DataType::LargeBinary, rows).as_binary::<i64>().clone()),
        DataType::Boolean => {
            let values = array.as_boolean();
            each(&mut |row, out| {
                builder::boolean(out, values.value(row));
                Ok(())
            })?;
        }
        integer if integer.is_integer() => {
            let values = cast(array, &DataType::Int64).map_err(Error::internal)?;
            let values = values.as_primitive::<Int64Type>();
            each(&mut |row, out| {
                builder::integer(out, values.value(row));
                Ok(())
            })?;
        }
        DataType::Decimal128(_, scale) => {
            let (values, scale) = (array.as_primitive::<Decimal128Type>(), (*scale).max(0) as u8);
            each(&mut |row, out| {
                builder::decimal(out, values.value(row), scale);
                Ok(())
            })?;
        }
        DataType::Float32 => {
            let values = array.as_primitive::<Float32Type>();
            // The double nearest to what the REAL prints as, not to its bits.
            each(&mut |row, out| {
                let value = values.value(row);
                builder::float(out, value.to_string().parse().unwrap_or(f64::from(value)));
                Ok(())
            })?;
        }
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>();
            each(&mut |row, out| {
                builder::float(out, values.value(row));
                Ok(())
            })?;
        }
        text if is_text(text) => {
            let values = cast(array, &DataType::Utf8View).map_err(Error::internal)?;
            let values = values.as_string_view();
            each(&mut |row, out| {
                let value = values.value(row);
                if value.len() > STRING_BYTES_MAX {
                    return Err(Error::string_too_long("super"));
                }
                builder::string(out, value);
                Ok(())
            })?;
        }
        other => {
            let name = RedshiftType::of_arrow(other).map_or_else(|| other.to_string(), |t| short_name(&t));
            return Err(no_cast(&name, "super"));
        }
    }
    Ok(out.finish())
}

/// A type's name without its length.
fn short_name(redshift_type: &RedshiftType) -> String {
    let name = redshift_type.to_string();
    name.split('(').next().unwrap_or(&name).to_owned()
}

/// The values of a SUPER column by dynamic type; each column is NULL where the value is of another type.
struct Columns {
    booleans: ArrayRef,
    integers: ArrayRef,
    floats: ArrayRef,
    /// Strings, and decimals as text.
    texts: ArrayRef,
    /// Which of them has the value; None for null, arrays and objects.
    choice: Vec<Option<usize>>,
}

impl Columns {
    fn of(array: &LargeBinaryArray, target: &RedshiftType) -> Self {
        let rows = array.len();
        let whole = matches!(target, RedshiftType::SmallInt | RedshiftType::Integer | RedshiftType::BigInt);
        let mut booleans = BooleanBuilder::with_capacity(rows);
        let mut integers = Int64Builder::with_capacity(rows);
        let mut floats = Float64Builder::with_capacity(rows);
        let mut texts = StringViewBuilder::with_capacity(rows);
        let mut choice = Vec::with_capacity(rows);
        for value in array {
            let (mut boolean, mut integer, mut float, mut string) = (None, None, None, None);
            let chosen = match value.map(Super::of) {
                Some(Super::Boolean(value)) => {
                    boolean = Some(value);
                    Some(0)
                }
                Some(Super::Integer(value)) => {
                    integer = Some(value);
                    Some(1)
                }
                Some(Super::Float(value)) => {
                    float = Some(value);
                    Some(2)
                }
                Some(Super::Decimal(value, scale)) if whole => {
                    integer = rounded(value, scale);
                    integer.map(|_| 1)
                }
                Some(value @ Super::Decimal(..)) => decimal_text(value, target).map(|text| {
                    string = Some(text.into());
                    3
                }),
                Some(Super::String(value)) => {
                    string = Some(std::borrow::Cow::Borrowed(value));
                    Some(3)
                }
                _ => None,
            };
            booleans.append_option(boolean);
            integers.append_option(integer);
            floats.append_option(float);
            texts.append_option(string);
            choice.push(chosen);
        }
        Columns {
            booleans: Arc::new(booleans.finish()),
            integers: Arc::new(integers.finish()),
            floats: Arc::new(floats.finish()),
            texts: Arc::new(texts.finish()),
            choice,
        }
    }
}

fn rounded(value: i128, scale: u8) -> Option<i64> {
    let divisor = 10_i128.checked_pow(u32::from(scale))?;
    i64::try_from(crate::functions::number::divide_rounded(value, divisor)).ok()
}

/// A decimal as text, for targets to which a decimal can be cast.
fn decimal_text(value: Super<'_>, target: &RedshiftType) -> Option<String> {
    use RedshiftType::{Char, Double, Numeric, Real, Varchar};
    if !matches!(target, Char(_) | Varchar(_) | Numeric(..) | Real | Double) {
        return None;
    }
    let mut out = String::new();
    match value {
        Super::Decimal(value, scale) => push_decimal(&mut out, value, scale as i8),
        other => text::write(other, &mut out),
    }
    Some(out)
}

/// Whether a dynamic type (as Columns numbers them) can be cast to `target` at all.
fn castable(choice: usize, target: &RedshiftType) -> bool {
    use RedshiftType::{BigInt, Boolean, Char, Double, Integer, Numeric, Real, SmallInt, Varchar};
    match target {
        Char(_) | Varchar(_) => true,
        Boolean => choice != 2,
        SmallInt | Integer | BigInt => true,
        Numeric(..) | Real | Double => choice != 0,
        _ => choice == 3,
    }
}

/// A SUPER column cast to `target`. With `strict` what cannot be cast is an error, else NULL.
///
/// Errors: 42846 for targets that SUPER has no cast to; those of the cast when strict.
pub fn from_super(array: &LargeBinaryArray, target: &RedshiftType, strict: bool) -> Result<ArrayRef> {
    if *target == RedshiftType::Super {
        return Ok(Arc::new(array.clone()));
    }
    if matches!(target, RedshiftType::Interval | RedshiftType::HllSketch) {
        return Err(no_cast("super", &short_name(target)));
    }
    let columns = Columns::of(array, target);
    if strict {
        refuse_uncastable(array, &columns, target)?;
    }
    let mode = if strict { CastMode::Explicit } else { CastMode::Try };
    let nothing = new_null_array(&target.arrow(), 1);
    let mut sources: Vec<ArrayRef> = Vec::with_capacity(5);
    for (choice, column) in
        [&columns.booleans, &columns.integers, &columns.floats, &columns.texts].into_iter().enumerate()
    {
        let used = column.null_count() < column.len() && castable(choice, target);
        sources.push(if used { cast_array(column, target, mode)? } else { Arc::clone(&nothing) });
    }
    sources.push(nothing);
    let places: Vec<(usize, usize)> = columns
        .choice
        .iter()
        .enumerate()
        .map(|(row, choice)| match choice {
            Some(choice) if sources[*choice].len() == array.len() && castable(*choice, target) => (*choice, row),
            _ => (4, 0),
        })
        .collect();
    let sources: Vec<&dyn Array> = sources.iter().map(AsRef::as_ref).collect();
    interleave(&sources, &places).map_err(Error::internal)
}

fn refuse_uncastable(array: &LargeBinaryArray, columns: &Columns, target: &RedshiftType) -> Result<()> {
    for (row, choice) in columns.choice.iter().enumerate() {
        if array.is_null(row) {
            continue;
        }
        let value = Super::of(array.value(row));
        let fits = match choice {
            Some(choice) => castable(*choice, target),
            None => value == Super::Null,
        };
        if !fits {
            let error = no_cast("super", &target.to_string());
            return Err(error.with_detail(format!("The value is of the dynamic type {}.", value.type_name())));
        }
    }
    Ok(())
}

/// A column of JSON texts, for display: NULL stays NULL.
pub fn to_json(array: &LargeBinaryArray) -> ArrayRef {
    let mut out = StringViewBuilder::with_capacity(array.len());
    let mut scratch = String::new();
    for value in array {
        scratch.clear();
        let text = value.map(|value| {
            text::write(Super::of(value), &mut scratch);
            scratch.as_str()
        });
        out.append_option(text);
    }
    Arc::new(out.finish())
}
