//! Aggregates whose arithmetic is DataFusion's and whose argument and result types are Redshift's: MIN, MAX,
//! ANY_VALUE, BIT_AND, BIT_OR, BOOL_AND, BOOL_OR, STDDEV* and VAR*.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::{
    common::ScalarValue,
    error::{DataFusionError, Result as DataFusionResult},
    functions_aggregate as built_in,
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, ReversedUDAF, SetMonotonicity, Signature,
        StatisticsArgs, Volatility,
        function::{AccumulatorArgs, AggregateFunctionSimplification, StateFieldsArgs},
        utils::AggregateOrderSensitivity,
    },
};

use crate::{
    error::Result,
    functions::{
        arguments::Kind,
        definition::{Documentation, Types},
    },
};

/// What an aggregate takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Takes {
    /// What has an order; the result has its type.
    Ordered,
    /// Anything; the result has its type.
    Anything,
    /// Integers; the result has their type.
    Integers,
    /// Booleans and integers, which are true unless 0.
    Booleans,
    /// Numbers, as DOUBLE PRECISION.
    Numbers,
}

#[derive(Debug)]
struct Adapted {
    inner: Arc<AggregateUDF>,
    documentation: &'static Documentation,
    takes: Takes,
    signature: Signature,
    aliases: Vec<String>,
}

impl PartialEq for Adapted {
    fn eq(&self, other: &Self) -> bool {
        self.documentation.name == other.documentation.name
    }
}

impl Eq for Adapted {}

impl Hash for Adapted {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.documentation.name.hash(state);
    }
}

macro_rules! document {
    ($constant:ident, $name:literal, $aliases:expr, $description:literal, $argument:literal, $example:literal) => {
        #[doc = concat!("`", $name, "`")]
        pub static $constant: Documentation = Documentation {
            name: $name,
            aliases: $aliases,
            category: "aggregate",
            description: $description,
            arguments: &[("expression", $argument)],
            example: $example,
        };
    };
}

document!(
    MIN,
    "min",
    &[],
    "The least value; NULLs are ignored.",
    "a number, text, date or time",
    "select min(qtysold) from sales;"
);
document!(
    MAX,
    "max",
    &[],
    "The greatest value; NULLs are ignored.",
    "a number, text, date or time",
    "select max(qtysold) from sales;"
);
document!(
    ANY_VALUE,
    "any_value",
    &[],
    "Any one of the values; NULL only if there is no other.",
    "any value",
    "select any_value(eventname) from event;"
);
document!(
    BIT_AND,
    "bit_and",
    &[],
    "The bits that are set in all values.",
    "an integer",
    "select bit_and(likes) from users;"
);
document!(
    BIT_OR,
    "bit_or",
    &[],
    "The bits that are set in any value.",
    "an integer",
    "select bit_or(likes) from users;"
);
document!(
    BOOL_AND,
    "bool_and",
    &[],
    "Whether all values are true.",
    "a boolean, or an integer that is true unless 0",
    "select bool_and(likesports) from users;"
);
document!(
    BOOL_OR,
    "bool_or",
    &[],
    "Whether any value is true.",
    "a boolean, or an integer that is true unless 0",
    "select bool_or(likesports) from users;"
);
document!(
    STDDEV_SAMP,
    "stddev_samp",
    &["stddev"],
    "The sample standard deviation as DOUBLE PRECISION; NULL of a single value.",
    "a number",
    "select stddev(venueseats) from venue;"
);
document!(
    STDDEV_POP,
    "stddev_pop",
    &[],
    "The population standard deviation as DOUBLE PRECISION.",
    "a number",
    "select stddev_pop(commission) from sales;"
);
document!(
    VAR_SAMP,
    "var_samp",
    &["variance"],
    "The sample variance as DOUBLE PRECISION; NULL of a single value.",
    "a number",
    "select var_samp(venueseats) from venue;"
);
document!(
    VAR_POP,
    "var_pop",
    &[],
    "The population variance as DOUBLE PRECISION.",
    "a number",
    "select var_pop(venueseats) from venue;"
);

/// Their documentation.
pub const DOCUMENTATION: [&Documentation; 11] =
    [&ANY_VALUE, &BIT_AND, &BIT_OR, &BOOL_AND, &BOOL_OR, &MAX, &MIN, &STDDEV_POP, &STDDEV_SAMP, &VAR_POP, &VAR_SAMP];

