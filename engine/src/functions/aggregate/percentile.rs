//! MEDIAN, PERCENTILE_CONT and PERCENTILE_DISC (pages r_MEDIAN, r_PERCENTILE_CONT,
//! r_PERCENTILE_DISC), as aggregates and over windows.
//!
//! `PERCENTILE_x(p) WITHIN GROUP (ORDER BY v [DESC])` is bound as `percentile_x(p, v [, 'desc'])`:
//! so it works over windows too, where DataFusion has no place for the clause. Interpolation of
//! integers and decimals is exact: the result has the scale of the value plus that of `p` (0.5 for
//! MEDIAN), as the printed results `10.0` and `17.5` show.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::{SortOptions, concat, sort},
    datatypes::{DataType, Date32Type, Decimal128Type, Field, FieldRef, Float64Type, TimestampMicrosecondType},
};
use datafusion::{
    common::ScalarValue,
    error::{DataFusionError, Result as DataFusionResult},
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
        utils::AggregateOrderSensitivity,
    },
};

use super::totals::list_of;
use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::{Kind, TIMESTAMP, convert, timestamptz},
        definition::{Documentation, Types},
        number::{self, PRECISION_MAX},
        text,
    },
};

/// MEDIAN
pub static MEDIAN: Documentation = Documentation {
    name: "median",
    aliases: &[],
    category: "aggregate",
    description: "The middle of the values, interpolated between two: DECIMAL of exact numbers, DOUBLE PRECISION of \
                  floats, else the type of the value.",
    arguments: &[("median_expression", "a number, date or timestamp")],
    example: "select sellerid, median(qty) from winsales group by sellerid;",
};

/// PERCENTILE_CONT
pub static PERCENTILE_CONT: Documentation = Documentation {
    name: "percentile_cont",
    aliases: &[],
    category: "aggregate",
    description: "The value at a percentile of a continuous distribution, interpolated between two values.",
    arguments: &[
        ("percentile", "a constant between 0 and 1"),
        ("ORDER BY expression", "in WITHIN GROUP: a number, date or timestamp"),
    ],
    example: "select percentile_cont(0.5) within group (order by qty) from winsales;",
};

/// PERCENTILE_DISC
pub static PERCENTILE_DISC: Documentation = Documentation {
    name: "percentile_disc",
    aliases: &[],
    category: "aggregate",
    description: "The first value whose share of the sorted values is at least the percentile.",
    arguments: &[("percentile", "a constant between 0 and 1"), ("ORDER BY expression", "in WITHIN GROUP: the values")],
    example: "select percentile_disc(0.5) within group (order by qty) from winsales;",
};

/// The scale of percentiles that come as floats.
const FLOAT_FRACTION_SCALE: i8 = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Sort {
    Median,
    Continuous,
    Discrete,
}

#[derive(Debug)]
struct Percentile {
    sort: Sort,
    documentation: &'static Documentation,
    signature: Signature,
}

impl PartialEq for Percentile {
    fn eq(&self, other: &Self) -> bool {
        self.sort == other.sort
    }
}

impl Eq for Percentile {}

impl Hash for Percentile {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sort.hash(state);
    }
}

/// MEDIAN for DataFusion.
pub fn median() -> Arc<AggregateUDF> {
    make(Sort::Median, &MEDIAN)
}

/// PERCENTILE_CONT for DataFusion.
pub fn percentile_cont() -> Arc<AggregateUDF> {
    make(Sort::Continuous, &PERCENTILE_CONT)
}

/// PERCENTILE_DISC for DataFusion.
pub fn percentile_disc() -> Arc<AggregateUDF> {
    make(Sort::Discrete, &PERCENTILE_DISC)
}

fn make(sort: Sort, documentation: &'static Documentation) -> Arc<AggregateUDF> {
    let signature = Signature::user_defined(Volatility::Immutable);
    Arc::new(AggregateUDF::new_from_impl(Percentile { sort, documentation, signature }))
}

impl Percentile {
    /// Which argument holds the values.
    fn value_index(&self) -> usize {
        usize::from(self.sort != Sort::Median)
    }

