//! Redshift's column encodings as those of Parquet ("Compression encodings").
//!
//! | ENCODE | in the file |
//! |---|---|
//! | none, AUTO, ZSTD | a dictionary while it pays, Zstandard |
//! | RAW | plain, not compressed |
//! | AZ64, DELTA, DELTA32K, MOSTLY8/16/32 | differences, packed to as many bits as they need; Zstandard |
//! | BYTEDICT, TEXT255, TEXT32K, RUNLENGTH | a dictionary whose indexes are run-length encoded, not compressed |
//! | LZO | plain, Snappy |
//!
//! Differences need integers: on columns that Parquet stores otherwise (wide NUMERIC) those encodings are as none.

use arrow::datatypes::{DataType, TimeUnit};
use parquet::{
    basic::{Compression, Encoding},
    file::properties::WriterPropertiesBuilder,
    schema::types::ColumnPath,
};

use super::metadata::Column;

/// The widest NUMERIC that Parquet stores as an integer.
const INTEGER_DIGITS_MAX: u8 = 18;

/// Sets how a column is stored.
pub(super) fn apply(builder: WriterPropertiesBuilder, column: &Column) -> WriterPropertiesBuilder {
    let path = || ColumnPath::new(vec![column.name.clone()]);
    let plain = |builder: WriterPropertiesBuilder, compression| {
        builder
            .set_column_dictionary_enabled(path(), false)
            .set_column_encoding(path(), Encoding::PLAIN)
            .set_column_compression(path(), compression)
    };
    match column.encoding.as_deref() {
        Some("raw") => plain(builder, Compression::UNCOMPRESSED),
        Some("lzo") => plain(builder, Compression::SNAPPY),
        Some("bytedict" | "text255" | "text32k" | "runlength") => {
            builder.set_column_compression(path(), Compression::UNCOMPRESSED)
        }
        Some("az64" | "delta" | "delta32k" | "mostly8" | "mostly16" | "mostly32") if is_integer(&column.data_type) => {
            builder
                .set_column_dictionary_enabled(path(), false)
                .set_column_encoding(path(), Encoding::DELTA_BINARY_PACKED)
        }
        _ => builder,
    }
}

/// Whether Parquet stores values of the type as INT32 or INT64.
fn is_integer(data_type: &DataType) -> bool {
    match data_type {
        DataType::Int16 | DataType::Int32 | DataType::Int64 | DataType::Date32 => true,
        DataType::Timestamp(TimeUnit::Microsecond, _) | DataType::Time64(TimeUnit::Microsecond) => true,
        DataType::Decimal128(precision, _) => *precision <= INTEGER_DIGITS_MAX,
        _ => false,
    }
}
