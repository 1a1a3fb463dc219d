//! Sums and averages: SUM (page r_SUM) and AVG (page r_AVG) share their state, a sum and a count.
//!
//! Integers and decimals are added in 128 bits, so that only the result can overflow, which is an
//! error; floats are added as they come. AVG of integers is a truncated BIGINT, AVG of decimals
//! keeps the scale.

use std::{collections::HashSet, fmt::Debug, marker::PhantomData, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Decimal128Array, Float64Array, Int64Array,
        ListArray, PrimitiveArray,
    },
    buffer::OffsetBuffer,
    datatypes::{
        DataType, Decimal128Type, DurationMicrosecondType, Field, Float64Type, Int64Type, IntervalYearMonthType,
    },
};
use datafusion::{
    common::ScalarValue,
    error::Result as DataFusionResult,
    logical_expr::{Accumulator, EmitTo, GroupsAccumulator},
};

use crate::{
    error::{Error, Result},
    functions::number::{self, PRECISION_MAX},
};

/// What is computed from sum and count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The sum
    Sum,
    /// The average
    Average,
}

/// A type of number that can be added up.
pub trait Addend: Debug + Send + Sync + 'static {
    /// The Arrow type of the input.
    type Input: ArrowPrimitiveType;
    /// The Arrow type of the sum.
    type Sum: ArrowPrimitiveType<Native: Default + PartialEq>;

    /// Adds a value to a sum; `sign` is 1, or -1 to take it away again.
    fn add(
        sum: &mut <Self::Sum as ArrowPrimitiveType>::Native,
        value: <Self::Input as ArrowPrimitiveType>::Native,
        negative: bool,
    ) -> Result<()>;
    /// Adds two sums.
    fn merge(
        sum: &mut <Self::Sum as ArrowPrimitiveType>::Native,
        other: <Self::Sum as ArrowPrimitiveType>::Native,
    ) -> Result<()>;
    /// The result of sums and counts; NULL where the count is 0.
    fn finish(
        outcome: Outcome,
        sums: &[<Self::Sum as ArrowPrimitiveType>::Native],
        counts: &[i64],
        result: &DataType,
    ) -> Result<ArrayRef>;
}

/// SMALLINT, INTEGER and BIGINT, as Int64.
#[derive(Debug)]
pub struct Integers;
/// INTERVAL DAY TO SECOND, in microseconds.
#[derive(Debug)]
pub struct Durations;
/// INTERVAL YEAR TO MONTH, in months.
#[derive(Debug)]
pub struct Months;
/// DECIMAL
#[derive(Debug)]
pub struct Decimals;
/// REAL and DOUBLE PRECISION, as Float64.
#[derive(Debug)]
pub struct Floats;

fn add_wide(sum: &mut i128, value: i128, negative: bool) -> Result<()> {
    let total = if negative { sum.checked_sub(value) } else { sum.checked_add(value) };
    *sum = total.ok_or_else(number::overflow)?;
    Ok(())
}

impl Addend for Integers {
    type Input = Int64Type;
    type Sum = Decimal128Type;

    fn add(sum: &mut i128, value: i64, negative: bool) -> Result<()> {
        add_wide(sum, value.into(), negative)
    }

    fn merge(sum: &mut i128, other: i128) -> Result<()> {
        add_wide(sum, other, false)
    }

    fn finish(outcome: Outcome, sums: &[i128], counts: &[i64], _: &DataType) -> Result<ArrayRef> {
        let results = sums.iter().zip(counts).map(|(sum, count)| match (*count, outcome) {
            (0, _) => Ok(None),
            (_, Outcome::Sum) => Some(i64::try_from(*sum).map_err(|_| Error::out_of_range("bigint"))).transpose(),
            (count, Outcome::Average) => {
                Some(i64::try_from(*sum / i128::from(count)).map_err(|_| Error::out_of_range("bigint"))).transpose()
            }
        });
        Ok(Arc::new(results.collect::<Result<Int64Array>>()?))
    }
}

