//! STRING, CHAR, VARCHAR and BINARY: bytes and lengths, or a dictionary and numbers into it.
//!
//! Strings begin a stripe with a dictionary and fall back to plain bytes when too many values
//! turn out distinct. A dictionary keeps the order in which values appear, as ORC's own
//! hash-based writer does: sorting would cost more than readers gain.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Field};
use orc_rust::proto::{column_encoding, stream};

use super::dictionary::Dictionary;
use super::{EncodedValues, Invalid, RawStream, StreamIndex, ValueEncoder, direct_encoding};
use crate::WriterOptions;
use crate::encoding::rle_v2::{RleV2Encoder, Sign};
use crate::schema::TextLimit;
use crate::statistics::{Kind, Statistics, widen};

/// Values after which a dictionary must have proved itself.
const DICTIONARY_TRIAL_VALUES: usize = 10_000;

struct TextEncoder {
    mode: Mode,
    /// Distinct values per value that a dictionary may have; 0: never a dictionary.
    ratio_max: f64,
    /// The most characters that the column's type allows.
    chars_max: Option<u32>,
}

enum Mode {
    Direct(Direct),
    Dictionary { entries: Dictionary, numbers: Vec<u32>, marks: Vec<usize> },
}

struct Direct {
    data: Vec<u8>,
    marks: Vec<usize>,
    lengths: RleV2Encoder,
    length_marks: Vec<usize>,
}

/// The encoder for strings; None when the field asks for an ORC type that is none.
pub(super) fn text_encoder(field: &Field, options: &WriterOptions) -> Option<(Box<dyn ValueEncoder>, Kind)> {
    let chars_max = TextLimit::of(field).ok()?.map(|limit| limit.chars_max);
    let mode = Mode::start(options.dictionary_ratio_max);
    let encoder = TextEncoder { mode, ratio_max: options.dictionary_ratio_max, chars_max };
    Some((Box::new(encoder), Kind::Text { range: None, bytes: 0 }))
}

/// The encoder for binary values.
pub(super) fn binary_encoder() -> (Box<dyn ValueEncoder>, Kind) {
    let encoder = TextEncoder { mode: Mode::start(0.0), ratio_max: 0.0, chars_max: None };
    (Box::new(encoder), Kind::Binary { bytes: 0 })
}

impl Mode {
    fn start(ratio_max: f64) -> Self {
        if ratio_max > 0.0 {
            Mode::Dictionary { entries: Dictionary::default(), numbers: Vec::new(), marks: Vec::new() }
        } else {
            Mode::Direct(Direct::new())
        }
    }
}

impl Direct {
    fn new() -> Self {
        let lengths = RleV2Encoder::new(Sign::Unsigned, i64::MAX);
        Direct { data: Vec::new(), marks: Vec::new(), lengths, length_marks: Vec::new() }
    }

    #[inline]
    fn push(&mut self, value: &[u8]) {
        self.data.extend_from_slice(value);
        self.lengths.push(value.len() as i64);
    }

    fn begin_group(&mut self) {
        self.lengths.flush();
        self.marks.push(self.data.len());
        self.length_marks.push(self.lengths.len());
    }

    fn finish(mut self) -> EncodedValues {
        let lengths = self.lengths.finish();
        EncodedValues {
            encoding: direct_encoding(column_encoding::Kind::DirectV2),
            streams: vec![
                RawStream::new(stream::Kind::Data, self.data, StreamIndex::Bytes(self.marks)),
                RawStream::new(stream::Kind::Length, lengths, StreamIndex::Runs(self.length_marks)),
            ],
        }
    }
}

impl TextEncoder {
    #[inline]
    fn push(&mut self, value: &[u8]) {
        match &mut self.mode {
            Mode::Direct(direct) => direct.push(value),
            Mode::Dictionary { entries, numbers, .. } => numbers.push(entries.number(value)),
        }
    }

    /// Whether the dictionary has too many entries for its values.
    fn dictionary_is_bad(&self) -> bool {
        match &self.mode {
            Mode::Direct(_) => false,
            Mode::Dictionary { entries, numbers, .. } => {
                entries.len() as f64 > self.ratio_max * numbers.len() as f64 || numbers.is_empty()
            }
        }
    }

    /// Writes out what the dictionary holds as plain values and goes on without it.
    fn leave_dictionary(&mut self) {
        if let Mode::Dictionary { entries, numbers, marks } =
            std::mem::replace(&mut self.mode, Mode::Direct(Direct::new()))
            && let Mode::Direct(direct) = &mut self.mode
        {
            let mut marks = marks.into_iter().peekable();
            for (at, number) in numbers.iter().enumerate() {
                while marks.next_if_eq(&at).is_some() {
                    direct.begin_group();
                }
                direct.push(entries.entry(*number));
            }
            marks.for_each(|_| direct.begin_group());
        }
    }

