//! `+`, `-`, `*`, `/` and `%` on numbers and dates, with Redshift's result types ("Numeric types",
//! "Computations with numeric values"): whatever overflows or divides by zero is an error.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, Datum, Decimal128Array, Float64Array, PrimitiveArray, Scalar},
        compute::{cast, kernels::numeric, try_binary, try_unary, unary},
        datatypes::{ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int32Type},
        error::ArrowError,
    },
    common::{Result as DataFusionResult, ScalarValue},
    logical_expr::{
        ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, expr::ScalarFunction,
    },
};

use super::decimal::{self, DecimalOperation};
use crate::{
    error::{Error, Result},
    functions::bounds::{Bounds, unbounded},
};

/// The arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArithmeticOperator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}

impl ArithmeticOperator {
    fn symbol(self) -> &'static str {
        match self {
            ArithmeticOperator::Add => "+",
            ArithmeticOperator::Subtract => "-",
            ArithmeticOperator::Multiply => "*",
            ArithmeticOperator::Divide => "/",
            ArithmeticOperator::Modulo => "%",
        }
    }

    fn name(self) -> &'static str {
        match self {
            ArithmeticOperator::Add => "operator +",
            ArithmeticOperator::Subtract => "operator -",
            ArithmeticOperator::Multiply => "operator *",
            ArithmeticOperator::Divide => "operator /",
            ArithmeticOperator::Modulo => "operator %",
        }
    }
}

/// An arithmetic operator as a function of two arguments.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Arithmetic {
    operator: ArithmeticOperator,
    signature: Signature,
}

impl Arithmetic {
    /// The function of `operator`.
    pub fn new(operator: ArithmeticOperator) -> Self {
        Arithmetic { operator, signature: Signature::any(2, Volatility::Immutable) }
    }

    /// `left operator right` as an expression; None when Redshift's rules for numbers and dates do not
    /// speak of these types.
    pub fn expr(
        operator: ArithmeticOperator,
        left: &Expr,
        right: &Expr,
        types: (&DataType, &DataType),
    ) -> Option<Expr> {
        result_type(operator, types.0, types.1)?;
        let function = Arc::new(ScalarUDF::from(Arithmetic::new(operator)));
        Some(Expr::ScalarFunction(ScalarFunction::new_udf(function, vec![left.clone(), right.clone()])))
    }
}

/// The type of `left operator right`; None for types that are not for us.
fn result_type(operator: ArithmeticOperator, left: &DataType, right: &DataType) -> Option<DataType> {
    use ArithmeticOperator::{Add, Divide, Modulo, Multiply, Subtract};
    use DataType::{Date32, Decimal128, Float32, Float64, Null};
    match (left, right) {
        (Date32, other) if other.is_integer() && matches!(operator, Add | Subtract) => Some(Date32),
        (other, Date32) if other.is_integer() && operator == Add => Some(Date32),
        (Date32, Date32) if operator == Subtract => Some(DataType::Int32),
        (Null, other) | (other, Null) if other.is_numeric() => result_type(operator, other, other),
        (Float32, Float32) => Some(Float32),
        (left, right) if left.is_numeric() && right.is_numeric() => {
            if matches!(left, Float32 | Float64 | DataType::Float16)
                || matches!(right, Float32 | Float64 | DataType::Float16)
            {
                return Some(Float64);
            }
            if left.is_integer() && right.is_integer() {
                return integer_result(left, right);
            }
            let result = decimal::result_type(operator, decimal::as_decimal(left)?, decimal::as_decimal(right)?);
            debug_assert!(matches!(operator, Add | Subtract | Multiply | Divide | Modulo));
            Some(Decimal128(result.0, result.1))
        }
        _ => None,
    }
}

fn integer_result(left: &DataType, right: &DataType) -> Option<DataType> {
    let width = |t: &DataType| decimal::as_decimal(t).map(|(precision, _)| precision);
    Some(match width(left)?.max(width(right)?) {
        5 => DataType::Int16,
        10 => DataType::Int32,
        _ => DataType::Int64,
    })
}

