//! MIN and MAX of SUPER values, by the order among all values (page query-super, "Order by"); nulls do not count.
//! And what a group of equal values shows: the one with the least bytes, so that it does not depend on threads.

use std::{
    cmp::Ordering,
    hash::{Hash, Hasher},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, AsArray},
    datatypes::{DataType, Field, FieldRef},
};
use datafusion::{
    common::ScalarValue,
    error::Result as DataFusionResult,
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};

use crate::types::super_value::{Super, compare};

/// MIN
pub fn min() -> Arc<AggregateUDF> {
    make("min", Ordering::Less, Compared::Values)
}

/// MAX
pub fn max() -> Arc<AggregateUDF> {
    make("max", Ordering::Greater, Compared::Values)
}

/// One of equal values.
pub fn representative() -> Arc<AggregateUDF> {
    make("super representative", Ordering::Less, Compared::Bytes)
}

/// What the best value is told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compared {
    /// The order of values.
    Values,
    /// Their bytes; null is a value then.
    Bytes,
}

fn make(name: &'static str, wanted: Ordering, compared: Compared) -> Arc<AggregateUDF> {
    let signature = Signature::exact(vec![DataType::LargeBinary], Volatility::Immutable);
    Arc::new(AggregateUDF::new_from_impl(Extreme { name, wanted, compared, signature }))
}

#[derive(Debug)]
struct Extreme {
    name: &'static str,
    wanted: Ordering,
    compared: Compared,
    signature: Signature,
}

impl PartialEq for Extreme {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Extreme {}

impl Hash for Extreme {
    fn hash<H: Hasher>(&self, state: &mut H) {
        ("super", self.name).hash(state);
    }
}

impl AggregateUDFImpl for Extreme {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> DataFusionResult<DataType> {
        Ok(DataType::LargeBinary)
    }

    fn accumulator(&self, _args: AccumulatorArgs) -> DataFusionResult<Box<dyn Accumulator>> {
        Ok(Box::new(Best { wanted: self.wanted, compared: self.compared, best: None }))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> DataFusionResult<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[best]", args.name), DataType::LargeBinary, true))])
    }
}

/// The best value so far.
#[derive(Debug)]
struct Best {
    wanted: Ordering,
    compared: Compared,
    best: Option<BestValue>,
}

#[derive(Debug)]
struct BestValue {
    /// What the order of values goes by; empty where bytes decide.
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Accumulator for Best {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DataFusionResult<()> {
        let Some(values) = values.first().and_then(|values| values.as_binary_opt::<i64>()) else { return Ok(()) };
        for value in values.iter().flatten() {
            match self.compared {
                Compared::Bytes => {
                    if self.best.as_ref().is_none_or(|best| value.cmp(&best.value) == self.wanted) {
                        self.best = Some(BestValue { key: vec![], value: value.to_vec() });
                    }
                }
                Compared::Values if Super::of(value) == Super::Null => {}
                Compared::Values => {
                    let key = compare::key(value);
                    if self.best.as_ref().is_none_or(|best| key.cmp(&best.key) == self.wanted) {
                        self.best = Some(BestValue { key, value: value.to_vec() });
                    }
                }
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DataFusionResult<()> {
        self.update_batch(states)
    }

    fn state(&mut self) -> DataFusionResult<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn evaluate(&mut self) -> DataFusionResult<ScalarValue> {
        Ok(ScalarValue::LargeBinary(self.best.as_ref().map(|best| best.value.clone())))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.best.as_ref().map_or(0, |best| best.key.len() + best.value.len())
    }
}
