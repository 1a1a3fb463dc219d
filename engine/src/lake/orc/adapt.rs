//! From a file's columns to the table's: by name, missing ones as NULL, types widened.
//!
//! Files of one table differ when its schema grew: what was an integer yesterday is a decimal or
//! text today. A column that became text gives the text that its CSV had, as far as its type
//! kept it.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, TimestampMicrosecondArray, new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, SchemaRef, TimeUnit, TimestampMicrosecondType};
use arrow::util::display::FormatOptions;

use super::OrcFooter;
use crate::{Error, Result};

/// 1582-10-15 in days since 1970: before it, the Julian and the Gregorian calendar differ.
const GREGORIAN_START_DAY: i32 = -141_427;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// How to make the table's columns from those of one file.
#[derive(Debug)]
pub(super) struct Adapter {
    /// The columns to make, in this order.
    wanted: SchemaRef,
    /// Where each comes from among the decoded columns; None: the file does not have it.
    sources: Vec<Option<usize>>,
    /// Columns of the file to decode, ascending.
    decode: Vec<usize>,
    footer: Arc<OrcFooter>,
    path: String,
}

impl Adapter {
    /// Plans the adaptation; an error if a type cannot become the table's.
    pub(super) fn try_new(footer: Arc<OrcFooter>, path: String, wanted: SchemaRef) -> Result<Self> {
        let found: Vec<Option<usize>> =
            (0..wanted.fields().len()).map(|index| file_column(&footer, &wanted, index)).collect();
        for (field, column) in wanted.fields().iter().zip(&found) {
            let Some(column) = column else { continue };
            let have = footer.schema().field(*column).data_type();
            if !can_become(have, field.data_type()) {
                return Err(Error::not_supported(format!("reading ORC type {have} as {}", field.data_type()))
                    .with_detail(format!("column \"{}\" of {path}", field.name())));
            }
        }
        let mut decode: Vec<usize> = found.iter().flatten().copied().collect();
        decode.sort_unstable();
        decode.dedup();
        let position = |column: usize| decode.binary_search(&column).ok();
        let sources = found.into_iter().map(|column| column.and_then(position)).collect();
        Ok(Adapter { wanted, sources, decode, footer, path })
    }

    /// Columns of the file to decode, ascending.
    pub(super) fn decode(&self) -> &[usize] {
        &self.decode
    }

    /// A batch of the table's types from decoded columns.
    pub(super) fn adapt(&self, columns: &[ArrayRef], rows: usize, zone: Option<&str>) -> Result<RecordBatch> {
        let checked = columns
            .iter()
            .zip(&self.decode)
            .map(|(array, column)| self.physical(array, *column, zone))
            .collect::<Result<Vec<_>>>()?;
        let adapted = self.wanted.fields().iter().zip(&self.sources).map(|(field, source)| match source {
            None => Ok(new_null_array(field.data_type(), rows)),
            Some(position) => convert(&checked[*position], field.data_type()).map_err(|error| {
                Error::out_of_range(format!("column \"{}\" of {}", field.name(), self.path))
                    .with_detail(error.to_string())
            }),
        });
        let adapted = adapted.collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.wanted), adapted, &options)
            .map_err(|error| Error::corrupted(&self.path, error))
    }

    /// The decoded column in the footer's type; refuses times that orc-rust decodes wrongly.
    fn physical(&self, array: &ArrayRef, column: usize, zone: Option<&str>) -> Result<ArrayRef> {
        let data_type = self.footer.schema().field(column).data_type();
        let array = match (data_type, array.data_type()) {
            (DataType::Timestamp(TimeUnit::Microsecond, zone), DataType::Decimal128(_, 9)) => {
                micros_of_nanos(array, zone.clone()).ok_or_else(|| Error::out_of_range("timestamp"))?
            }
            _ => Arc::clone(array),
        };
        match data_type {
            DataType::Date32 if self.footer.julian => {
                let first = arrow::compute::min(array.as_primitive::<Date32Type>());
                self.refuse_julian(first.is_some_and(|day| day < GREGORIAN_START_DAY))?;
            }
            DataType::Timestamp(_, instant) => {
                let times = array.as_primitive::<TimestampMicrosecondType>();
                if self.footer.julian {
                    let limit = i64::from(GREGORIAN_START_DAY) * MICROS_PER_DAY;
                    self.refuse_julian(arrow::compute::min(times).is_some_and(|time| time < limit))?;
                }
                // The decoder's time zone data has no daylight saving after 2037.
                let year_2038 = 2_145_916_800_000_000;
                if let (Some(zone), None) = (zone, instant)
                    && arrow::compute::max(times).is_some_and(|time| time >= year_2038)
                {
                    return Err(Error::not_supported(format!("a time after 2037 written in time zone {zone}"))
                        .with_detail(self.path.clone()));
                }
            }
            _ => {}
        }
        Ok(array)
    }

    fn refuse_julian(&self, found: bool) -> Result<()> {
        if !found {
            return Ok(());
        }
        let what = "a date before 1582-10-15 in an ORC file of the Julian calendar";
        Err(Error::not_supported(what).with_detail(self.path.clone()))
    }
}

