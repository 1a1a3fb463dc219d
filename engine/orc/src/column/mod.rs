//! Columns of a stripe: NULLs, statistics and row groups are the same for all types and live
//! here; how values are encoded differs by type and lives in the files beside this one.

/// BOOLEAN.
mod boolean;
/// DECIMAL.
mod decimal;
/// The dictionary of a string column.
mod dictionary;
/// FLOAT and DOUBLE.
mod float;
/// TINYINT, SMALLINT, INT, BIGINT and DATE.
mod integer;
/// STRING, CHAR, VARCHAR and BINARY.
mod text;
/// TIMESTAMP and TIMESTAMP_INSTANT.
mod timestamp;

use arrow::array::{Array, ArrayRef, BooleanBufferBuilder};
use arrow::datatypes::{DataType, Field};
use orc_rust::proto::{ColumnEncoding, column_encoding, stream};

use crate::encoding::bits::BitEncoder;
use crate::statistics::Statistics;
use crate::{OrcError, Result, WriterOptions};

/// A value that cannot be written: its index in the array, and why.
pub(crate) struct Invalid {
    pub(crate) index: usize,
    pub(crate) reason: String,
}

/// Encodes one stripe's values of one column after another; knows nothing of NULLs.
pub(crate) trait ValueEncoder: Send {
    /// Encodes the values of `array` that are not NULL and takes them into `statistics`.
    fn write(&mut self, array: &dyn Array, statistics: &mut Statistics) -> Result<(), Invalid>;
    /// Begins a row group: ends runs and remembers the positions.
    fn begin_group(&mut self);
    /// Bytes encoded so far, roughly.
    fn encoded_bytes(&self) -> usize;
    /// Ends the stripe: hands over its streams and starts anew.
    fn finish(&mut self) -> EncodedValues;
}

/// What a [`ValueEncoder`] made of a stripe.
pub(crate) struct EncodedValues {
    pub(crate) encoding: ColumnEncoding,
    /// The streams in the order in which the row index lists their positions.
    pub(crate) streams: Vec<RawStream>,
}

/// A stream before compression.
pub(crate) struct RawStream {
    pub(crate) kind: stream::Kind,
    pub(crate) bytes: Vec<u8>,
    pub(crate) index: StreamIndex,
}

/// Where the row groups begin in a stream, and what the row index must say beyond the offset.
pub(crate) enum StreamIndex {
    /// The row index does not mention the stream (dictionaries).
    None,
    /// Plain bytes: the offset is all.
    Bytes(Vec<usize>),
    /// Runs: the offset, and no values to skip, as a group always begins a run.
    Runs(Vec<usize>),
    /// Bits in runs: the offset, no bytes to skip, and bits to skip.
    Bits(Vec<(usize, u32)>),
}

impl RawStream {
    pub(crate) fn new(kind: stream::Kind, bytes: Vec<u8>, index: StreamIndex) -> Self {
        RawStream { kind, bytes, index }
    }
}

/// The encoding of every column but dictionary encoded ones.
pub(crate) fn direct_encoding(kind: column_encoding::Kind) -> ColumnEncoding {
    ColumnEncoding { kind: Some(kind.into()), dictionary_size: None, bloom_encoding: None }
}

/// One column of a stripe.
pub(crate) struct Column {
    name: String,
    /// Dictionary-encoded input is unpacked to this type first.
    unpack: Option<DataType>,
    values: Box<dyn ValueEncoder>,
    present: BooleanBufferBuilder,
    group: Statistics,
    groups: Vec<Statistics>,
}

/// What a stripe keeps of a column.
pub(crate) struct EncodedColumn {
    pub(crate) encoding: ColumnEncoding,
    pub(crate) streams: Vec<RawStream>,
    pub(crate) groups: Vec<Statistics>,
    pub(crate) statistics: Statistics,
}

