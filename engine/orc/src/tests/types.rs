//! One case for each type, codec and edge.

use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, TimeUnit};
use orc_rust::proto;
use orc_rust::reader::metadata::read_metadata;

use super::{codecs, read, roundtrip, write};
use crate::{Compression, ORC_TYPE_KEY, OrcError, OrcWriter, StripeEncoder, WriterOptions};

fn small() -> WriterOptions {
    WriterOptions { row_index_stride: 1000, compression_block_bytes: 1024, stripe_rows_max: 7000, ..Default::default() }
}

/// A pseudo-random sequence without a crate.
fn noise(seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    })
}

fn columns(rows: usize) -> Vec<ArrayRef> {
    let random: Vec<u64> = noise(7).take(rows).collect();
    let null = |i: usize| random[i].is_multiple_of(11);
    let some = |i: usize| (!null(i)).then_some(random[i]);
    let range = || 0..rows;
    let words: Vec<Option<String>> = range().map(|i| some(i).map(|v| format!("wörd {}", v % 50))).collect();
    let unique: Vec<Option<String>> = range().map(|i| some(i).map(|v| format!("{v:x}"))).collect();
    let bytes: Vec<Option<Vec<u8>>> =
        range().map(|i| some(i).map(|v| v.to_le_bytes()[..(v % 9) as usize].to_vec())).collect();
    let refs: Vec<Option<&[u8]>> = bytes.iter().map(Option::as_deref).collect();
    let micros = |i: usize| some(i).map(|v| (v % 400_000_000_000_000_000) as i64 - 60_000_000_000_000_000);
    vec![
        Arc::new(range().map(|i| some(i).map(|v| v % 3 == 0)).collect::<BooleanArray>()),
        Arc::new(range().map(|i| Some(i % 2 == 0)).collect::<BooleanArray>()),
        Arc::new(range().map(|i| some(i).map(|v| v as i8)).collect::<Int8Array>()),
        Arc::new(range().map(|i| some(i).map(|v| v as i16)).collect::<Int16Array>()),
        Arc::new(range().map(|i| some(i).map(|v| v as i32)).collect::<Int32Array>()),
        Arc::new(range().map(|i| some(i).map(|v| v as i64)).collect::<Int64Array>()),
        Arc::new(range().map(|i| Some(i as i64 / 3)).collect::<Int64Array>()),
        Arc::new(range().map(|i| Some(-(i as i32) * 7)).collect::<Int32Array>()),
        Arc::new(
            range()
                .map(|i| Some(if i % 97 == 0 { random[i] as i64 >> 20 } else { i as i64 % 13 }))
                .collect::<Int64Array>(),
        ),
        Arc::new(range().map(|i| some(i).map(|v| v as i32 as f32 / 7.0)).collect::<Float32Array>()),
        Arc::new(range().map(|i| some(i).map(|v| v as i64 as f64 / 7.0)).collect::<Float64Array>()),
        Arc::new(words.iter().collect::<StringArray>()),
        Arc::new(unique.iter().collect::<LargeStringArray>()),
        Arc::new(words.iter().collect::<StringViewArray>()),
        Arc::new(words.iter().map(Option::as_deref).collect::<DictionaryArray<Int32Type>>()),
        Arc::new(BinaryArray::from(refs.clone())),
        Arc::new(LargeBinaryArray::from(refs.clone())),
        Arc::new(BinaryViewArray::from(refs)),
        Arc::new(range().map(|i| some(i).map(|v| (v % 3_600_000) as i32 - 719_162)).collect::<Date32Array>()),
        Arc::new(
            range()
                .map(|i| some(i).map(|v| (v as i64 % 1_000_000_000) as i128))
                .collect::<Decimal128Array>()
                .with_precision_and_scale(10, 2)
                .unwrap(),
        ),
        Arc::new(
            range()
                .map(|i| some(i).map(|v| i128::from(v) * i128::from(v as i64 >> 4) / 16))
                .collect::<Decimal128Array>()
                .with_precision_and_scale(38, 20)
                .unwrap(),
        ),
        Arc::new(range().map(|i| micros(i).map(|v| v / 1_000_000)).collect::<TimestampSecondArray>()),
        Arc::new(range().map(|i| micros(i).map(|v| v / 1_000)).collect::<TimestampMillisecondArray>()),
        Arc::new(range().map(micros).collect::<TimestampMicrosecondArray>()),
        Arc::new(range().map(micros).collect::<TimestampMicrosecondArray>().with_timezone("Europe/Berlin")),
        Arc::new(range().map(|i| some(i).map(|v| v as i64)).collect::<TimestampNanosecondArray>()),
        new_null_array(&DataType::Utf8, rows),
        new_null_array(&DataType::Decimal128(5, 1), rows),
    ]
}

