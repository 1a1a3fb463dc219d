//! The tail of an ORC file, read and checked before anything in it is believed: postscript,
//! footer, statistics of stripes.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use bytes::Bytes;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use orc_rust::compression::{Compression, Decompressor};
use orc_rust::proto::{self, CompressionKind, r#type::Kind};
use orc_rust::reader::metadata::{FileMetadata, read_metadata};
use orc_rust::schema::{ArrowSchemaOptions, TimestampPrecision};
use prost::Message;

use super::chunk::{BLOCK_BYTES_MAX, Chunks, as_original_blocks, block_defect};
use super::statistics::{ColumnRange, Trust, column_range};
use crate::{Error, Result};

/// Read at first from the end of a file; enough for the tails of most.
const FIRST_READ_BYTES: u64 = 64 * 1024;
/// Postscript, footer and statistics of stripes may take this much, before and after
/// decompression.
const TAIL_BYTES_MAX: u64 = 256 << 20;
/// Types of a file, nested ones included.
const TYPES_MAX: usize = 20_000;
/// Types may be nested this deep.
const NESTING_MAX: usize = 64;

/// What is known of an ORC file without reading its rows.
#[derive(Debug)]
pub struct OrcFooter {
    pub(super) metadata: FileMetadata,
    pub(super) compression: CompressionKind,
    pub(super) block_bytes: u64,
    /// Number of types, hence of column encodings in each stripe.
    pub(super) type_count: usize,
    pub(super) file_len: u64,
    /// Type number of each column.
    pub(super) type_numbers: Vec<usize>,
    /// Written by us: times are whole microseconds, statistics exact.
    pub(super) ours: bool,
    /// Dates before the Gregorian calendar's start follow the Julian one.
    pub(super) julian: bool,
    schema: SchemaRef,
    rows: u64,
    stripes: Vec<StripeInfo>,
    columns: Vec<ColumnRange>,
    user_metadata: Vec<(String, String)>,
}

/// A stripe of a file.
#[derive(Debug, Clone)]
pub struct StripeInfo {
    /// Where it begins in the file.
    pub offset: u64,
    /// Its length: index, data and footer.
    pub length: u64,
    /// Its rows.
    pub rows: u64,
    /// What is known of each column's values; empty when the file does not say.
    pub columns: Vec<ColumnRange>,
}

impl OrcFooter {
    /// The columns as Arrow types; times in microseconds.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Rows of the file.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes of the file.
    pub fn file_len(&self) -> u64 {
        self.file_len
    }

    /// The stripes in the order of the file.
    pub fn stripes(&self) -> &[StripeInfo] {
        &self.stripes
    }

    /// What is known of each column's values in the whole file; empty when the file does not say.
    pub fn columns(&self) -> &[ColumnRange] {
        &self.columns
    }

    /// The value that the file's writer attached under `key`.
    pub fn user_metadata(&self, key: &str) -> Option<&str> {
        self.user_metadata.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// Reads the tail of the file and checks it.
pub async fn read_footer(store: &Arc<dyn ObjectStore>, meta: &ObjectMeta) -> Result<Arc<OrcFooter>> {
    let path = &meta.location;
    let damaged = |why: &str| Error::corrupted(path, why);
    let file_len = meta.size;
    if file_len < 16 {
        return Err(damaged("it is too short for an ORC file"));
    }
    let first = FIRST_READ_BYTES.min(file_len);
    let mut tail = fetch(store, meta, file_len - first..file_len).await?;
    let postscript = postscript(&tail).map_err(&damaged)?;
    let needed = (|| {
        let sections = postscript.body.footer_length().checked_add(postscript.body.metadata_length())?;
        sections.checked_add(postscript.length)
    })();
    let needed = needed.filter(|n| *n <= file_len).ok_or_else(|| damaged("its footer is longer than the file"))?;
    if needed > TAIL_BYTES_MAX {
        return Err(damaged("its footer is too large"));
    }
    if needed > tail.len() as u64 {
        tail = fetch(store, meta, file_len - needed..file_len).await?;
    }
    // Decoding happens in foreign code that may panic on damaged input.
    let parsed = catch_unwind(AssertUnwindSafe(|| parse(&tail, &postscript, file_len)));
    match parsed {
        Ok(Ok(footer)) => Ok(Arc::new(footer)),
        Ok(Err(Defect::Damaged(why))) => Err(damaged(&why)),
        Ok(Err(Defect::Unsupported(what))) => Err(Error::not_supported(what).with_detail(path.to_string())),
        Err(_) => Err(damaged("its footer cannot be decoded")),
    }
}

/// Fetches one range; what comes back must be all of it.
pub(super) async fn fetch(
    store: &Arc<dyn ObjectStore>,
    meta: &ObjectMeta,
    range: std::ops::Range<u64>,
) -> Result<Bytes> {
    let wanted = range.end - range.start;
    let bytes = store.get_range(&meta.location, range).await.map_err(|error| store_error(meta, error))?;
    if bytes.len() as u64 != wanted {
        return Err(Error::corrupted(&meta.location, "it is shorter than it was when it was listed"));
    }
    Ok(bytes)
}

/// An object store's error as one of ours.
pub(super) fn store_error(meta: &ObjectMeta, error: object_store::Error) -> Error {
    // Of files that the job wrote: damage, found by a checksum.
    if let object_store::Error::Generic { source, .. } = &error
        && let Some(ours) = source.downcast_ref::<Error>()
    {
        return ours.clone();
    }
    let kind = match &error {
        object_store::Error::NotFound { .. } => std::io::ErrorKind::NotFound,
        object_store::Error::PermissionDenied { .. } => std::io::ErrorKind::PermissionDenied,
        _ => std::io::ErrorKind::Other,
    };
    Error::io(&meta.location, std::io::Error::new(kind, error))
}

/// What is wrong with a tail.
enum Defect {
    Damaged(String),
    Unsupported(String),
}

fn damaged(why: impl Into<String>) -> Defect {
    Defect::Damaged(why.into())
}

struct Postscript {
    body: proto::PostScript,
    /// With the byte that holds its length.
    length: u64,
}

fn postscript(tail: &[u8]) -> Result<Postscript, &'static str> {
    let (last, rest) = tail.split_last().ok_or("it is empty")?;
    let length = usize::from(*last);
    let start = rest.len().checked_sub(length).ok_or("it is too short for its postscript")?;
    let body = proto::PostScript::decode(&rest[start..]).map_err(|_| "it does not end in an ORC postscript")?;
    if body.magic() != "ORC" {
        return Err("it does not end in an ORC postscript");
    }
    Ok(Postscript { body, length: length as u64 + 1 })
}

fn parse(tail: &Bytes, postscript: &Postscript, file_len: u64) -> Result<OrcFooter, Defect> {
    let compression = CompressionKind::try_from(postscript.body.compression.unwrap_or_default())
        .map_err(|_| Defect::Unsupported("this ORC compression codec".into()))?;
    let block_bytes = postscript.body.compression_block_size.unwrap_or(256 * 1024);
    if compression != CompressionKind::None && !(1..=BLOCK_BYTES_MAX).contains(&block_bytes) {
        return Err(damaged("its compression block size is out of range"));
    }
    if postscript.body.metadata_length.is_none() || postscript.body.footer_length.is_none() {
        return Err(Defect::Unsupported("an ORC file of Hive 0.11".into()));
    }
    let footer_end = tail.len() - postscript.length as usize;
    let footer_start = footer_end - postscript.body.footer_length() as usize;
    let metadata_start = footer_start - postscript.body.metadata_length() as usize;
    let codec = codec_of(compression, block_bytes)?;
    let unpack = |section: Bytes| unpack(section, codec, compression, block_bytes);
    let footer = proto::Footer::decode(unpack(tail.slice(footer_start..footer_end))?.as_slice())
        .map_err(|_| damaged("its footer cannot be decoded"))?;
    let stripe_stats = proto::Metadata::decode(unpack(tail.slice(metadata_start..footer_start))?.as_slice())
        .map_err(|_| damaged("its stripe statistics cannot be decoded"))?
        .stripe_stats;
    check_types(&footer.types)?;
    if footer.encryption.is_some() {
        return Err(Defect::Unsupported("an encrypted ORC file".into()));
    }
    check_stripes(&footer, file_len - (tail.len() - metadata_start) as u64)?;
    let offset = file_len - tail.len() as u64;
    let mut chunks = Chunks { file_len, parts: vec![(offset, tail.clone())], stripe_footer: None };
    let metadata = read_metadata(&mut chunks).map_err(|error| damaged(error.to_string()))?;
    assemble(metadata, &footer, &stripe_stats, (compression, block_bytes), file_len, postscript)
}

fn assemble(
    metadata: FileMetadata,
    footer: &proto::Footer,
    stripe_stats: &[proto::StripeStatistics],
    (compression, block_bytes): (CompressionKind, u64),
    file_len: u64,
    postscript: &Postscript,
) -> Result<OrcFooter, Defect> {
    let type_numbers: Vec<usize> = footer.types[0].subtypes.iter().map(|number| *number as usize).collect();
    let schema = arrow_schema(&metadata, footer, &type_numbers);
    let trust = Trust::of(footer, &postscript.body);
    let ranges = |stats: &[proto::ColumnStatistics], rows: u64| -> Vec<ColumnRange> {
        if stats.len() != footer.types.len() {
            return Vec::new();
        }
        let range = |(number, field): (&usize, &Arc<Field>)| {
            column_range(&stats[*number], &footer.types[*number], field.data_type(), rows, trust)
        };
        type_numbers.iter().zip(schema.fields()).map(range).collect()
    };
    let columns = ranges(&footer.statistics, footer.number_of_rows());
    let stripes = footer.stripes.iter().enumerate().map(|(index, stripe)| StripeInfo {
        offset: stripe.offset(),
        length: stripe.index_length() + stripe.data_length() + stripe.footer_length(),
        rows: stripe.number_of_rows(),
        columns: stripe_stats.get(index).map_or_else(Vec::new, |s| ranges(&s.col_stats, stripe.number_of_rows())),
    });
    let user_metadata =
        footer.metadata.iter().map(|item| (item.name().to_owned(), String::from_utf8_lossy(item.value()).into_owned()));
    Ok(OrcFooter {
        compression,
        block_bytes,
        type_count: footer.types.len(),
        file_len,
        ours: trust == Trust::Ours,
        julian: footer.writer() == 0 && footer.calendar() != proto::CalendarKind::ProlepticGregorian,
        rows: footer.number_of_rows(),
        stripes: stripes.collect(),
        columns,
        user_metadata: user_metadata.collect(),
        type_numbers,
        schema,
        metadata,
    })
}

/// orc-rust's codec can only be had from a file, so one without rows is made up for it.
fn codec_of(kind: CompressionKind, block_bytes: u64) -> Result<Option<Compression>, Defect> {
    let root = proto::Type { kind: Some(Kind::Struct.into()), ..Default::default() };
    let footer = proto::Footer { types: vec![root], number_of_rows: Some(0), ..Default::default() }.encode_to_vec();
    let mut file = as_original_blocks(&footer, kind, block_bytes).to_vec();
    let postscript = proto::PostScript {
        footer_length: Some(file.len() as u64),
        compression: Some(kind.into()),
        compression_block_size: Some(block_bytes),
        metadata_length: Some(0),
        ..Default::default()
    }
    .encode_to_vec();
    file.extend_from_slice(&postscript);
    file.push(postscript.len() as u8);
    let metadata = read_metadata(&mut Bytes::from(file)).map_err(|error| damaged(error.to_string()))?;
    Ok(metadata.compression())
}

/// Decompresses a section of the tail or a stripe's footer, up to a limit.
fn unpack(
    section: Bytes,
    codec: Option<Compression>,
    kind: CompressionKind,
    block_bytes: u64,
) -> Result<Vec<u8>, Defect> {
    if let Some(defect) = block_defect(&section, kind, block_bytes) {
        return Err(damaged(defect));
    }
    let mut out = Vec::new();
    Decompressor::new(section, codec, Vec::new())
        .take(TAIL_BYTES_MAX + 1)
        .read_to_end(&mut out)
        .map_err(|error| damaged(error.to_string()))?;
    if out.len() as u64 > TAIL_BYTES_MAX {
        return Err(damaged("its footer is too large"));
    }
    Ok(out)
}

/// Decompresses a stripe's footer. May panic on damaged input.
pub(super) fn unpack_stripe_footer(footer: &OrcFooter, section: Bytes) -> Result<proto::StripeFooter, String> {
    let bytes =
        unpack(section, footer.metadata.compression(), footer.compression, footer.block_bytes).map_err(|defect| {
            match defect {
                Defect::Damaged(why) | Defect::Unsupported(why) => why,
            }
        })?;
    proto::StripeFooter::decode(bytes.as_slice()).map_err(|_| "a stripe's footer cannot be decoded".to_owned())
}

/// Types must form a tree below a struct: each points only forward, and not too deep.
fn check_types(types: &[proto::Type]) -> Result<(), Defect> {
    let root = types.first().ok_or_else(|| damaged("it has no types"))?;
    if root.kind() != Kind::Struct {
        return Err(Defect::Unsupported("an ORC file whose root is not a struct".into()));
    }
    if types.len() > TYPES_MAX {
        return Err(Defect::Unsupported(format!("an ORC file of more than {TYPES_MAX} types")));
    }
    if root.subtypes.len() != root.field_names.len() {
        return Err(damaged("its columns and their names differ in number"));
    }
    let mut depth = vec![0usize; types.len()];
    let mut has_parent = vec![false; types.len()];
    for (number, r#type) in types.iter().enumerate() {
        for child in r#type.subtypes.iter().map(|child| *child as usize) {
            if child <= number || child >= types.len() || std::mem::replace(&mut has_parent[child], true) {
                return Err(damaged("its types do not form a tree"));
            }
            depth[child] = depth[number] + 1;
            if depth[child] > NESTING_MAX {
                return Err(Defect::Unsupported(format!("an ORC file nested deeper than {NESTING_MAX}")));
            }
        }
        let (precision, scale) = (r#type.precision(), r#type.scale());
        if r#type.kind() == Kind::Decimal && !((1..=38).contains(&precision) && scale <= precision) {
            return Err(Defect::Unsupported(format!("type decimal({precision},{scale})")));
        }
    }
    Ok(())
}

/// Stripes must lie before the tail and their rows must add up.
fn check_stripes(footer: &proto::Footer, content_end: u64) -> Result<(), Defect> {
    let mut rows = 0u64;
    for stripe in &footer.stripes {
        let end = (|| {
            let sections = stripe.index_length().checked_add(stripe.data_length())?;
            stripe.offset().checked_add(sections.checked_add(stripe.footer_length())?)
        })();
        if end.is_none_or(|end| end > content_end) {
            return Err(damaged("a stripe lies beyond the end of the data"));
        }
        rows = rows.checked_add(stripe.number_of_rows()).ok_or_else(|| damaged("its rows overflow"))?;
    }
    if rows != footer.number_of_rows() || usize::try_from(rows).is_err() {
        return Err(damaged("the rows of its stripes do not add up"));
    }
    Ok(())
}

/// The columns as Arrow fields; CHAR and VARCHAR keep their ORC type as metadata.
fn arrow_schema(metadata: &FileMetadata, footer: &proto::Footer, type_numbers: &[usize]) -> SchemaRef {
    let options = ArrowSchemaOptions::new().with_timestamp_precision(TimestampPrecision::Microsecond);
    let root = metadata.root_data_type();
    let plain = root.create_arrow_schema_with_options(&Default::default(), options);
    let fields = plain.fields().iter().zip(type_numbers).map(|(field, number)| {
        let r#type = &footer.types[*number];
        let name = match r#type.kind() {
            Kind::Char => "char",
            Kind::Varchar => "varchar",
            _ => return Arc::clone(field),
        };
        let limited = format!("{name}({})", r#type.maximum_length());
        Arc::new(field.as_ref().clone().with_metadata([(blueshift_orc::ORC_TYPE_KEY.to_owned(), limited)].into()))
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The type in which orc-rust shall decode a column of that type: files of others may hold
/// nanoseconds, which only its decimals carry.
pub(super) fn decoded_type(data_type: &DataType, ours: bool) -> DataType {
    match data_type {
        DataType::Timestamp(TimeUnit::Microsecond, _) if !ours => DataType::Decimal128(38, 9),
        other => other.clone(),
    }
}
