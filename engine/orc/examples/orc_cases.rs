//! Writes ORC files and, beside each, the values that readers must find in it, as JSON; the
//! other half is tests/e2e/orc_oracle.py. With `bench ROWS` it measures the encoder instead.
//!
//! Text forms: integers and decimals as digits, dates as days and timestamps as microseconds
//! since 1970, binary as hexadecimal, floats in their shortest form, NULL as null.

use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::*;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, TimeUnit};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use blueshift_orc::{Compression, ORC_TYPE_KEY, OrcWriter, WriterOptions};
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["cases", folder] => write_cases(Path::new(folder)),
        ["bench", rows] => bench(rows.parse()?),
        _ => Err("usage: orc_cases cases FOLDER | bench ROWS".into()),
    }
}

fn write_cases(folder: &Path) -> Result<()> {
    let wide = WriterOptions { stripe_rows_max: 25_000, ..Default::default() };
    let all = case_columns(34_567)?;
    for (name, compression) in [
        ("none", Compression::None),
        ("zlib", Compression::Zlib(6)),
        ("snappy", Compression::Snappy),
        ("lz4", Compression::Lz4),
        ("zstd", Compression::Zstd(3)),
    ] {
        write_case(folder, &format!("all_{name}"), &all, WriterOptions { compression, ..wide.clone() })?;
        let small =
            WriterOptions { compression, compression_block_bytes: 4096, row_index_stride: 1003, ..wide.clone() };
        write_case(folder, &format!("small_blocks_{name}"), &all, small)?;
    }
    write_case(folder, "one_row", &all.slice(1, 1), wide.clone())?;
    write_case(folder, "empty", &all.slice(0, 0), wide.clone())?;
    let direct = WriterOptions { dictionary_ratio_max: 0.0, ..wide.clone() };
    write_case(folder, "no_dictionary", &all, direct)?;
    write_case(folder, "years_1_to_9999", &old_dates(), wide)
}

fn write_case(folder: &Path, name: &str, batch: &RecordBatch, options: WriterOptions) -> Result<()> {
    let file = File::create(folder.join(format!("{name}.orc")))?;
    let mut writer = OrcWriter::try_new(file, batch.schema(), options)?;
    for start in (0..batch.num_rows()).step_by(8192) {
        writer.write(&batch.slice(start, 8192.min(batch.num_rows() - start)))?;
    }
    let summary = writer.finish()?;
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
        Ok(json!({ "name": field.name(), "type": type_name(field.data_type()), "values": texts(column)? }))
    });
    let expected = json!({ "rows": summary.rows, "columns": columns.collect::<Result<Vec<Value>>>()? });
    Ok(std::fs::write(folder.join(format!("{name}.json")), expected.to_string())?)
}

fn type_name(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Float32 | DataType::Float64 => "float",
        DataType::Date32 => "date",
        DataType::Timestamp(..) => "timestamp",
        DataType::Binary => "binary",
        DataType::Boolean => "boolean",
        DataType::Decimal128(..) => "decimal",
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => "integer",
        _ => "text",
    }
}