#[test]
fn every_type_comes_back() {
    for rows in [1, 5, 999, 1000, 20_011] {
        for column in columns(rows) {
            roundtrip(&column, 8192, small());
        }
    }
}

#[test]
fn every_codec_comes_back() {
    for compression in codecs() {
        for column in columns(3_001) {
            roundtrip(&column, 700, WriterOptions { compression, ..small() });
        }
    }
}

#[test]
fn integer_extremes_come_back() {
    let extremes = [i64::MIN, i64::MAX, 0, -1, 1, i64::MIN + 1, i64::MAX - 1];
    let repeated: Vec<i64> = extremes.iter().flat_map(|v| std::iter::repeat_n(*v, 14)).chain(extremes).collect();
    roundtrip(&(Arc::new(Int64Array::from(repeated)) as ArrayRef), 100, small());
    let shorts: Vec<i16> = (0..4000).map(|i| if i % 50 == 0 { i16::MIN } else { i16::MAX - (i % 7) as i16 }).collect();
    roundtrip(&(Arc::new(Int16Array::from(shorts)) as ArrayRef), 4000, small());
    let ints: Vec<i32> = (0..4000).map(|i| if i % 50 == 0 { i32::MIN } else { i32::MAX - i % 7 }).collect();
    roundtrip(&(Arc::new(Int32Array::from(ints)) as ArrayRef), 4000, small());
    roundtrip(&(Arc::new(Float64Array::from(vec![f64::INFINITY, -0.0, f64::MIN, f64::MAX])) as ArrayRef), 4, small());
}

#[test]
fn times_before_the_epoch_come_back_or_are_refused() {
    let good = vec![-1_000_000, -999_001, -1_000_001, -1_500_000, -2_000_000, -62_135_596_800_000_000, 0, 1];
    roundtrip(&(Arc::new(TimestampMicrosecondArray::from(good)) as ArrayRef), 10, small());
    let bad: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![Some(5), None, Some(-500_000)]));
    let batch = RecordBatch::try_from_iter([("t", bad)]).unwrap();
    let mut writer = OrcWriter::try_new(Vec::new(), batch.schema(), small()).unwrap();
    writer.write(&batch.slice(0, 2)).unwrap();
    writer.end_stripe().unwrap();
    let error = writer.write(&batch.slice(1, 2)).unwrap_err();
    assert!(matches!(&error, OrcError::InvalidValue { column, row: 4, .. } if column == "t"), "{error}");
}

#[test]
fn types_without_counterpart_are_refused_at_construction() {
    let nested = Field::new("item", DataType::Int32, true);
    for data_type in [
        DataType::Null,
        DataType::UInt32,
        DataType::Time64(TimeUnit::Microsecond),
        DataType::Date64,
        DataType::Decimal256(40, 2),
        DataType::Decimal128(10, -2),
        DataType::List(Arc::new(nested)),
        DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::UInt64)),
    ] {
        let schema = Arc::new(Schema::new(vec![Field::new("c", data_type, true)]));
        let error = OrcWriter::try_new(Vec::new(), schema, small()).err().expect("refused");
        assert!(matches!(&error, OrcError::UnsupportedType { column, .. } if column == "c"), "{error}");
    }
}

#[test]
fn limits_of_types_are_kept() {
    let wide: ArrayRef = Arc::new(Decimal128Array::from(vec![99, 100]).with_precision_and_scale(2, 0).unwrap());
    let batch = RecordBatch::try_from_iter([("d", wide)]).unwrap();
    let mut writer = OrcWriter::try_new(Vec::new(), batch.schema(), small()).unwrap();
    assert!(matches!(writer.write(&batch), Err(OrcError::InvalidValue { row: 2, .. })));

    let field =
        Field::new("s", DataType::Utf8, true).with_metadata([(ORC_TYPE_KEY.into(), "varchar(3)".into())].into());
    let schema = Arc::new(Schema::new(vec![field]));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["äöü", "abcd"]));
    let batch = RecordBatch::try_new(schema, vec![text]).unwrap();
    let mut writer = OrcWriter::try_new(Vec::new(), batch.schema(), small()).unwrap();
    writer.write(&batch.slice(0, 1)).unwrap();
    assert!(matches!(writer.write(&batch.slice(1, 1)), Err(OrcError::InvalidValue { row: 2, .. })));
}

