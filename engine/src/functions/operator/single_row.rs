//! A subquery in the place of a value has at most one row. A correlated one is joined by its correlation, so each of
//! its groups carries its value and how many rows it had (`pack`), and the row that meets a group of several is the
//! error (`unpack`): groups that no row meets are nobody's business.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, AsArray, StructArray},
        datatypes::{DataType, Field, FieldRef, Fields, Int64Type},
    },
    common::{Result as DataFusionResult, ScalarValue},
    logical_expr::{
        ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
        expr::ScalarFunction,
    },
};

use crate::error::{Error, SqlState};

/// A value of a group and the number of its rows, as one value.
pub fn pack(value: Expr, rows: Expr) -> Expr {
    call(Part::Pack, vec![value, rows])
}

/// The value of what `pack` has made. Errors: 21000 when there were several rows.
pub fn unpack(packed: Expr) -> Expr {
    call(Part::Unpack, vec![packed])
}

fn call(part: Part, args: Vec<Expr>) -> Expr {
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::from(SingleRow::new(part))), args))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Pack,
    Unpack,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct SingleRow {
    part: Part,
    signature: Signature,
}

impl SingleRow {
    fn new(part: Part) -> Self {
        let signature = match part {
            Part::Pack => Signature::any(2, Volatility::Immutable),
            // It stays above the join: below, it would see groups that no row meets.
            Part::Unpack => Signature::any(1, Volatility::Volatile),
        };
        SingleRow { part, signature }
    }
}

fn internal(what: &str) -> datafusion::error::DataFusionError {
    Error::internal(what).into()
}

fn fields(value: &Field) -> Fields {
    let value = value.clone().with_name("value").with_nullable(true);
    Fields::from(vec![value, Field::new("rows", DataType::Int64, true)])
}

impl ScalarUDFImpl for SingleRow {
    fn name(&self) -> &str {
        match self.part {
            Part::Pack => "operator value and rows",
            Part::Unpack => "operator single row",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DataFusionResult<DataType> {
        Err(internal("the type of a single row depends on fields"))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> DataFusionResult<FieldRef> {
        let Some(first) = args.arg_fields.first() else { return Err(internal("a single row of nothing")) };
        Ok(match (self.part, first.data_type()) {
            (Part::Pack, _) => Arc::new(Field::new(self.name(), DataType::Struct(fields(first)), true)),
            (Part::Unpack, DataType::Struct(parts)) => {
                let Some(value) = parts.first() else { return Err(internal("a single row of nothing")) };
                Arc::new(value.as_ref().clone().with_name(self.name()))
            }
            _ => return Err(internal("a single row that was not packed")),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        let constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let result = match (self.part, args.return_field.data_type(), arrays.as_slice()) {
            (Part::Pack, DataType::Struct(parts), [value, rows]) => {
                let rows = datafusion::arrow::compute::cast(rows, &DataType::Int64)?;
                Arc::new(StructArray::try_new(parts.clone(), vec![Arc::clone(value), rows], None)?) as _
            }
            (Part::Unpack, _, [packed]) => {
                let packed = packed.as_struct();
                let (value, rows) = (packed.column(0), packed.column(1).as_primitive::<Int64Type>());
                if (0..packed.len()).any(|row| packed.is_valid(row) && rows.is_valid(row) && rows.value(row) > 1) {
                    return Err(Error::new(
                        SqlState::CARDINALITY_VIOLATION,
                        "more than one row returned by a subquery used as an expression",
                    )
                    .into());
                }
                match packed.nulls() {
                    // What a missing group holds is not defined.
                    Some(nulls) => {
                        let valid = datafusion::arrow::array::BooleanArray::new(nulls.inner().clone(), None);
                        let nothing = datafusion::arrow::array::new_null_array(value.data_type(), value.len());
                        datafusion::arrow::compute::kernels::zip::zip(&valid, value, &nothing)?
                    }
                    None => Arc::clone(value),
                }
            }
            _ => return Err(internal("a single row takes a value and a number")),
        };
        match constant {
            true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?)),
            false => Ok(ColumnarValue::Array(result)),
        }
    }
}
