//! The common type of several arguments (page r_Type_conversion, rules of UNION and COALESCE), and
//! choosing among them row by row.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, make_comparator, new_null_array},
    compute::{SortOptions, interleave},
    datatypes::DataType,
};
use datafusion::logical_expr::{Expr, cast};

use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::{Call, Kind, TIMESTAMP, TIMETZ, convert, timestamptz},
        definition::Types,
        number::{self, PRECISION_MAX},
        operator::cast_expr,
        super_type::operator,
        type_name,
    },
    types::{
        RedshiftType,
        cast::{CastMode, cast_array_in, is_text},
        super_value,
    },
};

/// The greatest precision of a DECIMAL of 64 bits.
const PRECISION_64_BITS: u8 = 19;

/// The common type of the arguments at some places.
pub fn common_type(types: &Types, indices: impl Iterator<Item = usize>) -> Result<DataType> {
    let mut common = DataType::Null;
    for index in indices {
        let other = types.data_type(index);
        common = unify(&common, other).ok_or_else(|| {
            let (a, b) = (type_name(&common), type_name(other));
            let message = format!("{} types {a} and {b} cannot be matched", types.name().to_uppercase());
            Error::new(SqlState::DATATYPE_MISMATCH, message)
        })?;
    }
    // a bare NULL is text
    Ok(match common {
        DataType::Null | DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        other => other,
    })
}

/// The common type of two types; None when there is none. Text gives way, as a literal does.
pub fn unify(a: &DataType, b: &DataType) -> Option<DataType> {
    use Kind::{Date, Decimal, Float, Integer, Interval, Null, Text, Time, TimeTz, Timestamp, TimestampTz};
    let (kind_a, kind_b) = (Kind::of(a), Kind::of(b));
    Some(match (kind_a, kind_b) {
        _ if a == b => a.clone(),
        (Kind::Super, _) | (_, Kind::Super) => DataType::LargeBinary,
        (Null, _) => b.clone(),
        (_, Null) => a.clone(),
        (Text, Text) => DataType::Utf8View,
        (Integer, Integer) => match number::decimal_precision(a).max(number::decimal_precision(b)) {
            0..=5 => DataType::Int16,
            6..=10 => DataType::Int32,
            _ => DataType::Int64,
        },
        (Float, Float) | (Float, Integer | Decimal) | (Integer | Decimal, Float) => DataType::Float64,
        (Integer | Decimal, Integer | Decimal) => unify_decimals(a, b),
        (Date, Timestamp) | (Timestamp, Date) => TIMESTAMP,
        (Date | Timestamp, TimestampTz) | (TimestampTz, Date | Timestamp) => timestamptz(),
        (Time, TimeTz) | (TimeTz, Time) => TIMETZ,
        (Interval, Interval) => DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano),
        // text next to another type is taken to be a literal of that type
        (Text, Kind::Other | Kind::Binary) | (Kind::Other | Kind::Binary, Text) => return None,
        (Text, _) => b.clone(),
        (_, Text) => a.clone(),
        _ => return None,
    })
}

fn unify_decimals(a: &DataType, b: &DataType) -> DataType {
    let (scale_a, scale_b) = (number::decimal_scale(a), number::decimal_scale(b));
    let whole = |data_type: &DataType, scale: i8| i32::from(number::decimal_precision(data_type)) - i32::from(scale);
    let scale = scale_a.max(scale_b);
    let precision = whole(a, scale_a).max(whole(b, scale_b)) + i32::from(scale);
    // 64 bits stay 64 bits
    let widest = number::decimal_precision(a).max(number::decimal_precision(b));
    let limit = if widest <= PRECISION_64_BITS { PRECISION_64_BITS } else { PRECISION_MAX };
    DataType::Decimal128(u8::try_from(precision).unwrap_or(PRECISION_MAX).min(limit), scale)
}