#[test]
fn a_batch_of_another_schema_is_refused() {
    let ints: ArrayRef = Arc::new(Int32Array::from(vec![1]));
    let longs: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let ints = RecordBatch::try_from_iter([("c", ints)]).unwrap();
    let longs = RecordBatch::try_from_iter([("c", longs)]).unwrap();
    let mut writer = OrcWriter::try_new(Vec::new(), ints.schema(), small()).unwrap();
    assert!(matches!(writer.write(&longs), Err(OrcError::SchemaMismatch(_))));
}

#[test]
fn empty_files_have_a_schema() {
    let ints: ArrayRef = Arc::new(Int32Array::from(Vec::<i32>::new()));
    let batch = RecordBatch::try_from_iter([("c", ints)]).unwrap();
    let back = read(write(&[batch], small()), Default::default());
    assert_eq!((back.num_rows(), back.schema().field(0).data_type()), (0, &DataType::Int32));
}

#[test]
fn stripes_made_elsewhere_can_be_appended() {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..5000));
    let batch = RecordBatch::try_from_iter([("id", ids)]).unwrap();
    let stripes: Vec<_> = std::thread::scope(|scope| {
        let work: Vec<_> = (0..5)
            .map(|part| {
                let rows = batch.slice(part * 1000, 1000);
                scope.spawn(move || {
                    let mut encoder = StripeEncoder::try_new(rows.schema(), small()).unwrap();
                    assert_eq!(encoder.write(&rows).unwrap(), 1000);
                    encoder.finish().unwrap().unwrap()
                })
            })
            .collect();
        work.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut file = Vec::new();
    let mut writer = OrcWriter::try_new(&mut file, batch.schema(), small()).unwrap();
    stripes.iter().for_each(|stripe| writer.append_stripe(stripe).unwrap());
    assert_eq!(writer.finish().unwrap().stripes, 5);
    assert_eq!(read(file, Default::default()).column(0), batch.column(0));
}

#[test]
fn footer_and_statistics_say_what_is_in_the_file() {
    let n: ArrayRef = Arc::new(Int64Array::from(vec![Some(5), None, Some(-3), Some(9)]));
    let d: ArrayRef = Arc::new(Decimal128Array::from(vec![150, -25, 7, 0]).with_precision_and_scale(10, 2).unwrap());
    let s: ArrayRef = Arc::new(StringArray::from(vec!["b", "a", "zz", "c"]));
    let batch = RecordBatch::try_from_iter([("n", n), ("d", d), ("s", s)]).unwrap();
    let metadata = vec![("made".to_owned(), "here".to_owned())];
    let options = WriterOptions { stripe_rows_max: 2, compression: Compression::None, metadata, ..small() };
    let mut file = bytes::Bytes::from(write(&[batch], options));
    let footer = read_metadata(&mut file).unwrap();
    assert_eq!(footer.number_of_rows(), 4);
    assert_eq!(footer.stripe_metadatas().len(), 2);
    assert_eq!(footer.user_custom_metadata()["made"], b"here");
    let raw = raw_footer(&file);
    assert_eq!(raw.calendar(), proto::CalendarKind::ProlepticGregorian);
    let int = raw.statistics[1].int_statistics.clone().unwrap();
    assert_eq!((int.minimum, int.maximum, int.sum), (Some(-3), Some(9), Some(11)));
    assert_eq!((raw.statistics[1].number_of_values, raw.statistics[1].has_null), (Some(3), Some(true)));
    let decimal = raw.statistics[2].decimal_statistics.clone().unwrap();
    assert_eq!((decimal.minimum(), decimal.maximum(), decimal.sum()), ("-0.25", "1.50", "1.32"));
    let text = raw.statistics[3].string_statistics.clone().unwrap();
    assert_eq!((text.minimum(), text.maximum(), text.sum()), ("a", "zz", 5));
    assert_eq!(raw.statistics[3].has_null, Some(false));
}

/// The footer of an uncompressed file.
fn raw_footer(file: &[u8]) -> proto::Footer {
    use prost::Message;
    let postscript_end = file.len() - 1;
    let postscript_start = postscript_end - usize::from(file[postscript_end]);
    let postscript = proto::PostScript::decode(&file[postscript_start..postscript_end]).unwrap();
    proto::Footer::decode(&file[postscript_start - postscript.footer_length() as usize..postscript_start]).unwrap()
}