    fn result(&self, types: &[DataType]) -> Result<DataType> {
        let call = Types::new(self.documentation.name, types);
        let at = self.value_index();
        let count_fits = if at == 0 { call.count() == 1 } else { (2..=3).contains(&call.count()) };
        if !count_fits {
            return call.refuse();
        }
        if at == 1 {
            call.require(0, Kind::is_number)?;
            call.require(2, |kind| kind == Kind::Text)?;
        }
        let value = call.data_type(at);
        if self.sort == Sort::Discrete {
            return Ok(value.clone());
        }
        match call.kind(at) {
            Kind::Integer | Kind::Decimal | Kind::Null => {
                let own = number::decimal_scale(value);
                let whole = number::decimal_precision(value).saturating_sub(own.unsigned_abs());
                // Digits for which there is no room are cut off (page r_PERCENTILE_CONT, "Usage notes").
                let room = i8::try_from(PRECISION_MAX.saturating_sub(whole)).unwrap_or(own);
                let scale = own.saturating_add(fraction_scale(call.data_type(0), at)).min(room).max(own);
                Ok(DataType::Decimal128(PRECISION_MAX, scale))
            }
            Kind::Float => Ok(DataType::Float64),
            Kind::Date => Ok(DataType::Date32),
            Kind::Timestamp => Ok(TIMESTAMP),
            Kind::TimestampTz => Ok(timestamptz()),
            _ => call.refuse(),
        }
    }
}

/// The scale of the percentile; MEDIAN's is 0.5.
fn fraction_scale(data_type: &DataType, value_index: usize) -> i8 {
    match Kind::of(data_type) {
        _ if value_index == 0 => 1,
        Kind::Decimal => number::decimal_scale(data_type),
        Kind::Float => FLOAT_FRACTION_SCALE,
        _ => 0,
    }
}

impl AggregateUDFImpl for Percentile {
    fn name(&self) -> &str {
        self.documentation.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        Ok(arg_types.to_vec())
    }

    fn return_type(&self, arg_types: &[DataType]) -> DataFusionResult<DataType> {
        self.result(arg_types).map_err(DataFusionError::from)
    }