    /// Calls [`push`](Self::push) for every value and notes its statistics.
    fn write_values<'a>(
        &mut self,
        values: impl Iterator<Item = (usize, &'a [u8])>,
        kind: &mut Kind,
    ) -> Result<(), Invalid> {
        for (index, value) in values {
            if let Some(chars_max) = self.chars_max
                && value.len() > chars_max as usize
                && String::from_utf8_lossy(value).chars().count() > chars_max as usize
            {
                return Err(Invalid { index, reason: format!("text is longer than {chars_max} characters") });
            }
            match kind {
                Kind::Text { range, bytes } => {
                    *bytes += value.len() as u64;
                    widen(range, value, value);
                }
                Kind::Binary { bytes } => *bytes += value.len() as u64,
                _ => {}
            }
            self.push(value);
        }
        Ok(())
    }
}

/// Index and bytes of each value that is not NULL; `get` reads one.
fn valid_values<'a>(
    array: &'a dyn Array,
    get: impl Fn(usize) -> &'a [u8] + 'a,
) -> impl Iterator<Item = (usize, &'a [u8])> {
    (0..array.len()).filter(|index| array.is_valid(*index)).map(move |index| (index, get(index)))
}

impl ValueEncoder for TextEncoder {
    fn write(&mut self, array: &dyn Array, statistics: &mut Statistics) -> Result<(), Invalid> {
        let kind = &mut statistics.kind;
        match array.data_type() {
            DataType::Utf8 => {
                let strings = array.as_string::<i32>();
                self.write_values(valid_values(array, |i| strings.value(i).as_bytes()), kind)
            }
            DataType::LargeUtf8 => {
                let strings = array.as_string::<i64>();
                self.write_values(valid_values(array, |i| strings.value(i).as_bytes()), kind)
            }
            DataType::Utf8View => {
                let strings = array.as_string_view();
                self.write_values(valid_values(array, |i| strings.value(i).as_bytes()), kind)
            }
            DataType::Binary => {
                let binary = array.as_binary::<i32>();
                self.write_values(valid_values(array, |i| binary.value(i)), kind)
            }
            DataType::LargeBinary => {
                let binary = array.as_binary::<i64>();
                self.write_values(valid_values(array, |i| binary.value(i)), kind)
            }
            DataType::BinaryView => {
                let binary = array.as_binary_view();
                self.write_values(valid_values(array, |i| binary.value(i)), kind)
            }
            _ => {
                let binary = array.as_fixed_size_binary();
                self.write_values(valid_values(array, |i| binary.value(i)), kind)
            }
        }?;
        if let Mode::Dictionary { numbers, .. } = &self.mode
            && numbers.len() >= DICTIONARY_TRIAL_VALUES
            && self.dictionary_is_bad()
        {
            self.leave_dictionary();
        }
        Ok(())
    }

    fn begin_group(&mut self) {
        match &mut self.mode {
            Mode::Direct(direct) => direct.begin_group(),
            Mode::Dictionary { numbers, marks, .. } => marks.push(numbers.len()),
        }
    }

    fn encoded_bytes(&self) -> usize {
        match &self.mode {
            Mode::Direct(direct) => direct.data.len() + direct.lengths.len(),
            Mode::Dictionary { entries, numbers, .. } => entries.byte_count() + numbers.len(),
        }
    }

    fn finish(&mut self) -> EncodedValues {
        if self.dictionary_is_bad() {
            self.leave_dictionary();
        }
        match std::mem::replace(&mut self.mode, Mode::start(self.ratio_max)) {
            Mode::Direct(direct) => direct.finish(),
            Mode::Dictionary { entries, numbers, marks } => finish_dictionary(entries, &numbers, marks),
        }
    }
}

fn finish_dictionary(entries: Dictionary, numbers: &[u32], marks: Vec<usize>) -> EncodedValues {
    let mut runs = RleV2Encoder::new(Sign::Unsigned, i64::MAX);
    let mut positions = Vec::with_capacity(marks.len());
    let mut marks = marks.into_iter().peekable();
    for (at, number) in numbers.iter().enumerate() {
        while marks.next_if_eq(&at).is_some() {
            runs.flush();
            positions.push(runs.len());
        }
        runs.push((*number).into());
    }
    runs.flush();
    positions.extend(marks.map(|_| runs.len()));
    let size = entries.len() as u32;
    let (lengths, bytes) = entries.into_parts();
    let mut length_runs = RleV2Encoder::new(Sign::Unsigned, i64::MAX);
    length_runs.push_slice(&lengths);
    let mut encoding = direct_encoding(column_encoding::Kind::DictionaryV2);
    encoding.dictionary_size = Some(size);
    EncodedValues {
        encoding,
        streams: vec![
            RawStream::new(stream::Kind::Data, runs.finish(), StreamIndex::Runs(positions)),
            RawStream::new(stream::Kind::DictionaryData, bytes, StreamIndex::None),
            RawStream::new(stream::Kind::Length, length_runs.finish(), StreamIndex::None),
        ],
    }
}