fn texts(column: &ArrayRef) -> Result<Vec<Value>> {
    let column = match column.data_type() {
        DataType::Date32 => arrow::compute::cast(column, &DataType::Int32)?,
        DataType::Timestamp(..) => {
            let micros = arrow::compute::cast(column, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
            arrow::compute::cast(&micros, &DataType::Int64)?
        }
        _ => Arc::clone(column),
    };
    let formatter = ArrayFormatter::try_new(&column, &FormatOptions::default())?;
    let text = |row: usize| if column.is_null(row) { Value::Null } else { formatter.value(row).to_string().into() };
    Ok((0..column.len()).map(text).collect())
}

/// A pseudo-random sequence without a crate.
fn noise(rows: usize) -> Vec<u64> {
    let mut state = 88_172_645_463_325_252u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    std::iter::repeat_with(next).take(rows).collect()
}

fn case_columns(rows: usize) -> Result<RecordBatch> {
    let random = noise(rows);
    let some = |i: usize| (!random[i].is_multiple_of(11)).then_some(random[i]);
    let range = || 0..rows;
    let micros = |i: usize| some(i).map(|v| (v % 16_000_000_000_000_000) as i64 - 8_000_000_000_000_000);
    let words: Vec<Option<String>> = range().map(|i| some(i).map(|v| format!("wörd {}", v % 50))).collect();
    let unique: Vec<Option<String>> =
        range().map(|i| some(i).map(|v| if v % 5 == 0 { String::new() } else { format!("{v:x}") })).collect();
    let long: Vec<Option<String>> = range().map(|i| (i % 1000 == 3).then(|| format!("{i:0>5000}"))).collect();
    let bytes: Vec<Option<Vec<u8>>> =
        range().map(|i| some(i).map(|v| v.to_le_bytes()[..(v % 9) as usize].to_vec())).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(0..rows as i64))),
        ("flag", Arc::new(range().map(|i| some(i).map(|v| v % 3 == 0)).collect::<BooleanArray>())),
        ("flag_full", Arc::new(range().map(|i| Some(random[i].is_multiple_of(7))).collect::<BooleanArray>())),
        ("tiny", Arc::new(range().map(|i| some(i).map(|v| v as i8)).collect::<Int8Array>())),
        ("small", Arc::new(range().map(|i| some(i).map(|v| v as i16)).collect::<Int16Array>())),
        ("int", Arc::new(range().map(|i| some(i).map(|v| v as i32)).collect::<Int32Array>())),
        ("big", Arc::new(range().map(|i| some(i).map(|v| v as i64)).collect::<Int64Array>())),
        ("parent", Arc::new(range().map(|i| Some(i as i64 / 5 + 1)).collect::<Int64Array>())),
        ("falling", Arc::new(range().map(|i| some(i).map(|_| -(i as i32) * 7)).collect::<Int32Array>())),
        (
            "outliers",
            Arc::new(
                range()
                    .map(|i| Some(if i % 97 == 0 { random[i] as i64 >> 20 } else { i as i64 % 13 }))
                    .collect::<Int64Array>(),
            ),
        ),
        (
            "gaps",
            Arc::new(
                range()
                    .map(|i| Some(if i % 512 == 500 { 1 << 40 } else { -(random[i] as i64 & 7) }))
                    .collect::<Int64Array>(),
            ),
        ),
        ("late_null", Arc::new(range().map(|i| (i != rows - 1).then_some(i as i32 & 3)).collect::<Int32Array>())),
        ("float", Arc::new(range().map(|i| some(i).map(|v| v as i32 as f32 / 7.0)).collect::<Float32Array>())),
        ("double", Arc::new(range().map(|i| some(i).map(|v| v as i64 as f64 / 7.0)).collect::<Float64Array>())),
        ("word", Arc::new(words.iter().collect::<StringViewArray>())),
        ("word_dictionary", Arc::new(words.iter().map(Option::as_deref).collect::<DictionaryArray<Int32Type>>())),
        ("unique", Arc::new(unique.iter().collect::<StringArray>())),
        ("long", Arc::new(long.iter().collect::<LargeStringArray>())),
        ("bytes", Arc::new(BinaryArray::from(bytes.iter().map(Option::as_deref).collect::<Vec<_>>()))),
        ("date", Arc::new(range().map(|i| some(i).map(|v| (v % 100_000) as i32 - 50_000)).collect::<Date32Array>())),
        (
            "money",
            Arc::new(
                range()
                    .map(|i| some(i).map(|v| i128::from(v as i64 % 1_000_000)))
                    .collect::<Decimal128Array>()
                    .with_precision_and_scale(10, 2)?,
            ),
        ),
        (
            "wide",
            Arc::new(
                range()
                    .map(|i| some(i).map(|v| i128::from(v) * i128::from(v as i64 >> 4) / 16))
                    .collect::<Decimal128Array>()
                    .with_precision_and_scale(38, 20)?,
            ),
        ),
        ("at", Arc::new(range().map(micros).collect::<TimestampMicrosecondArray>())),
        ("at_second", Arc::new(range().map(|i| micros(i).map(|v| v / 1_000_000)).collect::<TimestampSecondArray>())),
        (
            "instant",
            Arc::new(range().map(micros).collect::<TimestampMicrosecondArray>().with_timezone("Europe/Berlin")),
        ),
        ("nothing", new_null_array(&DataType::Utf8, rows)),
    ];
    let batch = RecordBatch::try_from_iter(columns)?;
    let mut fields: Vec<Field> =
        batch.schema().fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect();
    for field in &mut fields {
        if field.name() == "word" {
            field.set_metadata([(ORC_TYPE_KEY.to_owned(), "varchar(20)".to_owned())].into());
        }
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), batch.columns().to_vec())?)
}

/// Dates and times that need the proleptic Gregorian calendar; too wide for nanoseconds.
fn old_dates() -> RecordBatch {
    let days = (-719_162..2_932_896).step_by(997);
    let dates: ArrayRef = Arc::new(Date32Array::from_iter_values(days.clone()));
    let at: ArrayRef =
        Arc::new(TimestampMicrosecondArray::from_iter_values(days.map(|d| i64::from(d) * 86_400_000_000 + 1_234_567)));
    let fields = vec![Field::new("date", DataType::Date32, true), Field::new("at", at.data_type().clone(), true)];
    RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![dates, at]).unwrap_or_else(|e| panic!("{e}"))
}

/// Rows shaped like invoice lines: three keys, a price and a quantity.
fn bench(rows: usize) -> Result<()> {
    const BATCH: usize = 8192;
    let random = noise(rows.min(1 << 20));
    let batches: Vec<RecordBatch> = (0..rows)
        .step_by(BATCH)
        .map(|start| {
            let range = || start..(start + BATCH).min(rows);
            let at = |i: usize| random[i % random.len()];
            let price = range().map(|i| Some(if at(i) % 20 == 0 { 199i128 } else { 99 })).collect::<Decimal128Array>();
            let columns: Vec<(&str, ArrayRef)> = vec![
                ("invoicelineid", Arc::new(range().map(|i| Some(i as i64 + 1)).collect::<Int64Array>())),
                ("invoiceid", Arc::new(range().map(|i| Some(i as i64 / 5 + 1)).collect::<Int64Array>())),
                ("trackid", Arc::new(range().map(|i| Some((at(i) % 3503) as i64 + 1)).collect::<Int64Array>())),
                ("unitprice", Arc::new(price.with_precision_and_scale(10, 2)?)),
                ("quantity", Arc::new(range().map(|i| Some(1 + (at(i) % 9 / 8) as i64)).collect::<Int64Array>())),
            ];
            Ok(RecordBatch::try_from_iter(columns)?)
        })
        .collect::<Result<_>>()?;
    for (name, compression) in
        [("none", Compression::None), ("zstd 1", Compression::Zstd(1)), ("zstd 3", Compression::Zstd(3))]
    {
        let started = Instant::now();
        let options = WriterOptions { compression, ..Default::default() };
        let mut writer = OrcWriter::try_new(std::io::sink(), batches[0].schema(), options)?;
        batches.iter().try_for_each(|batch| writer.write(batch))?;
        let summary = writer.finish()?;
        eprintln!("{name}: {rows} rows in {:.2} s wall, {summary:?}", started.elapsed().as_secs_f64());
    }
    Ok(())
}
