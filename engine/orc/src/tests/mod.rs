//! Files written here and read back with orc-rust, value for value.

mod properties;
mod types;

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use orc_rust::ArrowReaderBuilder;
use orc_rust::schema::TimestampPrecision;

use crate::{Compression, OrcWriter, WriterOptions};

/// Every codec, each with small blocks so that files have many.
fn codecs() -> Vec<Compression> {
    vec![Compression::None, Compression::Zlib(6), Compression::Snappy, Compression::Lz4, Compression::Zstd(1)]
}

fn write(batches: &[RecordBatch], options: WriterOptions) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = OrcWriter::try_new(&mut file, batches[0].schema(), options).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    let summary = writer.finish().unwrap();
    assert_eq!(summary.bytes, file.len() as u64);
    assert_eq!(summary.rows as usize, batches.iter().map(RecordBatch::num_rows).sum::<usize>());
    file
}

fn read(file: Vec<u8>, precision: TimestampPrecision) -> RecordBatch {
    let reader = ArrowReaderBuilder::try_new(bytes::Bytes::from(file)).unwrap();
    let reader = reader.with_timestamp_precision(precision).build();
    let schema = arrow::array::RecordBatchReader::schema(&reader);
    let batches: Vec<_> = reader.map(|batch| rebuild(&schema, &batch.unwrap())).collect();
    concat_batches(&schema, &batches).unwrap()
}

/// orc-rust infers nullability anew for each batch; this gives it the file's schema.
fn rebuild(schema: &Arc<Schema>, batch: &RecordBatch) -> RecordBatch {
    RecordBatch::try_new(Arc::clone(schema), batch.columns().to_vec()).unwrap()
}

/// The type that ORC gives back for an Arrow type.
fn read_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, values) => read_type(values),
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => DataType::Binary,
        DataType::Timestamp(unit, zone) => {
            DataType::Timestamp(precision_unit(*unit), zone.as_ref().map(|_| "UTC".into()))
        }
        other => other.clone(),
    }
}

fn precision_unit(unit: TimeUnit) -> TimeUnit {
    if unit == TimeUnit::Nanosecond { unit } else { TimeUnit::Microsecond }
}

/// Writes the column, in batches of `batch_rows`, and compares what is read with what was written.
fn roundtrip(column: &ArrayRef, batch_rows: usize, options: WriterOptions) {
    let schema = Arc::new(Schema::new(vec![Field::new("c", column.data_type().clone(), true)]));
    let batch = RecordBatch::try_new(schema, vec![Arc::clone(column)]).unwrap();
    let batches: Vec<_> = (0..batch.num_rows().max(1))
        .step_by(batch_rows)
        .map(|start| batch.slice(start, batch_rows.min(batch.num_rows() - start)))
        .collect();
    let nanos = matches!(column.data_type(), DataType::Timestamp(TimeUnit::Nanosecond, _));
    let precision = if nanos { TimestampPrecision::Nanosecond } else { TimestampPrecision::Microsecond };
    let actual = read(write(&batches, options), precision);
    let expected = cast(column, &read_type(column.data_type())).unwrap();
    assert_eq!(actual.column(0).data_type(), expected.data_type());
    assert_eq!(actual.column(0), &expected);
}
