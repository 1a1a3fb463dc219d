//! SUM and AVG as DataFusion's aggregate functions; their arithmetic is in `totals`.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use arrow::datatypes::{DataType, Field, FieldRef, IntervalUnit, TimeUnit};
use datafusion::{
    error::{DataFusionError, Result as DataFusionResult},
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, Signature, Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
        utils::AggregateOrderSensitivity,
    },
};

use super::super_total::SuperTotal;
use super::totals::{Addend, Decimals, DistinctTotals, Durations, Floats, Integers, Months, Outcome, Totals};
use crate::{
    error::{Error, Result},
    functions::{
        arguments::Kind,
        definition::{Documentation, Types},
        number::{PRECISION_MAX, decimal_scale},
    },
};

const DAY_TO_SECOND: DataType = DataType::Duration(TimeUnit::Microsecond);
const YEAR_TO_MONTH: DataType = DataType::Interval(IntervalUnit::YearMonth);

/// SUM
pub static SUM: Documentation = Documentation {
    name: "sum",
    aliases: &[],
    category: "aggregate",
    description: "The sum of a number: BIGINT of integers, DECIMAL(38, scale) of decimals, DOUBLE PRECISION of floats. \
                  NULL without values.",
    arguments: &[("expression", "a number")],
    example: "select sum(qtysold) from sales;",
};

/// AVG
pub static AVG: Documentation = Documentation {
    name: "avg",
    aliases: &[],
    category: "aggregate",
    description: "The average of a number: a truncated BIGINT of integers, DECIMAL(38, scale) of decimals, DOUBLE \
                  PRECISION of floats. NULL without values.",
    arguments: &[("expression", "a number")],
    example: "select avg(qtysold) from sales; -- 2",
};

#[derive(Debug)]
struct Total {
    outcome: Outcome,
    documentation: &'static Documentation,
    signature: Signature,
}

impl PartialEq for Total {
    fn eq(&self, other: &Self) -> bool {
        self.outcome == other.outcome
    }
}

impl Eq for Total {}

impl Hash for Total {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.outcome.hash(state);
    }
}

/// SUM for DataFusion.
pub fn sum() -> Arc<AggregateUDF> {
    make(Outcome::Sum, &SUM)
}

/// AVG for DataFusion.
pub fn avg() -> Arc<AggregateUDF> {
    make(Outcome::Average, &AVG)
}

fn make(outcome: Outcome, documentation: &'static Documentation) -> Arc<AggregateUDF> {
    let signature = Signature::user_defined(Volatility::Immutable);
    Arc::new(AggregateUDF::new_from_impl(Total { outcome, documentation, signature }))
}

/// The type of a sum while it is computed.
fn state_type(result: &DataType) -> DataType {
    match result {
        DataType::Float64 | DataType::LargeBinary => result.clone(),
        result => DataType::Decimal128(PRECISION_MAX, decimal_scale(result)),
    }
}

impl Total {
    fn coerced(&self, types: &[DataType]) -> Result<DataType> {
        let call = Types::new(self.documentation.name, types);
        if call.count() != 1 {
            return call.refuse();
        }
        match (call.kind(0), call.data_type(0)) {
            (Kind::Integer | Kind::Null, _) => Ok(DataType::Int64),
            (Kind::Float, _) => Ok(DataType::Float64),
            (Kind::Super, _) => Ok(DataType::LargeBinary),
            (Kind::Decimal, DataType::Decimal128(precision, scale)) => Ok(DataType::Decimal128(*precision, *scale)),
            (Kind::Decimal, other) => Ok(DataType::Decimal128(PRECISION_MAX, decimal_scale(other))),
            (Kind::Interval, DataType::Duration(_)) => Ok(DAY_TO_SECOND),
            (Kind::Interval, DataType::Interval(IntervalUnit::YearMonth)) => Ok(YEAR_TO_MONTH),
            _ => call.refuse(),
        }
    }

    fn accumulate<A: Addend>(&self, arguments: &AccumulatorArgs) -> Box<dyn Accumulator> {
        let result = arguments.return_field.data_type().clone();
        let state = state_type(&result);
        if arguments.is_distinct {
            let input = arguments.expr_fields[0].data_type().clone();
            return Box::new(DistinctTotals::<A>::new(self.outcome, result, state, input));
        }
        Box::new(Totals::<A>::single(self.outcome, result, state))
    }
}

impl AggregateUDFImpl for Total {
    fn name(&self) -> &str {
        self.documentation.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        // Refused calls are refused by `return_type`, with an error that keeps its form.
        Ok(self.coerced(arg_types).map_or_else(|_| arg_types.to_vec(), |coerced| vec![coerced]))
    }

    fn return_type(&self, arg_types: &[DataType]) -> DataFusionResult<DataType> {
        Ok(match self.coerced(arg_types).map_err(DataFusionError::from)? {
            DataType::Decimal128(_, scale) => DataType::Decimal128(PRECISION_MAX, scale),
            other => other,
        })
    }