/// The file's column for a column of the table: of the same name, or the same but for case. Hive
/// once named columns `_col0`, `_col1`, …: those go by position.
pub(super) fn file_column(footer: &OrcFooter, table: &SchemaRef, index: usize) -> Option<usize> {
    let name = table.field(index).name();
    let fields = footer.schema().fields();
    let exact = fields.iter().position(|field| field.name() == name);
    exact.or_else(|| fields.iter().position(|field| field.name().eq_ignore_ascii_case(name))).or_else(|| {
        let positional = fields.iter().enumerate().all(|(at, field)| *field.name() == format!("_col{at}"));
        (positional && index < fields.len()).then_some(index)
    })
}

/// Whether a file's type may be read as the table's.
fn can_become(have: &DataType, want: &DataType) -> bool {
    use DataType::*;
    let text = matches!(want, Utf8 | LargeUtf8 | Utf8View);
    let whole = |t: &DataType| matches!(t, Int8 | Int16 | Int32 | Int64);
    match have {
        _ if have == want => true,
        Utf8 => text,
        Binary => matches!(want, LargeBinary | BinaryView),
        Boolean | Date32 => text,
        Timestamp(..) => text || matches!(want, Timestamp(TimeUnit::Microsecond, _)),
        Float32 | Float64 => text || matches!(want, Float32 | Float64),
        t if whole(t) => text || whole(want) || matches!(want, Decimal128(..) | Float32 | Float64),
        Decimal128(..) => text || matches!(want, Decimal128(..) | Float32 | Float64),
        _ => false,
    }
}

/// Casts; what does not fit is an error, never NULL.
fn convert(array: &ArrayRef, want: &DataType) -> Result<ArrayRef, arrow::error::ArrowError> {
    if array.data_type() == want {
        return Ok(Arc::clone(array));
    }
    let format_options = FormatOptions::new().with_timestamp_format(Some("%Y-%m-%d %H:%M:%S%.f"));
    let to_text = matches!(want, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    if to_text && matches!(array.data_type(), DataType::Timestamp(..)) {
        let plain = cast_with_options(
            array,
            &DataType::Timestamp(TimeUnit::Microsecond, None),
            &CastOptions { safe: false, ..Default::default() },
        )?;
        let formatter = arrow::util::display::ArrayFormatter::try_new(&plain, &format_options)?;
        let texts: arrow::array::StringArray =
            (0..plain.len()).map(|row| plain.is_valid(row).then(|| formatter.value(row).to_string())).collect();
        return cast_with_options(&texts, want, &CastOptions::default());
    }
    cast_with_options(array, want, &CastOptions { safe: false, format_options })
}

/// Nanoseconds as decimals into microseconds, rounded down as Redshift's own precision does.
fn micros_of_nanos(array: &ArrayRef, zone: Option<Arc<str>>) -> Option<ArrayRef> {
    let nanos = array.as_primitive::<Decimal128Type>();
    let micros: Result<TimestampMicrosecondArray, ()> =
        nanos.try_unary(|value| i64::try_from(value.div_euclid(1000)).map_err(|_| ()));
    Some(Arc::new(micros.ok()?.with_timezone_opt(zone)))
}