    fn accumulator(&self, args: AccumulatorArgs) -> DataFusionResult<Box<dyn Accumulator>> {
        if !args.order_bys.is_empty() {
            return Err(Error::internal("WITHIN GROUP of a percentile must be bound as an argument").into());
        }
        if args.is_distinct {
            return Err(Error::not_supported(format!("{} with DISTINCT", self.documentation.name)).into());
        }
        let at = self.value_index();
        let value = args.expr_fields[at].data_type().clone();
        Ok(Box::new(Values {
            sort: self.sort,
            at,
            scale: fraction_scale(args.expr_fields[0].data_type(), at),
            fraction: (at == 0).then_some(5),
            descending: false,
            empty: arrow::array::new_empty_array(&value),
            batches: Vec::new(),
            result: args.return_field.data_type().clone(),
        }))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> DataFusionResult<Vec<FieldRef>> {
        let item = args.input_fields[self.value_index()].data_type().clone();
        let name = |part: &str| format!("{}[{part}]", args.name);
        Ok(vec![
            Arc::new(Field::new_list(name("values"), Field::new_list_field(item, true), true)),
            Arc::new(Field::new(name("fraction"), DataType::Decimal128(PRECISION_MAX, 0), true)),
            Arc::new(Field::new(name("descending"), DataType::Boolean, true)),
        ])
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

/// The values of one group.
#[derive(Debug)]
struct Values {
    sort: Sort,
    at: usize,
    /// The percentile is `fraction` / 10^`scale`.
    scale: i8,
    fraction: Option<i128>,
    descending: bool,
    empty: ArrayRef,
    batches: Vec<ArrayRef>,
    result: DataType,
}

impl Values {
    fn read_fraction(&mut self, values: &[ArrayRef]) -> Result<()> {
        if self.at == 0 || self.fraction.is_some() || values[0].is_empty() {
            return Ok(());
        }
        let fraction = number::to_decimal(&values[0].slice(0, 1), self.scale)?;
        let limit = number::power_of_ten(self.scale.unsigned_abs().into())?;
        match fraction.iter().next().flatten() {
            Some(fraction) if (0..=limit).contains(&fraction) => self.fraction = Some(fraction),
            _ => {
                let message = "percentile value must be between 0 and 1";
                return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
            }
        }
        if let Some(direction) = values.get(2) {
            let direction = text::as_text(&direction.slice(0, 1))?;
            self.descending = direction.iter().next().flatten() == Some("desc");
        }
        Ok(())
    }

    fn sorted(&self) -> Result<ArrayRef> {
        let parts: Vec<&dyn Array> = self.batches.iter().map(AsRef::as_ref).collect();
        let all = if parts.is_empty() { Arc::clone(&self.empty) } else { concat(&parts).map_err(Error::internal)? };
        let options = SortOptions { descending: self.descending, nulls_first: false };
        let sorted = sort(&all, Some(options)).map_err(Error::internal)?;
        Ok(sorted.slice(0, all.len() - all.logical_null_count()))
    }

    fn compute(&self) -> Result<ScalarValue> {
        let null = || ScalarValue::try_from(&self.result).map_err(Error::internal);
        let values = self.sorted()?;
        let Some(fraction) = self.fraction.filter(|_| !values.is_empty()) else { return null() };
        let limit = number::power_of_ten(self.scale.unsigned_abs().into())?;
        if self.sort == Sort::Discrete {
            // the first row whose number reaches fraction * count
            let wanted = (fraction * values.len() as i128 + limit - 1) / limit;
            let index = usize::try_from(wanted - 1).unwrap_or(0);
            return ScalarValue::try_from_array(&values, index).map_err(Error::internal);
        }
        let position = fraction * (values.len() as i128 - 1);
        let low = usize::try_from(position / limit).unwrap_or(0);
        let high = (low + 1).min(values.len() - 1);
        interpolate(&values, low, high, (position % limit, limit, self.scale), &self.result)
    }
}

/// The value between two rows: `remainder` / `limit` of the way, where `limit` is ten to the power of `digits`.
fn interpolate(
    values: &ArrayRef,
    low: usize,
    high: usize,
    (remainder, limit, digits): (i128, i128, i8),
    result: &DataType,
) -> Result<ScalarValue> {
    let between = |low: i128, high: i128| low + (high - low) * remainder / limit;
    match result {
        DataType::Decimal128(precision, scale) => {
            let own = number::decimal_scale(values.data_type());
            let decimals = number::to_decimal(values, own)?;
            let cut = number::power_of_ten((own + digits - scale).unsigned_abs().into())?;
            let weighted = |value: i128, weight: i128| value.checked_mul(weight).ok_or_else(number::overflow);
            let sum = weighted(decimals.value(low), limit - remainder)?
                .checked_add(weighted(decimals.value(high), remainder)?)
                .ok_or_else(number::overflow)?;
            Ok(ScalarValue::Decimal128(Some(number::check_decimal(sum / cut)?), *precision, *scale))
        }
        DataType::Date32 => {
            let days = convert(values, &DataType::Date32)?;
            let days = days.as_primitive::<Date32Type>();
            let day = between(days.value(low).into(), days.value(high).into());
            Ok(ScalarValue::Date32(i32::try_from(day).ok()))
        }
        DataType::Timestamp(_, zone) => {
            let micros = convert(values, result)?;
            let micros = micros.as_primitive::<TimestampMicrosecondType>();
            let moment = between(micros.value(low).into(), micros.value(high).into());
            Ok(ScalarValue::TimestampMicrosecond(i64::try_from(moment).ok(), zone.clone()))
        }
        _ => {
            let floats = convert(values, &DataType::Float64)?;
            let floats = floats.as_primitive::<Float64Type>();
            let (low, high) = (floats.value(low), floats.value(high));
            let part = remainder as f64 / limit as f64;
            Ok(ScalarValue::Float64(Some(if remainder == 0 { low } else { low * (1.0 - part) + high * part })))
        }
    }
}

impl Accumulator for Values {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DataFusionResult<()> {
        self.read_fraction(values)?;
        self.batches.push(Arc::clone(&values[self.at]));
        Ok(())
    }

    fn evaluate(&mut self) -> DataFusionResult<ScalarValue> {
        Ok(self.compute()?)
    }

    fn state(&mut self) -> DataFusionResult<Vec<ScalarValue>> {
        Ok(vec![
            list_of(self.sorted()?),
            ScalarValue::Decimal128(self.fraction, PRECISION_MAX, 0),
            ScalarValue::Boolean(Some(self.descending)),
        ])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DataFusionResult<()> {
        let lists = states[0].as_list::<i32>();
        let fractions = states[1].as_primitive::<Decimal128Type>();
        let directions = states[2].as_boolean();
        for (row, list) in lists.iter().enumerate() {
            if fractions.is_valid(row) {
                self.fraction = Some(fractions.value(row));
                self.descending = directions.is_valid(row) && directions.value(row);
            }
            self.batches.extend(list);
        }
        Ok(())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.batches.iter().map(|batch| batch.get_array_memory_size()).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Decimal128Array, Float64Array, Int32Array, StringViewArray};

    use super::*;
    use crate::functions::{
        aggregate::testing::aggregate,
        testing::{date, decimal, float, int4},
    };

    fn ints(values: &[i32]) -> ArrayRef {
        Arc::new(Int32Array::from(values.to_vec()))
    }

    fn fraction(value: i128, rows: usize) -> ArrayRef {
        Arc::new(Decimal128Array::from(vec![value; rows]).with_precision_and_scale(2, 1).unwrap())
    }

    #[test]
    fn medians() {
        let median = median();
        assert_eq!(aggregate(&median, &[ints(&[10, 10, 30])]).unwrap(), decimal(100, 38, 1));
        assert_eq!(aggregate(&median, &[ints(&[10, 15, 20, 30])]).unwrap(), decimal(175, 38, 1));
        assert_eq!(aggregate(&median, &[ints(&[])]).unwrap(), ScalarValue::Decimal128(None, 38, 1));
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None, Some(2.0)]));
        assert_eq!(aggregate(&median, &[floats]).unwrap(), float(1.5));
        let dates = ScalarValue::iter_to_array([date("2008-01-01"), date("2008-01-04")]).unwrap();
        assert_eq!(aggregate(&median, &[dates]).unwrap(), date("2008-01-02"));
    }

    #[test]
    fn percentiles() {
        let values = ints(&[10, 15, 20, 30]);
        let continuous = percentile_cont();
        assert_eq!(aggregate(&continuous, &[fraction(6, 4), Arc::clone(&values)]).unwrap(), decimal(190, 38, 1));
        assert_eq!(aggregate(&continuous, &[fraction(0, 4), Arc::clone(&values)]).unwrap(), decimal(100, 38, 1));
        assert_eq!(aggregate(&continuous, &[fraction(10, 4), Arc::clone(&values)]).unwrap(), decimal(300, 38, 1));
        let desc: ArrayRef = Arc::new(StringViewArray::from(vec!["desc"; 4]));
        assert_eq!(
            aggregate(&continuous, &[fraction(0, 4), Arc::clone(&values), Arc::clone(&desc)]).unwrap(),
            decimal(300, 38, 1)
        );
        let discrete = percentile_disc();
        assert_eq!(aggregate(&discrete, &[fraction(5, 4), Arc::clone(&values)]).unwrap(), int4(15));
        assert_eq!(aggregate(&discrete, &[fraction(6, 4), Arc::clone(&values)]).unwrap(), int4(20));
        assert_eq!(aggregate(&discrete, &[fraction(5, 4), Arc::clone(&values), desc]).unwrap(), int4(20));
        assert!(aggregate(&discrete, &[fraction(11, 4), values]).is_err());
    }
}
