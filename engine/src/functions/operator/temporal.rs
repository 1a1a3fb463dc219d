//! `+`, `-`, `*` and `/` where dates, times, timestamps and intervals meet (pages r_interval_data_types,
//! r_interval_literals).
//!
//! A DATE with months stays a DATE, with days or hours it becomes a TIMESTAMP. Months are added by the calendar: a day
//! that the month lacks becomes its last. What has a time zone moves by the clock of the session's zone.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveBuilder},
        compute::cast,
        datatypes::{
            DataType, Date32Type, DurationMicrosecondType, Float64Type, IntervalMonthDayNano, IntervalMonthDayNanoType,
            IntervalUnit, IntervalYearMonthType, Time64MicrosecondType, Time64NanosecondType, TimeUnit,
            TimestampMicrosecondType,
        },
    },
    common::{Result as DataFusionResult, ScalarValue},
    logical_expr::{
        ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, expr::ScalarFunction,
    },
};

use super::ArithmeticOperator;
use crate::{
    error::{Error, Result},
    functions::{
        arguments::{Kind, TIME, TIMESTAMP, TIMETZ, timestamptz},
        bounds::{Bounds, unbounded},
        datetime::{
            calendar::{self, MICROS_PER_DAY},
            interval::{self, Interval},
            zone::Zone,
        },
        settings::SessionSettings,
    },
};

const YEAR_TO_MONTH: DataType = DataType::Interval(IntervalUnit::YearMonth);
const DAY_TO_SECOND: DataType = DataType::Duration(TimeUnit::Microsecond);
const COMPOSITE: DataType = DataType::Interval(IntervalUnit::MonthDayNano);

/// An operator on dates, times and intervals as a function of two arguments.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct TemporalArithmetic {
    operator: ArithmeticOperator,
    signature: Signature,
}

/// `left operator right` as an expression; None when no date, time or interval is there, or none that fits.
pub fn temporal_expr(
    operator: ArithmeticOperator,
    left: &Expr,
    right: &Expr,
    types: (&DataType, &DataType),
) -> Option<Expr> {
    result_type(operator, types.0, types.1)?;
    let signature = Signature::any(2, Volatility::Immutable);
    let function = Arc::new(ScalarUDF::from(TemporalArithmetic { operator, signature }));
    Some(Expr::ScalarFunction(ScalarFunction::new_udf(function, vec![left.clone(), right.clone()])))
}

/// The type of `left operator right`.
fn result_type(operator: ArithmeticOperator, left: &DataType, right: &DataType) -> Option<DataType> {
    use ArithmeticOperator::{Add, Divide, Multiply, Subtract};
    use Kind::{Date, Time, TimeTz, Timestamp, TimestampTz};
    let (left_kind, right_kind) = (Kind::of(left), Kind::of(right));
    match (operator, left_kind, right_kind) {
        (Add | Subtract, Kind::Interval, Kind::Interval) => Some(if left == right { left.clone() } else { COMPOSITE }),
        (Add | Subtract, _, Kind::Interval) => moved_type(left_kind, right),
        (Add, Kind::Interval, _) => moved_type(right_kind, left),
        (Add, Date, Time) | (Add, Time, Date) => Some(TIMESTAMP),
        (Add, Date, TimeTz) | (Add, TimeTz, Date) => Some(timestamptz()),
        (Subtract, Timestamp | TimestampTz, Date | Timestamp | TimestampTz)
        | (Subtract, Date, Timestamp | TimestampTz)
        | (Subtract, Time, Time)
        | (Subtract, TimeTz, TimeTz) => Some(DAY_TO_SECOND),
        (Multiply | Divide, Kind::Interval, number) if number.is_number() => Some(left.clone()),
        (Multiply, number, Kind::Interval) if number.is_number() => Some(right.clone()),
        _ => None,
    }
}

/// The type of a date or time that an interval has moved.
fn moved_type(kind: Kind, interval: &DataType) -> Option<DataType> {
    match kind {
        Kind::Date if *interval == YEAR_TO_MONTH => Some(DataType::Date32),
        Kind::Date | Kind::Timestamp => Some(TIMESTAMP),
        Kind::TimestampTz => Some(timestamptz()),
        Kind::Time => Some(TIME),
        Kind::TimeTz => Some(TIMETZ),
        _ => None,
    }
}