impl ScalarUDFImpl for Arithmetic {
    fn name(&self) -> &str {
        self.operator.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> DataFusionResult<DataType> {
        let [left, right] = types else { return Err(Error::internal("an operator takes two arguments").into()) };
        result_type(self.operator, left, right)
            .ok_or_else(|| Error::undefined_function(format!("{left} {} {right}", self.operator.symbol())).into())
    }

    fn evaluate_bounds(&self, inputs: &[&Bounds]) -> DataFusionResult<Bounds> {
        unbounded(self, inputs)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        let [left, right] = args.args.as_slice() else {
            return Err(Error::internal("an operator takes two arguments").into());
        };
        let result_type = args.return_field.data_type();
        let both_scalar = matches!((left, right), (ColumnarValue::Scalar(_), ColumnarValue::Scalar(_)));
        let result = evaluate(self.operator, left, right, result_type)?;
        if both_scalar {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?));
        }
        Ok(ColumnarValue::Array(if result.len() == args.number_rows {
            result
        } else {
            ScalarValue::try_from_array(&result, 0)?.to_array_of_size(args.number_rows)?
        }))
    }

    fn display_name(&self, args: &[Expr]) -> DataFusionResult<String> {
        self.schema_name(args)
    }

    fn schema_name(&self, args: &[Expr]) -> DataFusionResult<String> {
        match args {
            [left, right] => Ok(format!("({} {} {})", left.schema_name(), self.operator.symbol(), right.schema_name())),
            _ => Err(Error::internal("an operator takes two arguments").into()),
        }
    }
}

/// An operand: an array, or one value for all rows.
struct Operand {
    array: ArrayRef,
    is_scalar: bool,
}

impl Operand {
    /// `value` cast to `data_type` where that loses nothing.
    fn new(value: &ColumnarValue, data_type: &DataType) -> DataFusionResult<Self> {
        let (array, is_scalar) = match value {
            ColumnarValue::Array(array) => (Arc::clone(array), false),
            ColumnarValue::Scalar(scalar) => (scalar.to_array()?, true),
        };
        let array = if array.data_type() == data_type { array } else { cast(&array, data_type)? };
        Ok(Operand { array, is_scalar })
    }
}

/// Applies `operation` row by row; a scalar operand meets every row of the other.
fn apply<T, O>(
    left: &Operand,
    right: &Operand,
    operation: impl Fn(T::Native, T::Native) -> Result<O::Native>,
) -> DataFusionResult<PrimitiveArray<O>>
where
    T: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    let (l, r) = (left.array.as_primitive::<T>(), right.array.as_primitive::<T>());
    let checked = |a, b| operation(a, b).map_err(|error| ArrowError::ExternalError(Box::new(error)));
    Ok(match (left.is_scalar, right.is_scalar) {
        (false, true) if r.is_valid(0) => {
            let value = r.value(0);
            try_unary(l, |a| checked(a, value))?
        }
        (true, false) if l.is_valid(0) => {
            let value = l.value(0);
            try_unary(r, |b| checked(value, b))?
        }
        (false, true) => PrimitiveArray::new_null(l.len()),
        (true, false) => PrimitiveArray::new_null(r.len()),
        _ => try_binary(l, r, checked)?,
    })
}

fn evaluate(
    operator: ArithmeticOperator,
    left: &ColumnarValue,
    right: &ColumnarValue,
    result: &DataType,
) -> DataFusionResult<ArrayRef> {
    match result {
        DataType::Date32 => date_and_days(operator, left, right),
        DataType::Int32 if left.data_type() == DataType::Date32 => {
            let (left, right) = (Operand::new(left, &DataType::Date32)?, Operand::new(right, &DataType::Date32)?);
            let days: PrimitiveArray<Int32Type> = apply::<Date32Type, _>(&left, &right, |l, r| {
                l.checked_sub(r).ok_or_else(|| Error::out_of_range("integer"))
            })?;
            Ok(Arc::new(days))
        }
        DataType::Int16 | DataType::Int32 | DataType::Int64 => integers(operator, left, right, result),
        DataType::Float32 | DataType::Float64 => floats(operator, left, right, result),
        DataType::Decimal128(precision, scale) => decimals(operator, left, right, (*precision, *scale)),
        other => Err(Error::internal(format!("no arithmetic gives {other}")).into()),
    }
}