impl Column {
    /// The column for `field`; an error if its type cannot be written.
    pub(crate) fn try_new(field: &Field, options: &WriterOptions) -> Result<Self> {
        let (unpack, data_type) = match field.data_type() {
            DataType::Dictionary(_, value_type) => (Some(value_type.as_ref().clone()), value_type.as_ref()),
            other => (None, other),
        };
        let (values, kind) = value_encoder(data_type, field, options)
            .ok_or_else(|| OrcError::UnsupportedType { column: field.name().clone(), data_type: data_type.clone() })?;
        Ok(Column {
            name: field.name().clone(),
            unpack,
            values,
            present: BooleanBufferBuilder::new(0),
            group: Statistics::new(kind),
            groups: Vec::new(),
        })
    }

    /// Begins a row group.
    pub(crate) fn begin_group(&mut self) {
        self.end_group();
        self.values.begin_group();
    }

    fn end_group(&mut self) {
        if self.group.values > 0 || self.group.has_null {
            let next = self.group.empty();
            self.groups.push(std::mem::replace(&mut self.group, next));
        }
    }

    /// Writes rows of the current group; `row` is the stripe's row, from 0, of the first.
    pub(crate) fn write(&mut self, array: &ArrayRef, row: u64) -> Result<()> {
        let unpacked;
        let array = match &self.unpack {
            Some(data_type) => {
                unpacked = arrow::compute::cast(array, data_type)
                    .map_err(|e| OrcError::SchemaMismatch(format!("column \"{}\": {e}", self.name)))?;
                &unpacked
            }
            None => array,
        };
        let nulls = array.null_count();
        match array.nulls().filter(|_| nulls > 0) {
            Some(valid) => self.present.append_buffer(valid.inner()),
            None => self.present.append_n(array.len(), true),
        }
        self.group.has_null |= nulls > 0;
        self.group.values += (array.len() - nulls) as u64;
        self.values.write(array.as_ref(), &mut self.group).map_err(|invalid| OrcError::InvalidValue {
            column: self.name.clone(),
            row: row + invalid.index as u64 + 1,
            reason: invalid.reason,
        })
    }

    /// Bytes encoded so far, roughly.
    pub(crate) fn encoded_bytes(&self) -> usize {
        self.values.encoded_bytes() + self.present.len() / 8
    }

    /// Ends the stripe and starts anew.
    pub(crate) fn finish(&mut self, stride: usize) -> EncodedColumn {
        self.end_group();
        let groups = std::mem::take(&mut self.groups);
        let mut statistics = self.group.empty();
        groups.iter().for_each(|group| statistics.merge(group));
        let EncodedValues { encoding, mut streams } = self.values.finish();
        let present = self.present.finish();
        if statistics.has_null {
            let mut encoder = BitEncoder::default();
            let mut marks = Vec::with_capacity(groups.len());
            for (row, valid) in present.iter().enumerate() {
                if row % stride == 0 {
                    marks.push(encoder.mark());
                }
                encoder.push(valid);
            }
            streams.insert(0, RawStream::new(stream::Kind::Present, encoder.finish(), StreamIndex::Bits(marks)));
        }
        EncodedColumn { encoding, streams, groups, statistics }
    }
}

/// The encoder for a type and the kind of its statistics; None when there is none.
fn value_encoder(
    data_type: &DataType,
    field: &Field,
    options: &WriterOptions,
) -> Option<(Box<dyn ValueEncoder>, crate::statistics::Kind)> {
    Some(match data_type {
        DataType::Boolean => boolean::encoder(),
        DataType::Int8 => integer::byte_encoder(),
        DataType::Int16 | DataType::Int32 | DataType::Int64 | DataType::Date32 => integer::encoder(data_type)?,
        DataType::Float32 | DataType::Float64 => float::encoder(),
        DataType::Decimal128(precision, scale) => decimal::encoder(*precision, *scale)?,
        DataType::Timestamp(unit, _) => timestamp::encoder(*unit),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => text::text_encoder(field, options)?,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            text::binary_encoder()
        }
        _ => return None,
    })
}

/// Calls `each` with index and native value of every value that is not NULL.
#[inline]
pub(crate) fn for_each_valid<T: Copy>(array: &dyn Array, values: &[T], mut each: impl FnMut(usize, T)) {
    match array.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => values.iter().enumerate().for_each(|(index, value)| each(index, *value)),
        Some(nulls) => nulls.valid_indices().for_each(|index| each(index, values[index])),
    }
}