impl ScalarUDFImpl for TemporalArithmetic {
    fn name(&self) -> &str {
        match self.operator {
            ArithmeticOperator::Add => "operator + of times",
            ArithmeticOperator::Subtract => "operator - of times",
            ArithmeticOperator::Multiply => "operator * of times",
            ArithmeticOperator::Divide => "operator / of times",
            ArithmeticOperator::Modulo => "operator % of times",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> DataFusionResult<DataType> {
        let [left, right] = types else { return Err(Error::internal("an operator takes two arguments").into()) };
        result_type(self.operator, left, right)
            .ok_or_else(|| Error::internal(format!("no arithmetic of {left} and {right}")).into())
    }

    fn evaluate_bounds(&self, inputs: &[&Bounds]) -> DataFusionResult<Bounds> {
        unbounded(self, inputs)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        let [left, right] = args.args.as_slice() else {
            return Err(Error::internal("an operator takes two arguments").into());
        };
        let constant = matches!((left, right), (ColumnarValue::Scalar(_), ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let (left, right) = (left.to_array(rows)?, right.to_array(rows)?);
        let zone = SessionSettings::of(&args.config_options).zone();
        let result = Operands { left: &left, right: &right, zone, result: args.return_field.data_type() };
        let result = result.evaluate(self.operator)?;
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?));
        }
        Ok(ColumnarValue::Array(result))
    }
}

/// Both operands, of one length.
struct Operands<'a> {
    left: &'a ArrayRef,
    right: &'a ArrayRef,
    zone: Zone,
    result: &'a DataType,
}

