//! SUM and AVG of SUPER values (pages r_SUM, r_AVG): by dynamic types, what is no number does not count.

use arrow::{
    array::{ArrayRef, AsArray},
    datatypes::Int64Type,
};
use datafusion::{common::ScalarValue, error::Result as DataFusionResult, logical_expr::Accumulator};

use super::totals::Outcome;
use crate::{
    error::Result,
    functions::operator::ArithmeticOperator,
    types::super_value::{Super, builder, number},
};

/// A sum in the making.
#[derive(Debug)]
pub struct SuperTotal {
    outcome: Outcome,
    sum: Option<Vec<u8>>,
    count: i64,
}

impl SuperTotal {
    /// Nothing yet.
    pub fn new(outcome: Outcome) -> Self {
        SuperTotal { outcome, sum: None, count: 0 }
    }

    fn add(&mut self, value: &[u8]) -> Result<()> {
        let mut sum = Vec::with_capacity(value.len());
        match &self.sum {
            None => sum.extend_from_slice(value),
            Some(before) => {
                number::arithmetic(ArithmeticOperator::Add, Super::of(before), Super::of(value), &mut sum)?;
            }
        }
        self.sum = Some(sum);
        Ok(())
    }
}

impl Accumulator for SuperTotal {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DataFusionResult<()> {
        let Some(values) = values.first().and_then(|values| values.as_binary_opt::<i64>()) else { return Ok(()) };
        for value in values.iter().flatten().filter(|value| Super::of(value).is_number()) {
            self.add(value)?;
            self.count += 1;
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DataFusionResult<()> {
        let [sums, counts] = states else { return Ok(()) };
        let counts = counts.as_primitive::<Int64Type>();
        for (row, sum) in sums.as_binary::<i64>().iter().enumerate() {
            if let Some(sum) = sum {
                self.add(sum)?;
                self.count += counts.value(row);
            }
        }
        Ok(())
    }

    fn state(&mut self) -> DataFusionResult<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::LargeBinary(self.sum.clone()), ScalarValue::Int64(Some(self.count))])
    }

    fn evaluate(&mut self) -> DataFusionResult<ScalarValue> {
        let Some(sum) = &self.sum else { return Ok(ScalarValue::LargeBinary(None)) };
        if self.outcome == Outcome::Sum {
            return Ok(ScalarValue::LargeBinary(Some(sum.clone())));
        }
        let (mut count, mut average) = (Vec::new(), Vec::new());
        builder::integer(&mut count, self.count);
        number::arithmetic(ArithmeticOperator::Divide, Super::of(sum), Super::of(&count), &mut average)?;
        Ok(ScalarValue::LargeBinary(Some(average)))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.sum.as_ref().map_or(0, Vec::len)
    }
}
