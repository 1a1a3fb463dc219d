//! Column statistics of row groups, stripes and files.
//!
//! Readers prune by these, so they are exact or absent: never narrower than the data.

use arrow::array::ArrowNativeTypeOp;
use orc_rust::proto;

/// Strings longer than this are kept as bounds, as the ORC specification says.
const STRING_BYTES_MAX: usize = 1024;
/// The widest decimal that readers take.
const DECIMAL_LIMIT: u128 = 10u128.pow(38);

/// Statistics of one column over some rows.
#[derive(Debug, Clone)]
pub(crate) struct Statistics {
    /// Values that are not NULL.
    pub(crate) values: u64,
    pub(crate) has_null: bool,
    pub(crate) kind: Kind,
}

/// What is known about the values, by type.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// Counts only (the root).
    None,
    Boolean {
        true_count: u64,
    },
    Integer(Range<i64>),
    Double {
        min: f64,
        max: f64,
        sum: f64,
        nan: bool,
    },
    Text {
        range: Option<(Vec<u8>, Vec<u8>)>,
        bytes: u64,
    },
    Binary {
        bytes: u64,
    },
    Decimal {
        range: Range<i128>,
        scale: usize,
    },
    Date(Range<i64>),
    /// In nanoseconds since the Unix epoch.
    Timestamp(Range<i128>),
}

/// Smallest, largest and sum; `min > max` means no values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range<T> {
    pub(crate) min: T,
    pub(crate) max: T,
    /// None once it overflowed.
    pub(crate) sum: Option<i128>,
}

impl<T: ArrowNativeTypeOp> Range<T> {
    pub(crate) const EMPTY: Self = Range { min: T::MAX_TOTAL_ORDER, max: T::MIN_TOTAL_ORDER, sum: Some(0) };

    fn merge(&mut self, other: &Self) {
        if other.min.is_lt(self.min) {
            self.min = other.min;
        }
        if other.max.is_gt(self.max) {
            self.max = other.max;
        }
        self.sum = self.sum.zip(other.sum).and_then(|(a, b)| a.checked_add(b));
    }
}

impl Range<i64> {
    /// Takes in a slice of values.
    pub(crate) fn update(&mut self, values: &[i64]) {
        let (mut min, mut max, mut sum) = (self.min, self.max, 0i128);
        for value in values {
            min = min.min(*value);
            max = max.max(*value);
            sum += i128::from(*value);
        }
        (self.min, self.max) = (min, max);
        self.sum = self.sum.and_then(|total| total.checked_add(sum));
    }
}

impl Range<i128> {
    /// Takes in one value.
    #[inline]
    pub(crate) fn update(&mut self, value: i128) {
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum = self.sum.and_then(|total| total.checked_add(value));
    }
}

impl Statistics {
    /// Statistics of no rows.
    pub(crate) fn new(kind: Kind) -> Self {
        Statistics { values: 0, has_null: false, kind }
    }

    /// Statistics of the same kind over no rows.
    pub(crate) fn empty(&self) -> Self {
        let kind = match &self.kind {
            Kind::None => Kind::None,
            Kind::Boolean { .. } => Kind::Boolean { true_count: 0 },
            Kind::Integer(_) => Kind::Integer(Range::<i64>::EMPTY),
            Kind::Double { .. } => Kind::double(),
            Kind::Text { .. } => Kind::Text { range: None, bytes: 0 },
            Kind::Binary { .. } => Kind::Binary { bytes: 0 },
            Kind::Decimal { scale, .. } => Kind::Decimal { range: Range::<i128>::EMPTY, scale: *scale },
            Kind::Date(_) => Kind::Date(Range::<i64>::EMPTY),
            Kind::Timestamp(_) => Kind::Timestamp(Range::<i128>::EMPTY),
        };
        Statistics::new(kind)
    }

    /// Adds the statistics of further rows of the same column.
    pub(crate) fn merge(&mut self, other: &Statistics) {
        self.values += other.values;
        self.has_null |= other.has_null;
        match (&mut self.kind, &other.kind) {
            (Kind::Boolean { true_count: a }, Kind::Boolean { true_count: b }) => *a += b,
            (Kind::Integer(a), Kind::Integer(b)) | (Kind::Date(a), Kind::Date(b)) => a.merge(b),
            (Kind::Decimal { range: a, .. }, Kind::Decimal { range: b, .. })
            | (Kind::Timestamp(a), Kind::Timestamp(b)) => a.merge(b),
            (
                Kind::Double { min, max, sum, nan },
                Kind::Double { min: other_min, max: other_max, sum: other_sum, nan: other_nan },
            ) => {
                *min = min.min(*other_min);
                *max = max.max(*other_max);
                *sum += other_sum;
                *nan |= other_nan;
            }
            (Kind::Text { range, bytes }, Kind::Text { range: other_range, bytes: other_bytes }) => {
                *bytes += other_bytes;
                if let Some((low, high)) = other_range {
                    widen(range, low, high);
                }
            }
            (Kind::Binary { bytes: a }, Kind::Binary { bytes: b }) => *a += b,
            _ => {}
        }
    }