/// An argument converted to a type; the flag says that it is a constant.
pub fn argument_as(call: &Call, index: usize, data_type: &DataType) -> Result<(ArrayRef, bool)> {
    let (array, constant) = call.array(index)?;
    if array.data_type() == data_type {
        return Ok((array, constant));
    }
    let array: ArrayRef = match data_type {
        DataType::Decimal128(precision, scale) => {
            let decimals = number::to_decimal(&array, *scale)?;
            let limit = number::power_of_ten((*precision).into()).unwrap_or(i128::MAX);
            if decimals.iter().flatten().any(|value| value.unsigned_abs() >= limit.unsigned_abs()) {
                return Err(number::overflow());
            }
            Arc::new(decimals.with_precision_and_scale(*precision, *scale).map_err(Error::internal)?)
        }
        DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            let integers: ArrayRef = Arc::new(number::to_int(&array)?);
            let narrow = convert(&integers, data_type)?;
            if narrow.null_count() != integers.null_count() {
                return Err(Error::out_of_range(type_name(data_type)));
            }
            narrow
        }
        DataType::Float64 => Arc::new(number::to_float(&array)?),
        DataType::Utf8View => Arc::new(call.text(index)?.array().clone()),
        DataType::Boolean => Arc::new(call.boolean(index)?.array().clone()),
        DataType::Date32 => {
            let timestamps: ArrayRef = Arc::new(call.timestamp(index)?.array().clone());
            convert(&timestamps, data_type)?
        }
        DataType::Timestamp(_, None) => Arc::new(call.timestamp(index)?.array().clone()),
        DataType::Timestamp(_, Some(_)) => {
            Arc::new(call.instant(index)?.array().clone().with_data_type(data_type.clone()))
        }
        DataType::Time64(_) => {
            let times: ArrayRef = Arc::new(call.time(index)?.array().clone());
            convert(&times, data_type)?
        }
        DataType::LargeBinary => Arc::new(call.semi_structured(index)?.array().clone()),
        DataType::Duration(_) | DataType::Interval(_) => {
            let target = RedshiftType::of_arrow(data_type).ok_or_else(|| Error::internal("no type of interval"))?;
            cast_array_in(&array, &target, CastMode::Explicit, &call.format)?
        }
        other => convert(&array, other)?,
    };
    Ok((array, constant))
}

/// Some arguments of a call, converted to one type.
pub struct Choices {
    arrays: Vec<(ArrayRef, bool)>,
}

impl Choices {
    /// Converts the arguments at some places to a type.
    pub fn new(call: &Call, indices: impl Iterator<Item = usize>, data_type: &DataType) -> Result<Self> {
        Ok(Choices { arrays: indices.map(|index| argument_as(call, index, data_type)).collect::<Result<_>>()? })
    }

    fn row(&self, choice: usize, row: usize) -> usize {
        if self.arrays[choice].1 { 0 } else { row }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.arrays.len()
    }

    /// Whether a choice is NULL in a row.
    pub fn is_null(&self, choice: usize, row: usize) -> bool {
        self.arrays[choice].0.is_null(self.row(choice, row))
    }

    /// The result that takes in each row the choice that `choose` names, or NULL.
    pub fn pick(&self, call: &Call, mut choose: impl FnMut(usize) -> Option<usize>) -> Result<ArrayRef> {
        let nothing = new_null_array(call.return_type, 1);
        let mut arrays: Vec<&dyn Array> = self.arrays.iter().map(|(array, _)| array.as_ref()).collect();
        arrays.push(nothing.as_ref());
        let places: Vec<(usize, usize)> = (0..call.rows)
            .map(|row| choose(row).map_or((self.arrays.len(), 0), |choice| (choice, self.row(choice, row))))
            .collect();
        interleave(&arrays, &places).map_err(Error::internal)
    }

    /// A function that compares two choices, neither NULL, in a row. Trailing blanks of text do not count.
    pub fn comparator(&self, a: usize, b: usize) -> Result<impl Fn(usize) -> std::cmp::Ordering + '_> {
        let trimmed = |choice: usize| -> ArrayRef {
            use arrow::array::{AsArray, StringViewArray};
            let array = &self.arrays[choice].0;
            if let Some(values) = array.as_binary_opt::<i64>() {
                let keys = values.iter().map(|value| value.map(super_value::compare::key));
                return Arc::new(keys.collect::<arrow::array::BinaryViewArray>());
            }
            match array.as_string_view_opt() {
                Some(texts) => {
                    Arc::new(texts.iter().map(|t| t.map(|t| t.trim_end_matches(' '))).collect::<StringViewArray>())
                }
                None => Arc::clone(array),
            }
        };
        let (left, right) = (trimmed(a), trimmed(b));
        let compare = make_comparator(&left, &right, SortOptions::default()).map_err(Error::internal)?;
        Ok(move |row| compare(self.row(a, row), self.row(b, row)))
    }
}

/// Casts an expression unless it has the type.
pub fn cast_expression(expression: Expr, from: &DataType, to: &DataType) -> Expr {
    match to {
        _ if from == to => expression,
        DataType::LargeBinary => cast_expr(expression, &RedshiftType::Super, CastMode::Explicit),
        // Text is read, and anything written, as a cast does it.
        _ if is_text(from) != is_text(to) => match RedshiftType::of_arrow(to) {
            Some(target) => cast_expr(expression, &target, CastMode::Explicit),
            None => cast(expression, to.clone()),
        },
        _ => cast(expression, to.clone()),
    }
}

/// Whether an expression is not NULL; null in a SUPER value is NULL.
pub fn is_not_null(expression: Expr, data_type: &DataType) -> Expr {
    if *data_type == DataType::LargeBinary {
        return operator::call(&operator::SQL_NULL, vec![expression]).is_not_null();
    }
    expression.is_not_null()
}
