//! TIMESTAMP and TIMESTAMP_INSTANT: seconds since 2015 and nanoseconds, in two streams of runs.
//!
//! Java once wrote seconds rounded towards zero, and readers undo that: before 1970 they take a
//! second off whenever the nanoseconds exceed 999,999 (ORC-763). So times in the last second
//! before 1970, but for its first millisecond, have no form that readers give back: they would
//! come out a second late. Such a value is an error that names its row, not a wrong time.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use orc_rust::proto::{column_encoding, stream};

use super::{EncodedValues, Invalid, RawStream, StreamIndex, ValueEncoder, direct_encoding, for_each_valid};
use crate::encoding::rle_v2::{RleV2Encoder, Sign};
use crate::statistics::{Kind, Range, Statistics};

/// 2015-01-01 00:00:00 UTC in seconds since the Unix epoch.
const BASE_SECONDS: i64 = 1_420_070_400;
/// Nanoseconds up to this are not touched by readers' correction.
const UNCORRECTED_NANOS_MAX: i64 = 999_999;

struct TimestampEncoder {
    unit: TimeUnit,
    seconds: RleV2Encoder,
    second_marks: Vec<usize>,
    nanos: RleV2Encoder,
    nano_marks: Vec<usize>,
}

pub(super) fn encoder(unit: TimeUnit) -> (Box<dyn ValueEncoder>, Kind) {
    let encoder = TimestampEncoder {
        unit,
        seconds: RleV2Encoder::new(Sign::Signed, i64::MAX),
        second_marks: Vec::new(),
        nanos: RleV2Encoder::new(Sign::Unsigned, i64::MAX),
        nano_marks: Vec::new(),
    };
    (Box::new(encoder), Kind::Timestamp(Range::<i128>::EMPTY))
}

impl TimestampEncoder {
    fn write_units<const PER_SECOND: i64>(
        &mut self,
        array: &dyn Array,
        values: &[i64],
        range: &mut Range<i128>,
    ) -> Result<(), Invalid> {
        let (mut min, mut max) = (i64::MAX, i64::MIN);
        let mut failed = None;
        for_each_valid(array, values, |index, value| {
            min = min.min(value);
            max = max.max(value);
            let nanos = value.rem_euclid(PER_SECOND) * (1_000_000_000 / PER_SECOND);
            match stored_seconds(value.div_euclid(PER_SECOND), nanos) {
                Ok(seconds) => {
                    self.seconds.push(seconds);
                    self.nanos.push(stored_nanos(nanos));
                }
                Err(reason) => {
                    failed.get_or_insert(Invalid { index, reason: reason.to_owned() });
                }
            }
        });
        if min <= max {
            let nanos_per_unit = i128::from(1_000_000_000 / PER_SECOND);
            range.min = range.min.min(i128::from(min) * nanos_per_unit);
            range.max = range.max.max(i128::from(max) * nanos_per_unit);
        }
        failed.map_or(Ok(()), Err)
    }
}

/// The number for the seconds stream.
#[inline]
fn stored_seconds(seconds: i64, nanos: i64) -> Result<i64, &'static str> {
    let rounded = match seconds {
        -1 if nanos > UNCORRECTED_NANOS_MAX => {
            return Err("ORC cannot hold times in the last second before 1970-01-01 00:00:00 UTC (ORC-763)");
        }
        ..-1 if nanos > UNCORRECTED_NANOS_MAX => seconds + 1,
        _ => seconds,
    };
    rounded.checked_sub(BASE_SECONDS).ok_or("timestamp is out of ORC's range")
}

/// The number for the nanoseconds stream: trailing zeros, from two on, are counted in three bits.
#[inline]
fn stored_nanos(nanos: i64) -> i64 {
    if nanos == 0 {
        return 0;
    }
    if nanos % 100 != 0 {
        return nanos << 3;
    }
    let (mut digits, mut zeros) = (nanos / 100, 1);
    while digits % 10 == 0 && zeros < 7 {
        digits /= 10;
        zeros += 1;
    }
    (digits << 3) | zeros
}

impl ValueEncoder for TimestampEncoder {
    fn write(&mut self, array: &dyn Array, statistics: &mut Statistics) -> Result<(), Invalid> {
        let Kind::Timestamp(range) = &mut statistics.kind else { return Ok(()) };
        match self.unit {
            TimeUnit::Second => {
                self.write_units::<1>(array, array.as_primitive::<TimestampSecondType>().values(), range)
            }
            TimeUnit::Millisecond => {
                self.write_units::<1_000>(array, array.as_primitive::<TimestampMillisecondType>().values(), range)
            }
            TimeUnit::Microsecond => {
                self.write_units::<1_000_000>(array, array.as_primitive::<TimestampMicrosecondType>().values(), range)
            }
            TimeUnit::Nanosecond => self.write_units::<1_000_000_000>(
                array,
                array.as_primitive::<TimestampNanosecondType>().values(),
                range,
            ),
        }
    }

    fn begin_group(&mut self) {
        self.seconds.flush();
        self.nanos.flush();
        self.second_marks.push(self.seconds.len());
        self.nano_marks.push(self.nanos.len());
    }

    fn encoded_bytes(&self) -> usize {
        self.seconds.len() + self.nanos.len()
    }

    fn finish(&mut self) -> EncodedValues {
        let seconds = StreamIndex::Runs(std::mem::take(&mut self.second_marks));
        let nanos = StreamIndex::Runs(std::mem::take(&mut self.nano_marks));
        EncodedValues {
            encoding: direct_encoding(column_encoding::Kind::DirectV2),
            streams: vec![
                RawStream::new(stream::Kind::Data, self.seconds.finish(), seconds),
                RawStream::new(stream::Kind::Secondary, self.nanos.finish(), nanos),
            ],
        }
    }
}