/// The results of intervals, which are sums or truncated averages of whole units.
fn finish_units<T: ArrowPrimitiveType>(outcome: Outcome, sums: &[i128], counts: &[i64]) -> Result<PrimitiveArray<T>>
where
    T::Native: TryFrom<i128>,
{
    let results = sums.iter().zip(counts).map(|(sum, count)| {
        let value = match (*count, outcome) {
            (0, _) => return Ok(None),
            (_, Outcome::Sum) => *sum,
            (count, Outcome::Average) => *sum / i128::from(count),
        };
        T::Native::try_from(value).map(Some).map_err(|_| Error::out_of_range("interval"))
    });
    results.collect()
}

impl Addend for Durations {
    type Input = DurationMicrosecondType;
    type Sum = Decimal128Type;

    fn add(sum: &mut i128, value: i64, negative: bool) -> Result<()> {
        add_wide(sum, value.into(), negative)
    }

    fn merge(sum: &mut i128, other: i128) -> Result<()> {
        add_wide(sum, other, false)
    }

    fn finish(outcome: Outcome, sums: &[i128], counts: &[i64], _: &DataType) -> Result<ArrayRef> {
        Ok(Arc::new(finish_units::<DurationMicrosecondType>(outcome, sums, counts)?))
    }
}

impl Addend for Months {
    type Input = IntervalYearMonthType;
    type Sum = Decimal128Type;

    fn add(sum: &mut i128, value: i32, negative: bool) -> Result<()> {
        add_wide(sum, value.into(), negative)
    }

    fn merge(sum: &mut i128, other: i128) -> Result<()> {
        add_wide(sum, other, false)
    }

    fn finish(outcome: Outcome, sums: &[i128], counts: &[i64], _: &DataType) -> Result<ArrayRef> {
        Ok(Arc::new(finish_units::<IntervalYearMonthType>(outcome, sums, counts)?))
    }
}

impl Addend for Decimals {
    type Input = Decimal128Type;
    type Sum = Decimal128Type;

    fn add(sum: &mut i128, value: i128, negative: bool) -> Result<()> {
        add_wide(sum, value, negative)
    }

    fn merge(sum: &mut i128, other: i128) -> Result<()> {
        add_wide(sum, other, false)
    }

    fn finish(outcome: Outcome, sums: &[i128], counts: &[i64], result: &DataType) -> Result<ArrayRef> {
        let results = sums.iter().zip(counts).map(|(sum, count)| match (*count, outcome) {
            (0, _) => Ok(None),
            (_, Outcome::Sum) => number::check_decimal(*sum).map(Some),
            (count, Outcome::Average) => number::check_decimal(*sum / i128::from(count)).map(Some),
        });
        let array = results.collect::<Result<Decimal128Array>>()?;
        let scale = number::decimal_scale(result);
        Ok(Arc::new(array.with_precision_and_scale(PRECISION_MAX, scale).map_err(Error::internal)?))
    }
}

impl Addend for Floats {
    type Input = Float64Type;
    type Sum = Float64Type;

    fn add(sum: &mut f64, value: f64, negative: bool) -> Result<()> {
        *sum += if negative { -value } else { value };
        Ok(())
    }

    fn merge(sum: &mut f64, other: f64) -> Result<()> {
        *sum += other;
        Ok(())
    }

    fn finish(outcome: Outcome, sums: &[f64], counts: &[i64], _: &DataType) -> Result<ArrayRef> {
        let results = sums.iter().zip(counts).map(|(sum, count)| match (*count, outcome) {
            (0, _) => None,
            (_, Outcome::Sum) => Some(*sum),
            (count, Outcome::Average) => Some(*sum / count as f64),
        });
        Ok(Arc::new(results.collect::<Float64Array>()))
    }
}