fn integers(
    operator: ArithmeticOperator,
    left: &ColumnarValue,
    right: &ColumnarValue,
    result: &DataType,
) -> DataFusionResult<ArrayRef> {
    let (left, right) = (Operand::new(left, result)?, Operand::new(right, result)?);
    let kernel: fn(&dyn Datum, &dyn Datum) -> std::result::Result<ArrayRef, ArrowError> = match operator {
        ArithmeticOperator::Add => numeric::add,
        ArithmeticOperator::Subtract => numeric::sub,
        ArithmeticOperator::Multiply => numeric::mul,
        ArithmeticOperator::Divide => numeric::div,
        ArithmeticOperator::Modulo => numeric::rem,
    };
    let computed = match (left.is_scalar, right.is_scalar) {
        (true, false) => kernel(&Scalar::new(left.array), &right.array),
        (false, true) => kernel(&left.array, &Scalar::new(right.array)),
        _ => kernel(&left.array, &right.array),
    };
    computed.map_err(|error| match error {
        ArrowError::DivideByZero => Error::division_by_zero().into(),
        _ => {
            let name = match result {
                DataType::Int16 => "smallint",
                DataType::Int32 => "integer",
                _ => "bigint",
            };
            Error::out_of_range(name).into()
        }
    })
}

fn floats(
    operator: ArithmeticOperator,
    left: &ColumnarValue,
    right: &ColumnarValue,
    result: &DataType,
) -> DataFusionResult<ArrayRef> {
    let (left, right) = (Operand::new(left, &DataType::Float64)?, Operand::new(right, &DataType::Float64)?);
    let computed: Float64Array = apply::<Float64Type, Float64Type>(&left, &right, |l, r| {
        let value = match operator {
            ArithmeticOperator::Add => l + r,
            ArithmeticOperator::Subtract => l - r,
            ArithmeticOperator::Multiply => l * r,
            ArithmeticOperator::Divide | ArithmeticOperator::Modulo if r == 0.0 => {
                return Err(Error::division_by_zero());
            }
            ArithmeticOperator::Divide => l / r,
            ArithmeticOperator::Modulo => l % r,
        };
        if value.is_infinite() && l.is_finite() && r.is_finite() {
            return Err(Error::out_of_range("double precision value"));
        }
        Ok(value)
    })?;
    if *result == DataType::Float32 {
        if computed.iter().flatten().any(|value| value.is_finite() && (value as f32).is_infinite()) {
            return Err(Error::out_of_range("real value").into());
        }
        return Ok(Arc::new(unary::<_, _, Float32Type>(&computed, |value| value as f32)));
    }
    Ok(Arc::new(computed))
}

fn decimals(
    operator: ArithmeticOperator,
    left: &ColumnarValue,
    right: &ColumnarValue,
    result: (u8, i8),
) -> DataFusionResult<ArrayRef> {
    let as_decimal = |value: &ColumnarValue| decimal::as_decimal(&value.data_type()).unwrap_or(result);
    let (left_type, right_type) = (as_decimal(left), as_decimal(right));
    let left = Operand::new(left, &DataType::Decimal128(left_type.0, left_type.1))?;
    let right = Operand::new(right, &DataType::Decimal128(right_type.0, right_type.1))?;
    let operation = DecimalOperation::new(operator, left_type.1, right_type.1, result);
    let computed: Decimal128Array =
        apply::<Decimal128Type, Decimal128Type>(&left, &right, |l, r| operation.apply(l, r))?;
    Ok(Arc::new(computed.with_precision_and_scale(result.0, result.1)?))
}