impl Operands<'_> {
    fn evaluate(&self, operator: ArithmeticOperator) -> Result<ArrayRef> {
        let is_interval = |array: &ArrayRef| Kind::of(array.data_type()) == Kind::Interval;
        match (operator, is_interval(self.left), is_interval(self.right)) {
            (ArithmeticOperator::Multiply, true, false) => self.scale(self.left, self.right, |a, b| Ok(a * b)),
            (ArithmeticOperator::Multiply, false, true) => self.scale(self.right, self.left, |a, b| Ok(a * b)),
            (ArithmeticOperator::Divide, true, false) => self
                .scale(self.left, self.right, |a, b| if b == 0.0 { Err(Error::division_by_zero()) } else { Ok(a / b) }),
            (ArithmeticOperator::Add, true, true) => self.combine(1),
            (ArithmeticOperator::Subtract, true, true) => self.combine(-1),
            (ArithmeticOperator::Add, false, true) => self.shift(self.left, self.right, 1),
            (ArithmeticOperator::Add, true, false) => self.shift(self.right, self.left, 1),
            (ArithmeticOperator::Subtract, false, true) => self.shift(self.left, self.right, -1),
            (ArithmeticOperator::Subtract, false, false) => self.difference(),
            (ArithmeticOperator::Add, false, false) => self.date_and_time(),
            _ => Err(Error::internal("no such arithmetic of times")),
        }
    }

    fn build<T: ArrowPrimitiveType>(
        &self,
        mut value: impl FnMut(usize) -> Result<Option<T::Native>>,
    ) -> Result<ArrayRef> {
        let mut builder = PrimitiveBuilder::<T>::with_capacity(self.left.len()).with_data_type(self.result.clone());
        for row in 0..self.left.len() {
            builder.append_option(value(row)?);
        }
        Ok(Arc::new(builder.finish()))
    }

    fn build_intervals(&self, value: impl Fn(usize) -> Result<Option<Interval>>) -> Result<ArrayRef> {
        let overflow = || calendar::out_of_range("interval");
        match self.result {
            DataType::Duration(_) => self.build::<DurationMicrosecondType>(|row| {
                let total = |interval: Interval| i64::try_from(interval.length()).map_err(|_| overflow());
                value(row)?.map(total).transpose()
            }),
            DataType::Interval(IntervalUnit::YearMonth) => self.build::<IntervalYearMonthType>(|row| {
                let months = |interval: Interval| i32::try_from(interval.months).map_err(|_| overflow());
                value(row)?.map(months).transpose()
            }),
            _ => self.build::<IntervalMonthDayNanoType>(|row| {
                let parts = |interval: Interval| {
                    let months = i32::try_from(interval.months).map_err(|_| overflow())?;
                    let days = i32::try_from(interval.days).map_err(|_| overflow())?;
                    let nanos = interval.micros.checked_mul(1000).ok_or_else(overflow)?;
                    Ok(IntervalMonthDayNano::new(months, days, nanos))
                };
                value(row)?.map(parts).transpose()
            }),
        }
    }

    fn scale(&self, intervals: &ArrayRef, numbers: &ArrayRef, apply: fn(f64, f64) -> Result<f64>) -> Result<ArrayRef> {
        let intervals = interval::read(intervals)?;
        let numbers = cast(numbers, &DataType::Float64).map_err(Error::internal)?;
        let numbers = numbers.as_primitive::<Float64Type>();
        self.build_intervals(|row| {
            let Some(interval) = intervals[row].filter(|_| numbers.is_valid(row)) else { return Ok(None) };
            let by = |part: i64| apply(part as f64, numbers.value(row));
            let (months, days, micros) = (by(interval.months)?, by(interval.days)?, by(interval.micros)?);
            // What is less than a month counts in months of 30 days, and what is less than a day in hours.
            let days = days + if *self.result == YEAR_TO_MONTH { 0.0 } else { months.fract() * 30.0 };
            let micros = micros + days.fract() * MICROS_PER_DAY as f64;
            if [months, days, micros].iter().any(|part| !part.is_finite() || part.abs() >= 9.2e18) {
                return Err(calendar::out_of_range("interval"));
            }
            Ok(Some(Interval {
                months: months.trunc() as i64,
                days: days.trunc() as i64,
                micros: micros.round() as i64,
            }))
        })
    }

    fn combine(&self, sign: i64) -> Result<ArrayRef> {
        let (left, right) = (interval::read(self.left)?, interval::read(self.right)?);
        let overflow = || calendar::out_of_range("interval");
        self.build_intervals(|row| {
            let (Some(left), Some(right)) = (left[row], right[row]) else { return Ok(None) };
            let sum = |a: i64, b: i64| a.checked_add(b.checked_mul(sign)?);
            let parts = (sum(left.months, right.months), sum(left.days, right.days), sum(left.micros, right.micros));
            match parts {
                (Some(months), Some(days), Some(micros)) => Ok(Some(Interval { months, days, micros })),
                _ => Err(overflow()),
            }
        })
    }

    /// Moves dates and times by intervals.
    fn shift(&self, moments: &ArrayRef, intervals: &ArrayRef, sign: i64) -> Result<ArrayRef> {
        let intervals = interval::read(intervals)?;
        let signed = |row: usize| {
            intervals[row].map(|interval| Interval {
                months: interval.months * sign,
                days: interval.days * sign,
                micros: interval.micros * sign,
            })
        };
        if Kind::of(moments.data_type()).is_time() {
            let micros = cast(moments, &TIME).map_err(Error::internal)?;
            let micros = micros.as_primitive::<Time64MicrosecondType>();
            let moved = |row: usize| {
                let interval = signed(row).filter(|_| micros.is_valid(row))?;
                Some((micros.value(row) + interval.micros % MICROS_PER_DAY).rem_euclid(MICROS_PER_DAY))
            };
            return self.build_time(moved);
        }
        let micros = as_micros(moments)?;
        let has_zone = Kind::of(moments.data_type()) == Kind::TimestampTz;
        let moved = |row: usize| -> Result<Option<i64>> {
            let Some(interval) = signed(row).filter(|_| micros.is_valid(row)) else { return Ok(None) };
            let value = micros.value(row);
            if has_zone {
                let local = add_calendar(self.zone.local(value)?, interval)?;
                return add_micros(self.zone.instant(local)?, interval.micros).map(Some);
            }
            add_micros(add_calendar(value, interval)?, interval.micros).map(Some)
        };
        if *self.result == DataType::Date32 {
            return self.build::<Date32Type>(|row| {
                let date = |micros: i64| calendar::check_date(micros.div_euclid(MICROS_PER_DAY));
                moved(row)?.map(date).transpose()
            });
        }
        self.build::<TimestampMicrosecondType>(moved)
    }

    fn build_time(&self, micros: impl Fn(usize) -> Option<i64>) -> Result<ArrayRef> {
        if *self.result == TIMETZ {
            return self.build::<Time64NanosecondType>(|row| Ok(micros(row).map(|micros| micros * 1000)));
        }
        self.build::<Time64MicrosecondType>(|row| Ok(micros(row)))
    }

    fn difference(&self) -> Result<ArrayRef> {
        let kinds = (Kind::of(self.left.data_type()), Kind::of(self.right.data_type()));
        if kinds.0.is_time() {
            let (left, right) = (cast(self.left, &TIME), cast(self.right, &TIME));
            let (left, right) = (left.map_err(Error::internal)?, right.map_err(Error::internal)?);
            let (left, right) = (left.as_primitive::<Time64MicrosecondType>(), right.as_primitive());
            let both = |row: usize, right: &datafusion::arrow::array::Time64MicrosecondArray| {
                (left.is_valid(row) && right.is_valid(row)).then(|| left.value(row) - right.value(row))
            };
            return self.build::<DurationMicrosecondType>(|row| Ok(both(row, right)));
        }
        let (left, right) = (as_micros(self.left)?, as_micros(self.right)?);
        // A time without a zone beside one with it is of the session's zone.
        let instants = kinds.0 == Kind::TimestampTz || kinds.1 == Kind::TimestampTz;
        let instant = |kind: Kind, value: i64| {
            if instants && kind != Kind::TimestampTz { self.zone.instant(value) } else { Ok(value) }
        };
        self.build::<DurationMicrosecondType>(|row| {
            if left.is_null(row) || right.is_null(row) {
                return Ok(None);
            }
            let (left, right) = (instant(kinds.0, left.value(row))?, instant(kinds.1, right.value(row))?);
            left.checked_sub(right).map(Some).ok_or_else(|| calendar::out_of_range("interval"))
        })
    }

    /// A date and a time of day.
    fn date_and_time(&self) -> Result<ArrayRef> {
        let left_is_date = Kind::of(self.left.data_type()) == Kind::Date;
        let (dates, times) = if left_is_date { (self.left, self.right) } else { (self.right, self.left) };
        let dates = as_micros(dates)?;
        let times = cast(times, &TIME).map_err(Error::internal)?;
        let times = times.as_primitive::<Time64MicrosecondType>();
        self.build::<TimestampMicrosecondType>(|row| {
            if dates.is_null(row) || times.is_null(row) {
                return Ok(None);
            }
            add_micros(dates.value(row), times.value(row)).map(Some)
        })
    }
}