    /// The protobuf form.
    pub(crate) fn to_proto(&self) -> proto::ColumnStatistics {
        let mut out = proto::ColumnStatistics {
            number_of_values: Some(self.values),
            has_null: Some(self.has_null),
            ..Default::default()
        };
        let some = self.values > 0;
        match &self.kind {
            Kind::None => {}
            Kind::Boolean { true_count } => {
                out.bucket_statistics = Some(proto::BucketStatistics { count: vec![*true_count] });
            }
            Kind::Integer(range) => {
                out.int_statistics = Some(proto::IntegerStatistics {
                    minimum: some.then_some(range.min),
                    maximum: some.then_some(range.max),
                    sum: range.sum.and_then(|sum| i64::try_from(sum).ok()),
                });
            }
            Kind::Double { min, max, sum, nan } => {
                let known = some && !nan;
                out.double_statistics = Some(proto::DoubleStatistics {
                    minimum: known.then_some(*min),
                    maximum: known.then_some(*max),
                    sum: (!nan && sum.is_finite()).then_some(*sum),
                });
            }
            Kind::Text { range, bytes } => out.string_statistics = Some(text_to_proto(range.as_ref(), *bytes)),
            Kind::Binary { bytes } => {
                out.binary_statistics = Some(proto::BinaryStatistics { sum: i64::try_from(*bytes).ok() });
            }
            Kind::Decimal { range, scale } => {
                out.decimal_statistics = Some(proto::DecimalStatistics {
                    minimum: some.then(|| decimal_text(range.min, *scale)),
                    maximum: some.then(|| decimal_text(range.max, *scale)),
                    sum: range.sum.filter(|sum| sum.unsigned_abs() < DECIMAL_LIMIT).map(|s| decimal_text(s, *scale)),
                });
            }
            Kind::Date(range) => {
                out.date_statistics = Some(proto::DateStatistics {
                    minimum: some.then_some(range.min as i32),
                    maximum: some.then_some(range.max as i32),
                });
            }
            Kind::Timestamp(range) => out.timestamp_statistics = Some(timestamp_to_proto(range, some)),
        }
        out
    }
}

impl Kind {
    /// Double statistics of no values.
    pub(crate) fn double() -> Self {
        Kind::Double { min: f64::INFINITY, max: f64::NEG_INFINITY, sum: 0.0, nan: false }
    }
}

/// Widens `range` so that it holds `low` and `high`, allocating only when it changes.
pub(crate) fn widen(range: &mut Option<(Vec<u8>, Vec<u8>)>, low: &[u8], high: &[u8]) {
    match range {
        None => *range = Some((low.to_vec(), high.to_vec())),
        Some((min, max)) => {
            if low < min.as_slice() {
                min.clear();
                min.extend_from_slice(low);
            }
            if high > max.as_slice() {
                max.clear();
                max.extend_from_slice(high);
            }
        }
    }
}

fn text_to_proto(range: Option<&(Vec<u8>, Vec<u8>)>, bytes: u64) -> proto::StringStatistics {
    let mut out = proto::StringStatistics { sum: i64::try_from(bytes).ok(), ..Default::default() };
    let Some((min, max)) = range else { return out };
    // Readers take a bound for one side together with an exact value for the other.
    let (min, max) = (String::from_utf8_lossy(min), String::from_utf8_lossy(max));
    if min.len() <= STRING_BYTES_MAX {
        out.minimum = Some(min.into_owned());
    } else {
        out.lower_bound = Some(min[..min.floor_char_boundary(STRING_BYTES_MAX)].to_owned());
    }
    if max.len() <= STRING_BYTES_MAX {
        out.maximum = Some(max.into_owned());
    } else {
        out.upper_bound = next_text(&max[..max.floor_char_boundary(STRING_BYTES_MAX)]);
    }
    out
}

/// The shortest text above every text that starts with `prefix`; None when there is none.
fn next_text(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        let following = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            other => char::from_u32(other as u32 + 1),
        };
        if let Some(following) = following {
            chars.push(following);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

/// A decimal's text: sign, digits, and as many fraction digits as the scale says.
fn decimal_text(value: i128, scale: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// Milliseconds rounded down, and the digits below them plus one (0 means "not stored").
fn timestamp_to_proto(range: &Range<i128>, some: bool) -> proto::TimestampStatistics {
    let millis = |nanos: i128| some.then(|| nanos.div_euclid(1_000_000) as i64);
    let rest = |nanos: i128| some.then(|| nanos.rem_euclid(1_000_000) as i32 + 1);
    proto::TimestampStatistics {
        // The older fields count in the writer's time zone and are left out, as Java does.
        minimum: None,
        maximum: None,
        minimum_utc: millis(range.min),
        maximum_utc: millis(range.max),
        minimum_nanos: rest(range.min),
        maximum_nanos: rest(range.max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_as_text() {
        assert_eq!(decimal_text(-5, 2), "-0.05");
        assert_eq!(decimal_text(12345, 2), "123.45");
        assert_eq!(decimal_text(0, 0), "0");
        assert_eq!(decimal_text(i128::from(i64::MIN), 3), "-9223372036854775.808");
    }

    #[test]
    fn long_strings_become_bounds() {
        let long = "é".repeat(700);
        let range = (long.clone().into_bytes(), long.clone().into_bytes());
        let out = text_to_proto(Some(&range), 1400);
        assert!(out.minimum.is_none() && out.maximum.is_none());
        let (low, high) = (out.lower_bound.unwrap(), out.upper_bound.unwrap());
        assert!(low.len() <= 1024 && low < long && high > long && high.len() <= 1024);
        assert_eq!(next_text("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(next_text("\u{10ffff}"), None);
    }
}