/// Sums and counts of groups; with one group it is also the plain accumulator.
pub struct Totals<A: Addend> {
    outcome: Outcome,
    result: DataType,
    state: DataType,
    sums: Vec<<A::Sum as ArrowPrimitiveType>::Native>,
    counts: Vec<i64>,
    addend: PhantomData<A>,
}

impl<A: Addend> Debug for Totals<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Totals").field("outcome", &self.outcome).field("groups", &self.counts.len()).finish()
    }
}

impl<A: Addend> Totals<A> {
    /// No groups yet. `state` is the Arrow type of a sum.
    pub fn new(outcome: Outcome, result: DataType, state: DataType) -> Self {
        Totals { outcome, result, state, sums: Vec::new(), counts: Vec::new(), addend: PhantomData }
    }

    /// One group: the plain accumulator.
    pub fn single(outcome: Outcome, result: DataType, state: DataType) -> Self {
        let mut totals = Self::new(outcome, result, state);
        totals.grow(1);
        totals
    }

    fn grow(&mut self, groups: usize) {
        self.sums.resize(groups, Default::default());
        self.counts.resize(groups, 0);
    }

    fn add_all(&mut self, array: &ArrayRef, negative: bool) -> Result<()> {
        let step = if negative { -1 } else { 1 };
        for value in typed::<A::Input>(array)?.iter().flatten() {
            A::add(&mut self.sums[0], value, negative)?;
            self.counts[0] += step;
        }
        if self.counts[0] == 0 {
            self.sums[0] = Default::default();
        }
        Ok(())
    }

    fn state_arrays(&self, sums: Vec<<A::Sum as ArrowPrimitiveType>::Native>, counts: Vec<i64>) -> Vec<ArrayRef> {
        let sums = PrimitiveArray::<A::Sum>::from_iter_values(sums).with_data_type(self.state.clone());
        vec![Arc::new(sums), Arc::new(Int64Array::from(counts))]
    }
}

fn typed<T: ArrowPrimitiveType>(array: &ArrayRef) -> Result<&PrimitiveArray<T>> {
    array.as_primitive_opt::<T>().ok_or_else(|| {
        Error::internal(format!("an aggregate got {} where {} was due", array.data_type(), T::DATA_TYPE))
    })
}