/// Dates and timestamps as microseconds since 1970; those of a TIMESTAMPTZ are of UTC.
fn as_micros(array: &ArrayRef) -> Result<datafusion::arrow::array::TimestampMicrosecondArray> {
    let zone = match array.data_type() {
        DataType::Timestamp(_, zone) => zone.clone(),
        _ => None,
    };
    let micros = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, zone)).map_err(Error::internal)?;
    Ok(micros.as_primitive::<TimestampMicrosecondType>().clone())
}

/// Adds the months and days of an interval to a local time.
fn add_calendar(local: i64, interval: Interval) -> Result<i64> {
    let mut days = local.div_euclid(MICROS_PER_DAY);
    if interval.months != 0 {
        let (year, month, day) = calendar::civil_from_days(days);
        let (year, month) = calendar::add_months(year, month, interval.months)?;
        days = calendar::days_from_civil(year, month, day.min(calendar::days_in_month(year, month)));
    }
    let days = days.checked_add(interval.days).ok_or_else(|| calendar::out_of_range("timestamp"))?;
    Ok(calendar::midnight(days)? + local.rem_euclid(MICROS_PER_DAY))
}

fn add_micros(value: i64, micros: i64) -> Result<i64> {
    let sum = value.checked_add(micros).ok_or_else(|| calendar::out_of_range("timestamp"))?;
    calendar::check_timestamp(sum)
}