/// All of them for DataFusion.
pub fn all() -> Vec<Arc<AggregateUDF>> {
    vec![
        min(),
        adapt(built_in::min_max::max_udaf(), &MAX, Takes::Ordered),
        adapt(built_in::any_value::any_value_udaf(), &ANY_VALUE, Takes::Anything),
        adapt(built_in::bit_and_or_xor::bit_and_udaf(), &BIT_AND, Takes::Integers),
        adapt(built_in::bit_and_or_xor::bit_or_udaf(), &BIT_OR, Takes::Integers),
        adapt(built_in::bool_and_or::bool_and_udaf(), &BOOL_AND, Takes::Booleans),
        adapt(built_in::bool_and_or::bool_or_udaf(), &BOOL_OR, Takes::Booleans),
        adapt(built_in::stddev::stddev_udaf(), &STDDEV_SAMP, Takes::Numbers),
        adapt(built_in::stddev::stddev_pop_udaf(), &STDDEV_POP, Takes::Numbers),
        adapt(built_in::variance::var_samp_udaf(), &VAR_SAMP, Takes::Numbers),
        adapt(built_in::variance::var_pop_udaf(), &VAR_POP, Takes::Numbers),
    ]
}

/// MIN
pub fn min() -> Arc<AggregateUDF> {
    adapt(built_in::min_max::min_udaf(), &MIN, Takes::Ordered)
}

fn adapt(inner: Arc<AggregateUDF>, documentation: &'static Documentation, takes: Takes) -> Arc<AggregateUDF> {
    let signature = Signature::user_defined(Volatility::Immutable);
    let aliases = documentation.aliases.iter().map(|alias| (*alias).to_owned()).collect();
    Arc::new(AggregateUDF::new_from_impl(Adapted { inner, documentation, takes, signature, aliases }))
}

impl Adapted {
    /// The type that the argument is converted to.
    fn coerced(&self, types: &[DataType]) -> Result<DataType> {
        let call = Types::new(self.documentation.name, types);
        let ([own], kind) = (types, call.kind(0)) else { return call.refuse() };
        match self.takes {
            Takes::Ordered if kind != Kind::Boolean => Ok(own.clone()),
            Takes::Anything => Ok(own.clone()),
            Takes::Integers if kind == Kind::Integer => Ok(own.clone()),
            Takes::Integers if kind == Kind::Null => Ok(DataType::Int64),
            Takes::Booleans if matches!(kind, Kind::Boolean | Kind::Integer | Kind::Null) => Ok(DataType::Boolean),
            Takes::Numbers if kind.is_number() || kind == Kind::Null => Ok(DataType::Float64),
            _ => call.refuse(),
        }
    }
}

impl AggregateUDFImpl for Adapted {
    fn name(&self) -> &str {
        self.documentation.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        // Refused calls are refused where the result type is asked for, with an error that keeps its form.
        Ok(self.coerced(arg_types).map_or_else(|_| arg_types.to_vec(), |coerced| vec![coerced]))
    }

    fn return_type(&self, arg_types: &[DataType]) -> DataFusionResult<DataType> {
        self.coerced(arg_types).map_err(DataFusionError::from)
    }

    /// MIN, MAX and ANY_VALUE keep the declared type of their argument.
    fn return_field(&self, arg_fields: &[FieldRef]) -> DataFusionResult<FieldRef> {
        let types: Vec<DataType> = arg_fields.iter().map(|field| field.data_type().clone()).collect();
        let field = Field::new(self.name(), self.return_type(&types)?, true);
        Ok(Arc::new(match (self.takes, arg_fields) {
            (Takes::Ordered | Takes::Anything, [argument]) => field.with_metadata(argument.metadata().clone()),
            _ => field,
        }))
    }

    fn accumulator(&self, args: AccumulatorArgs) -> DataFusionResult<Box<dyn Accumulator>> {
        self.inner.accumulator(args)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> DataFusionResult<Vec<FieldRef>> {
        self.inner.state_fields(args)
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        self.inner.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> DataFusionResult<Box<dyn GroupsAccumulator>> {
        self.inner.create_groups_accumulator(args)
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> DataFusionResult<Box<dyn Accumulator>> {
        self.inner.create_sliding_accumulator(args)
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        match self.takes {
            Takes::Anything => AggregateOrderSensitivity::Insensitive,
            _ => self.inner.order_sensitivity(),
        }
    }

    fn simplify(&self) -> Option<AggregateFunctionSimplification> {
        self.inner.simplify()
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }

    fn is_descending(&self) -> Option<bool> {
        self.inner.is_descending()
    }

    fn value_from_stats(&self, statistics: &StatisticsArgs) -> Option<ScalarValue> {
        self.inner.value_from_stats(statistics)
    }

    fn default_value(&self, data_type: &DataType) -> DataFusionResult<ScalarValue> {
        self.inner.default_value(data_type)
    }

    fn set_monotonicity(&self, data_type: &DataType) -> SetMonotonicity {
        self.inner.inner().set_monotonicity(data_type)
    }
}