fn date_and_days(
    operator: ArithmeticOperator,
    left: &ColumnarValue,
    right: &ColumnarValue,
) -> DataFusionResult<ArrayRef> {
    let (date, days) = if left.data_type() == DataType::Date32 { (left, right) } else { (right, left) };
    let date = Operand::new(date, &DataType::Date32)?;
    let days = Operand::new(days, &DataType::Int32)?;
    let days =
        Operand { array: Arc::new(days.array.as_primitive::<Int32Type>().reinterpret_cast::<Date32Type>()), ..days };
    let computed: PrimitiveArray<Date32Type> = apply::<Date32Type, Date32Type>(&date, &days, |date, days| {
        let moved =
            if operator == ArithmeticOperator::Subtract { date.checked_sub(days) } else { date.checked_add(days) };
        moved.ok_or_else(|| Error::out_of_range("date"))
    })?;
    Ok(Arc::new(computed))
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::{array::Int32Array, datatypes::Field},
        config::ConfigOptions,
    };

    use super::*;

    fn run(operator: ArithmeticOperator, left: ScalarValue, right: ScalarValue) -> DataFusionResult<ScalarValue> {
        let function = Arithmetic::new(operator);
        let types = [left.data_type(), right.data_type()];
        let return_type = function.return_type(&types)?;
        let args = ScalarFunctionArgs {
            arg_fields: types.iter().map(|t| Arc::new(Field::new("x", t.clone(), true))).collect(),
            args: vec![ColumnarValue::Scalar(left), ColumnarValue::Scalar(right)],
            number_rows: 1,
            return_field: Arc::new(Field::new("r", return_type, true)),
            config_options: Arc::new(ConfigOptions::default()),
        };
        match function.invoke_with_args(args)? {
            ColumnarValue::Scalar(value) => Ok(value),
            ColumnarValue::Array(array) => ScalarValue::try_from_array(&array, 0),
        }
    }

    #[test]
    fn integers_are_checked() {
        use ArithmeticOperator::*;
        assert_eq!(run(Divide, 7i32.into(), 2i32.into()).unwrap(), 3i32.into());
        assert_eq!(run(Add, 1i16.into(), 2i64.into()).unwrap(), 3i64.into());
        assert!(run(Add, i32::MAX.into(), 1i32.into()).is_err());
        assert!(run(Divide, 1i32.into(), 0i32.into()).is_err());
        assert_eq!(run(Add, ScalarValue::Int32(None), 1i32.into()).unwrap(), ScalarValue::Int32(None));
    }

    #[test]
    fn floats_divide_by_zero_is_an_error() {
        assert!(run(ArithmeticOperator::Divide, 1f64.into(), 0f64.into()).is_err());
        assert!(run(ArithmeticOperator::Multiply, f64::MAX.into(), 10f64.into()).is_err());
    }

    #[test]
    fn dates_move_by_days() {
        assert_eq!(
            run(ArithmeticOperator::Add, ScalarValue::Date32(Some(1)), 2i32.into()).unwrap(),
            ScalarValue::Date32(Some(3))
        );
        assert_eq!(
            run(ArithmeticOperator::Subtract, ScalarValue::Date32(Some(5)), ScalarValue::Date32(Some(2))).unwrap(),
            3i32.into()
        );
    }

    #[test]
    fn scalar_meets_array() {
        let array: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None, Some(3)]));
        let result = evaluate(
            ArithmeticOperator::Multiply,
            &ColumnarValue::Array(array),
            &ColumnarValue::Scalar(2i32.into()),
            &DataType::Int32,
        )
        .unwrap();
        assert_eq!(result.as_primitive::<Int32Type>(), &Int32Array::from(vec![Some(2), None, Some(6)]));
    }
}
