//! Fields of CSV records into Arrow columns.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, DictionaryArray, Float64Builder, Int32Array,
        Int32Builder, Int64Array, Int64Builder, RecordBatch, StringArray, TimestampMicrosecondArray,
        TimestampMicrosecondBuilder,
    },
    buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer},
    datatypes::{DataType, Field, Int32Type, Schema, SchemaRef, TimeUnit},
};

use super::{SOURCE_COLUMNS, value};
use crate::{
    error::{Error, Result},
    glue::hive_type::HiveType,
};

/// A batch ends when it has this many rows, or this much text.
const BATCH_ROWS_MAX: usize = 16 << 10;
const BATCH_TEXT_BYTES_MAX: usize = 8 << 20;

/// One column being built.
enum Column {
    Boolean(BooleanBuilder),
    Int(Int32Builder),
    BigInt(Int64Builder),
    Decimal(Decimal128Builder, u8, u8),
    Double(Float64Builder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Text(TextBuilder),
}

/// Strings as bytes: checked to be UTF-8 once for a batch, not value by value.
#[derive(Default)]
struct TextBuilder {
    ends: Vec<i32>,
    bytes: Vec<u8>,
    valid: Vec<bool>,
    nulls: usize,
}

impl TextBuilder {
    #[inline]
    fn append(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as i32); // a batch holds far less than 2 GB
        self.valid.push(!text.is_empty());
        self.nulls += usize::from(text.is_empty());
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let mut offsets = Vec::with_capacity(self.ends.len() + 1);
        offsets.push(0);
        offsets.append(&mut self.ends);
        let valid = std::mem::take(&mut self.valid);
        let nulls = (std::mem::take(&mut self.nulls) > 0).then(|| NullBuffer::from(valid));
        let bytes = Buffer::from_vec(std::mem::take(&mut self.bytes));
        let array = StringArray::try_new(OffsetBuffer::new(ScalarBuffer::from(offsets)), bytes, nulls);
        Ok(Arc::new(array.map_err(|e| Error::internal(format!("text of a batch: {e}")))?))
    }
}

impl Column {
    fn new(hive_type: &HiveType) -> Result<Column> {
        Ok(match hive_type {
            HiveType::Boolean => Column::Boolean(BooleanBuilder::new()),
            HiveType::TinyInt | HiveType::SmallInt | HiveType::Int => Column::Int(Int32Builder::new()),
            HiveType::BigInt => Column::BigInt(Int64Builder::new()),
            HiveType::Decimal(precision, scale) => {
                let builder = Decimal128Builder::new().with_precision_and_scale(*precision, *scale as i8);
                Column::Decimal(builder.map_err(Error::internal)?, *precision, *scale)
            }
            HiveType::Float | HiveType::Double => Column::Double(Float64Builder::new()),
            HiveType::Date => Column::Date(Date32Builder::new()),
            HiveType::Timestamp => Column::Timestamp(TimestampMicrosecondBuilder::new()),
            HiveType::String | HiveType::Varchar(_) | HiveType::Char(_) | HiveType::Binary => {
                Column::Text(TextBuilder::default())
            }
        })
    }

    fn data_type(&self) -> DataType {
        match self {
            Column::Boolean(_) => DataType::Boolean,
            Column::Int(_) => DataType::Int32,
            Column::BigInt(_) => DataType::Int64,
            Column::Decimal(_, precision, scale) => DataType::Decimal128(*precision, *scale as i8),
            Column::Double(_) => DataType::Float64,
            Column::Date(_) => DataType::Date32,
            Column::Timestamp(_) => DataType::Timestamp(TimeUnit::Microsecond, None),
            Column::Text(_) => DataType::Utf8,
        }
    }

    /// Appends a field, an empty one as NULL; false when the text does not fit the type.
    #[inline]
    fn append(&mut self, text: &[u8]) -> bool {
        if let Column::Text(builder) = self {
            builder.append(text);
            return true;
        }
        if text.is_empty() {
            self.append_null();
            return true;
        }
        match self {
            Column::Int(builder) => {
                value::integer(text).and_then(|v| i32::try_from(v).ok()).map(|v| builder.append_value(v)).is_some()
            }
            Column::BigInt(builder) => value::integer(text).map(|v| builder.append_value(v)).is_some(),
            Column::Decimal(builder, _, scale) => {
                value::decimal(text, *scale).map(|v| builder.append_value(v)).is_some()
            }
            Column::Timestamp(builder) => value::timestamp(text).map(|v| builder.append_value(v)).is_some(),
            Column::Date(builder) => value::date(text).map(|v| builder.append_value(v)).is_some(),
            Column::Boolean(builder) => value::boolean(text).map(|v| builder.append_value(v)).is_some(),
            Column::Double(builder) => value::double(text).map(|v| builder.append_value(v)).is_some(),
            Column::Text(_) => true,
        }
    }

