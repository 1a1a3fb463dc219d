//! Casts as a function: `cast(value, 'type', 'mode')`, the target type spelled as Redshift names it.
//!
//! The target is an argument and not a field of the function, so that the function stays
//! stateless and a plan that holds it can be shipped.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::ArrayRef,
        datatypes::{DataType, Field, FieldRef},
    },
    common::{Result as DataFusionResult, ScalarValue},
    logical_expr::{
        ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
        expr::ScalarFunction, lit,
    },
};

use crate::{
    error::{Error, Result},
    functions::{
        bounds::{Bounds, unbounded},
        length::length_of,
        settings::SessionSettings,
    },
    types::{
        RedshiftType,
        cast::{CastMode, cast_array_in, padded},
    },
};

/// The name under which the planner finds the function. No user writes it.
pub const CAST: &str = "operator cast";

/// The cast function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct CastFunction {
    signature: Signature,
}

impl Default for CastFunction {
    fn default() -> Self {
        CastFunction { signature: Signature::any(3, Volatility::Immutable) }
    }
}

/// `expr` cast to `target`.
pub fn cast_expr(expr: Expr, target: &RedshiftType, mode: CastMode) -> Expr {
    let mode = match mode {
        CastMode::Explicit => "explicit",
        CastMode::Assignment => "assignment",
        CastMode::Try => "try",
        CastMode::Strict => "strict",
    };
    let function = Arc::new(ScalarUDF::from(CastFunction::default()));
    Expr::ScalarFunction(ScalarFunction::new_udf(function, vec![expr, lit(target.to_string()), lit(mode)]))
}

fn target_of(value: Option<&ScalarValue>) -> Result<RedshiftType> {
    match value.and_then(|value| value.try_as_str().flatten()) {
        Some(text) => text.parse(),
        None => Err(Error::internal("the target of a cast is a literal")),
    }
}

fn mode_of(value: &ColumnarValue) -> Result<CastMode> {
    let ColumnarValue::Scalar(scalar) = value else { return Err(Error::internal("the mode of a cast is a literal")) };
    match scalar.try_as_str().flatten() {
        Some("explicit") => Ok(CastMode::Explicit),
        Some("assignment") => Ok(CastMode::Assignment),
        Some("try") => Ok(CastMode::Try),
        Some("strict") => Ok(CastMode::Strict),
        _ => Err(Error::internal("unknown mode of a cast")),
    }
}

/// VARCHAR without a length is as long as the text that is cast (page r_Character_types). Only a cast that was
/// written: others take a length away.
fn sized(target: RedshiftType, args: &ReturnFieldArgs) -> RedshiftType {
    let constant = |index: usize| args.scalar_arguments.get(index).copied().flatten();
    let explicit = constant(2).is_some_and(|mode| mode.try_as_str() == Some(Some("explicit")));
    let input = args.arg_fields.first().and_then(|field| RedshiftType::of_field(field));
    match (target, input) {
        (RedshiftType::Varchar(None), Some(RedshiftType::Varchar(_) | RedshiftType::Char(_))) if explicit => {
            let value = constant(0).filter(|value| !value.is_null());
            RedshiftType::Varchar(length_of(input, value).map(|length| length.max(1)))
        }
        _ => target,
    }
}

impl ScalarUDFImpl for CastFunction {
    fn name(&self) -> &str {
        CAST
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> DataFusionResult<DataType> {
        Err(Error::internal("the type of a cast depends on its arguments").into())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> DataFusionResult<FieldRef> {
        let target = target_of(args.scalar_arguments.get(1).copied().flatten())?;
        // A SUPER value that cannot be cast becomes NULL.
        let nullable = args
            .arg_fields
            .first()
            .is_none_or(|field| field.is_nullable() || *field.data_type() == DataType::LargeBinary)
            || args
                .scalar_arguments
                .get(2)
                .copied()
                .flatten()
                .is_some_and(|mode| mode.try_as_str() == Some(Some("try")));
        let field: Field = sized(target, &args).field("cast", nullable);
        Ok(Arc::new(field))
    }

    fn evaluate_bounds(&self, inputs: &[&Bounds]) -> DataFusionResult<Bounds> {
        unbounded(self, inputs)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        let [value, target, mode] = args.args.as_slice() else {
            return Err(Error::internal("a cast takes three arguments").into());
        };
        let ColumnarValue::Scalar(target) = target else {
            return Err(Error::internal("the target of a cast is a literal").into());
        };
        let (target, mode) = (target_of(Some(target))?, mode_of(mode)?);
        let format = SessionSettings::of(&args.config_options).text_format();
        // The bytes of a CHAR are those of its whole length.
        let padding = match (&target, args.arg_fields.first().and_then(|field| RedshiftType::of_field(field))) {
            (RedshiftType::Varbyte(_), Some(RedshiftType::Char(length))) => Some(length as usize),
            _ => None,
        };
        let cast_array = |array: &ArrayRef| match padding {
            Some(width) => cast_array_in(&padded(array, width)?, &target, mode, &format),
            None => cast_array_in(array, &target, mode, &format),
        };
        match value {
            ColumnarValue::Array(array) => Ok(ColumnarValue::Array(cast_array(array)?)),
            ColumnarValue::Scalar(scalar) => {
                let array: ArrayRef = scalar.to_array()?;
                let cast = cast_array(&array)?;
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&cast, 0)?))
            }
        }
    }
}
