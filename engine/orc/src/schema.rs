//! Arrow schema to ORC types.

use arrow::datatypes::{DataType, Field, Schema};
use orc_rust::proto::{Type, r#type::Kind};

use crate::{OrcError, Result};

/// Arrow field metadata that asks for a narrower ORC string type: `char(n)` or `varchar(n)`,
/// n counted in characters. Longer values are then an error.
pub const ORC_TYPE_KEY: &str = "orc.type";

/// A string type with a limit.
pub(crate) struct TextLimit {
    kind: Kind,
    pub(crate) chars_max: u32,
}

impl TextLimit {
    /// What the field's metadata asks for; an error if it is no string type with a limit.
    pub(crate) fn of(field: &Field) -> Result<Option<Self>> {
        let Some(text) = field.metadata().get(ORC_TYPE_KEY) else { return Ok(None) };
        let parse = || {
            let (name, rest) = text.split_once('(')?;
            let chars_max = rest.strip_suffix(')')?.trim().parse().ok().filter(|n| *n > 0)?;
            let kind = match name.trim() {
                "char" => Kind::Char,
                "varchar" => Kind::Varchar,
                _ => return None,
            };
            Some(TextLimit { kind, chars_max })
        };
        parse().map(Some).ok_or_else(|| {
            OrcError::InvalidOption(format!(
                "column \"{}\": {ORC_TYPE_KEY} \"{text}\" is no char(n) or varchar(n)",
                field.name()
            ))
        })
    }
}

/// The file's types: the root struct and, from 1, its columns.
pub(crate) fn types(schema: &Schema) -> Result<Vec<Type>> {
    let count = schema.fields().len() as u32;
    let root = Type {
        kind: Some(Kind::Struct.into()),
        subtypes: (1..=count).collect(),
        field_names: schema.fields().iter().map(|field| field.name().clone()).collect(),
        ..Default::default()
    };
    let columns = schema.fields().iter().map(|field| column_type(field));
    std::iter::once(Ok(root)).chain(columns).collect()
}

fn column_type(field: &Field) -> Result<Type> {
    let data_type = match field.data_type() {
        DataType::Dictionary(_, values) => values.as_ref(),
        other => other,
    };
    let mut out = Type::default();
    let kind = match data_type {
        DataType::Boolean => Kind::Boolean,
        DataType::Int8 => Kind::Byte,
        DataType::Int16 => Kind::Short,
        DataType::Int32 => Kind::Int,
        DataType::Int64 => Kind::Long,
        DataType::Float32 => Kind::Float,
        DataType::Float64 => Kind::Double,
        DataType::Date32 => Kind::Date,
        DataType::Timestamp(_, None) => Kind::Timestamp,
        DataType::Timestamp(_, Some(_)) => Kind::TimestampInstant,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => match TextLimit::of(field)? {
            Some(limit) => {
                out.maximum_length = Some(limit.chars_max);
                limit.kind
            }
            None => Kind::String,
        },
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => Kind::Binary,
        DataType::Decimal128(precision, scale) if *scale >= 0 => {
            out.precision = Some((*precision).into());
            out.scale = Some(*scale as u32);
            Kind::Decimal
        }
        other => {
            return Err(OrcError::UnsupportedType { column: field.name().clone(), data_type: other.clone() });
        }
    };
    out.kind = Some(kind.into());
    Ok(out)
}