    fn accumulator(&self, args: AccumulatorArgs) -> DataFusionResult<Box<dyn Accumulator>> {
        Ok(match args.return_field.data_type() {
            DataType::Float64 => self.accumulate::<Floats>(&args),
            DataType::Int64 => self.accumulate::<Integers>(&args),
            DataType::LargeBinary if args.is_distinct => {
                let what = format!("{}(DISTINCT …) of SUPER values", self.documentation.name);
                return Err(Error::not_supported(what.to_uppercase()).into());
            }
            DataType::LargeBinary => Box::new(SuperTotal::new(self.outcome)),
            DataType::Duration(_) => self.accumulate::<Durations>(&args),
            DataType::Interval(_) => self.accumulate::<Months>(&args),
            _ => self.accumulate::<Decimals>(&args),
        })
    }

    fn state_fields(&self, args: StateFieldsArgs) -> DataFusionResult<Vec<FieldRef>> {
        let name = |part: &str| format!("{}[{part}]", args.name);
        if args.is_distinct {
            let item = args.input_fields[0].data_type().clone();
            return Ok(vec![Arc::new(Field::new_list(name("values"), Field::new_list_field(item, true), true))]);
        }
        let sum = Field::new(name("sum"), state_type(args.return_type()), true);
        Ok(vec![Arc::new(sum), Arc::new(Field::new(name("count"), DataType::Int64, true))])
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        !args.is_distinct && *args.return_field.data_type() != DataType::LargeBinary
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> DataFusionResult<Box<dyn GroupsAccumulator>> {
        let result = args.return_field.data_type().clone();
        let state = state_type(&result);
        Ok(match result {
            DataType::Float64 => Box::new(Totals::<Floats>::new(self.outcome, result, state)),
            DataType::Duration(_) => Box::new(Totals::<Durations>::new(self.outcome, result, state)),
            DataType::Interval(_) => Box::new(Totals::<Months>::new(self.outcome, result, state)),
            DataType::Int64 => Box::new(Totals::<Integers>::new(self.outcome, result, state)),
            _ => Box::new(Totals::<Decimals>::new(self.outcome, result, state)),
        })
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Decimal128Array, Float64Array, Int64Array};
    use datafusion::common::ScalarValue;

    use super::*;
    use crate::functions::{
        aggregate::testing::{aggregate, aggregate_distinct, aggregate_groups},
        testing::{decimal, float, int},
    };

    fn ints(values: Vec<Option<i64>>) -> ArrayRef {
        Arc::new(Int64Array::from(values))
    }

    #[test]
    fn integers() {
        let values = ints(vec![Some(1), Some(2), Some(4), None]);
        assert_eq!(aggregate(&sum(), &[Arc::clone(&values)]).unwrap(), int(7));
        assert_eq!(aggregate(&avg(), &[values]).unwrap(), int(2));
        assert_eq!(aggregate(&avg(), &[ints(vec![Some(-1), Some(-2)])]).unwrap(), int(-1));
        assert_eq!(aggregate(&sum(), &[ints(vec![None])]).unwrap(), ScalarValue::Int64(None));
        assert_eq!(aggregate(&sum(), &[ints(vec![])]).unwrap(), ScalarValue::Int64(None));
        assert_eq!(aggregate_distinct(&avg(), &[ints(vec![Some(1), Some(1), Some(3)])]).unwrap(), int(2));
    }

    #[test]
    fn overflow_is_an_error() {
        let values = ints(vec![Some(i64::MAX), Some(1)]);
        assert!(aggregate(&sum(), &[Arc::clone(&values)]).is_err());
        assert_eq!(aggregate(&avg(), &[values]).unwrap(), int(4_611_686_018_427_387_904));
        let huge = Decimal128Array::from(vec![10i128.pow(38) - 1, 1]).with_precision_and_scale(38, 0).unwrap();
        assert!(aggregate(&sum(), &[Arc::new(huge)]).is_err());
    }

    #[test]
    fn decimals_and_floats() {
        let decimals: ArrayRef =
            Arc::new(Decimal128Array::from(vec![303_441, 303_441]).with_precision_and_scale(8, 2).unwrap());
        assert_eq!(aggregate(&avg(), &[Arc::clone(&decimals)]).unwrap(), decimal(303_441, 38, 2));
        assert_eq!(aggregate(&sum(), &[Arc::clone(&decimals)]).unwrap(), decimal(606_882, 38, 2));
        assert_eq!(aggregate_distinct(&sum(), &[decimals]).unwrap(), decimal(303_441, 38, 2));
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
        assert_eq!(aggregate(&avg(), &[floats]).unwrap(), float(1.5));
    }

    #[test]
    fn groups_agree_with_single_accumulators() {
        let values = ints(vec![Some(1), None, Some(5), Some(7), Some(2)]);
        let got = aggregate_groups(&sum(), &[values], &[0, 1, 0, 2, 0], 3).unwrap();
        assert_eq!(got, vec![int(8), ScalarValue::Int64(None), int(7)]);
    }
}
