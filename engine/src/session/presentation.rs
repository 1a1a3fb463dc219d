//! How the values of a result look to this session: a CHAR is padded with blanks to its length (which it is kept
//! without), a TIMESTAMPTZ bears the session's time zone, and what `extra_float_digits`, `intervalstyle` and
//! `datestyle` change is written out as text.

use std::sync::Arc;

use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray, StringViewBuilder},
    datatypes::{DataType, Field, Schema, TimeUnit, TimestampMicrosecondType},
    record_batch::{RecordBatch, RecordBatchOptions},
};

use super::{ResultColumn, Session};
use crate::{
    error::{Error, Result},
    types::{
        DateForm, RedshiftType,
        cast::padded,
        text::{IntervalStyle, TextFormat},
    },
};

impl Session {
    /// Gives the columns and rows of a result the look that the session's parameters ask for.
    pub(crate) fn present(
        &self,
        columns: Vec<ResultColumn>,
        batches: Vec<RecordBatch>,
    ) -> Result<(Vec<ResultColumn>, Vec<RecordBatch>)> {
        let settings = self.settings();
        let look = Look { format: settings.text_format(), zone: settings.get("timezone").map(Arc::from) };
        let widths: Vec<Option<usize>> = columns.iter().map(|column| char_width(&column.type_name)).collect();
        if look.is_plain() && widths.iter().all(Option::is_none) {
            return Ok((columns, batches));
        }
        let batches = batches.iter().map(|batch| look.batch(batch, &widths)).collect::<Result<_>>()?;
        let columns =
            columns.into_iter().map(|column| ResultColumn { data_type: look.data_type(&column.data_type), ..column });
        Ok((columns.collect(), batches))
    }
}

/// The length of a CHAR.
fn char_width(type_name: &str) -> Option<usize> {
    match type_name.parse() {
        Ok(RedshiftType::Char(length)) => usize::try_from(length).ok(),
        _ => None,
    }
}

struct Look {
    format: TextFormat,
    zone: Option<Arc<str>>,
}

impl Look {
    fn is_plain(&self) -> bool {
        self.zone.is_none()
            && self.format.extra_float_digits == 0
            && self.format.interval_style == IntervalStyle::Postgres
            && self.format.date_style.form == DateForm::Iso
    }

    /// The type that holds a column in this look.
    fn data_type(&self, data_type: &DataType) -> DataType {
        match data_type {
            written if self.writes(written) => DataType::Utf8View,
            DataType::Timestamp(unit, Some(_)) => {
                DataType::Timestamp(*unit, Some(self.zone.clone().unwrap_or_else(|| Arc::from("UTC"))))
            }
            other => other.clone(),
        }
    }

    /// Whether values are written out.
    fn writes(&self, data_type: &DataType) -> bool {
        match data_type {
            DataType::Float32 | DataType::Float64 => self.format.extra_float_digits != 0,
            DataType::Interval(_) | DataType::Duration(_) => self.format.interval_style != IntervalStyle::Postgres,
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => {
                self.format.date_style.form != DateForm::Iso
            }
            _ => false,
        }
    }

    fn batch(&self, batch: &RecordBatch, widths: &[Option<usize>]) -> Result<RecordBatch> {
        let look = |(index, array): (usize, &ArrayRef)| match widths.get(index).copied().flatten() {
            Some(width) => padded(array, width),
            None => self.array(array),
        };
        let arrays = batch.columns().iter().enumerate().map(look).collect::<Result<Vec<_>>>()?;
        let fields: Vec<Field> = batch
            .schema()
            .fields()
            .iter()
            .zip(&arrays)
            .map(|(field, array)| field.as_ref().clone().with_data_type(array.data_type().clone()))
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).map_err(Error::internal)
    }

    fn array(&self, array: &ArrayRef) -> Result<ArrayRef> {
        if let DataType::Timestamp(TimeUnit::Microsecond, Some(_)) = array.data_type()
            && !self.writes(array.data_type())
        {
            let instants = array.as_primitive::<TimestampMicrosecondType>().clone();
            return Ok(Arc::new(instants.with_data_type(self.data_type(array.data_type()))));
        }
        if !self.writes(array.data_type()) {
            return Ok(Arc::clone(array));
        }
        let mut builder = StringViewBuilder::with_capacity(array.len());
        let mut text = String::new();
        for row in 0..array.len() {
            text.clear();
            self.format.write(array.as_ref(), row, &mut text)?;
            builder.append_option(array.is_valid(row).then_some(text.as_str()));
        }
        Ok(Arc::new(builder.finish()))
    }
}