impl<A: Addend> GroupsAccumulator for Totals<A> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> DataFusionResult<()> {
        self.grow(total_num_groups);
        let array = typed::<A::Input>(&values[0])?;
        if array.null_count() == 0 && opt_filter.is_none() {
            for (value, group) in array.values().iter().zip(group_indices) {
                A::add(&mut self.sums[*group], *value, false)?;
                self.counts[*group] += 1;
            }
            return Ok(());
        }
        for (row, group) in group_indices.iter().enumerate() {
            let chosen = opt_filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
            if chosen && array.is_valid(row) {
                A::add(&mut self.sums[*group], array.value(row), false)?;
                self.counts[*group] += 1;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> DataFusionResult<ArrayRef> {
        let sums = emit_to.take_needed(&mut self.sums);
        let counts = emit_to.take_needed(&mut self.counts);
        Ok(A::finish(self.outcome, &sums, &counts, &self.result)?)
    }

    fn state(&mut self, emit_to: EmitTo) -> DataFusionResult<Vec<ArrayRef>> {
        let sums = emit_to.take_needed(&mut self.sums);
        let counts = emit_to.take_needed(&mut self.counts);
        Ok(self.state_arrays(sums, counts))
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> DataFusionResult<()> {
        self.grow(total_num_groups);
        let sums = typed::<A::Sum>(&values[0])?;
        let counts = typed::<Int64Type>(&values[1])?;
        for (row, group) in group_indices.iter().enumerate() {
            A::merge(&mut self.sums[*group], sums.value(row))?;
            self.counts[*group] += counts.value(row);
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        opt_filter: Option<&BooleanArray>,
    ) -> DataFusionResult<Vec<ArrayRef>> {
        let array = typed::<A::Input>(&values[0])?;
        let mut sums = vec![Default::default(); array.len()];
        let mut counts = vec![0; array.len()];
        for row in 0..array.len() {
            let chosen = opt_filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
            if chosen && array.is_valid(row) {
                A::add(&mut sums[row], array.value(row), false)?;
                counts[row] = 1;
            }
        }
        Ok(self.state_arrays(sums, counts))
    }

    fn size(&self) -> usize {
        self.sums.capacity() * size_of::<<A::Sum as ArrowPrimitiveType>::Native>() + self.counts.capacity() * 8
    }
}

impl<A: Addend> Accumulator for Totals<A> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DataFusionResult<()> {
        Ok(self.add_all(&values[0], false)?)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> DataFusionResult<()> {
        Ok(self.add_all(&values[0], true)?)
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> DataFusionResult<ScalarValue> {
        let array = A::finish(self.outcome, &self.sums, &self.counts, &self.result)?;
        ScalarValue::try_from_array(&array, 0)
    }

    fn state(&mut self) -> DataFusionResult<Vec<ScalarValue>> {
        let arrays = self.state_arrays(self.sums.clone(), self.counts.clone());
        arrays.iter().map(|array| ScalarValue::try_from_array(array, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DataFusionResult<()> {
        let groups = vec![0; states[0].len()];
        GroupsAccumulator::merge_batch(self, states, &groups, 1)
    }

    fn size(&self) -> usize {
        size_of_val(self) + GroupsAccumulator::size(self)
    }
}

/// SUM(DISTINCT …) and AVG(DISTINCT …): the different values, added up at the end.
pub struct DistinctTotals<A: Addend> {
    totals: Totals<A>,
    input: DataType,
    /// The values' bytes.
    seen: HashSet<Vec<u8>>,
    values: Vec<<A::Input as ArrowPrimitiveType>::Native>,
}

impl<A: Addend> Debug for DistinctTotals<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DistinctTotals").field("totals", &self.totals).field("values", &self.values.len()).finish()
    }
}

impl<A: Addend> DistinctTotals<A> {
    /// No values yet.
    pub fn new(outcome: Outcome, result: DataType, state: DataType, input: DataType) -> Self {
        DistinctTotals {
            totals: Totals::single(outcome, result, state),
            input,
            seen: HashSet::new(),
            values: Vec::new(),
        }
    }

    fn insert(&mut self, array: &ArrayRef) -> Result<()> {
        use arrow::datatypes::ToByteSlice;
        for value in typed::<A::Input>(array)?.iter().flatten() {
            if self.seen.insert(value.to_byte_slice().to_vec()) {
                self.values.push(value);
            }
        }
        Ok(())
    }

    fn array(&self) -> ArrayRef {
        let values = self.values.iter().copied();
        Arc::new(PrimitiveArray::<A::Input>::from_iter_values(values).with_data_type(self.input.clone()))
    }
}

impl<A: Addend> Accumulator for DistinctTotals<A> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DataFusionResult<()> {
        Ok(self.insert(&values[0])?)
    }

    fn evaluate(&mut self) -> DataFusionResult<ScalarValue> {
        let mut totals =
            Totals::<A>::single(self.totals.outcome, self.totals.result.clone(), self.totals.state.clone());
        totals.add_all(&self.array(), false)?;
        Accumulator::evaluate(&mut totals)
    }

    fn state(&mut self) -> DataFusionResult<Vec<ScalarValue>> {
        Ok(vec![list_of(self.array())])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DataFusionResult<()> {
        for list in states[0].as_list::<i32>().iter().flatten() {
            self.insert(&list)?;
        }
        Ok(())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.seen.capacity() * 48 + self.values.capacity() * 16
    }
}

/// A list of one row, which holds all values of an array: the state of an accumulator.
pub fn list_of(values: ArrayRef) -> ScalarValue {
    let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    let list = ListArray::new(field, OffsetBuffer::from_lengths([values.len()]), values, None);
    ScalarValue::List(Arc::new(list))
}