    fn append_null(&mut self) {
        match self {
            Column::Boolean(builder) => builder.append_null(),
            Column::Int(builder) => builder.append_null(),
            Column::BigInt(builder) => builder.append_null(),
            Column::Decimal(builder, ..) => builder.append_null(),
            Column::Double(builder) => builder.append_null(),
            Column::Date(builder) => builder.append_null(),
            Column::Timestamp(builder) => builder.append_null(),
            Column::Text(builder) => builder.append(b""),
        }
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(match self {
            Column::Boolean(builder) => Arc::new(builder.finish()),
            Column::Int(builder) => Arc::new(builder.finish()),
            Column::BigInt(builder) => Arc::new(builder.finish()),
            Column::Decimal(builder, ..) => Arc::new(builder.finish()),
            Column::Double(builder) => Arc::new(builder.finish()),
            Column::Date(builder) => Arc::new(builder.finish()),
            Column::Timestamp(builder) => Arc::new(builder.finish()),
            Column::Text(builder) => builder.finish()?,
        })
    }

    fn text_bytes(&self) -> usize {
        if let Column::Text(builder) = self { builder.bytes.len() } else { 0 }
    }
}

/// Builds the batches of an object: its own columns, then where each row comes from.
pub struct BatchBuilder {
    schema: SchemaRef,
    /// By field of the record; None: not written, because the object has no value for it.
    columns: Vec<Option<Column>>,
    rows: Vec<i64>,
    object_key: String,
    delivered_us: i64,
}

impl BatchBuilder {
    /// A builder for an object with these columns; one without a type has no value and is left out.
    pub fn try_new(names: &[String], types: &[Option<HiveType>], object_key: &str, delivered_us: i64) -> Result<Self> {
        let column = |hive_type: &Option<HiveType>| hive_type.as_ref().map(Column::new).transpose();
        let columns = types.iter().map(column).collect::<Result<Vec<_>>>()?;
        let own = names
            .iter()
            .zip(&columns)
            .filter_map(|(name, column)| Some(Field::new(name, column.as_ref()?.data_type(), true)));
        let [object, row, delivered] = SOURCE_COLUMNS;
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let source = [
            Field::new(object, dictionary, true),
            Field::new(row, DataType::Int64, true),
            Field::new(delivered, DataType::Timestamp(TimeUnit::Microsecond, None), true),
        ];
        let schema = Arc::new(Schema::new(own.chain(source).collect::<Vec<_>>()));
        Ok(BatchBuilder { schema, columns, rows: Vec::new(), object_key: object_key.to_owned(), delivered_us })
    }

    /// The schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Appends a record as row `row` of the object; Err names the column whose type it broke.
    #[inline]
    pub fn append<'a>(&mut self, row: u64, field: impl Fn(usize) -> &'a [u8]) -> Result<(), usize> {
        for (index, column) in self.columns.iter_mut().enumerate() {
            let text = field(index);
            let fits = match column {
                Some(column) => column.append(text),
                None => text.is_empty(),
            };
            if !fits {
                return Err(index);
            }
        }
        self.rows.push(row as i64);
        Ok(())
    }

    /// True when the batch should be taken.
    pub fn is_full(&self) -> bool {
        let count = self.rows.len();
        count >= BATCH_ROWS_MAX
            || (count.is_multiple_of(64)
                && self.columns.iter().flatten().map(Column::text_bytes).sum::<usize>() >= BATCH_TEXT_BYTES_MAX)
    }

    /// Takes the rows appended since the last call.
    pub fn finish(&mut self) -> Result<RecordBatch> {
        let count = self.rows.len();
        let mut arrays = self.columns.iter_mut().flatten().map(Column::finish).collect::<Result<Vec<_>>>()?;
        let keys = Int32Array::from(vec![0; count]);
        let values = Arc::new(StringArray::from(vec![self.object_key.as_str()]));
        let objects = DictionaryArray::<Int32Type>::try_new(keys, values).map_err(Error::internal)?;
        arrays.push(Arc::new(objects));
        arrays.push(Arc::new(Int64Array::from(std::mem::take(&mut self.rows))));
        arrays.push(Arc::new(TimestampMicrosecondArray::from(vec![self.delivered_us; count])));
        RecordBatch::try_new(self.schema(), arrays).map_err(Error::internal)
    }
}
