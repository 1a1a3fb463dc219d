//! Which encodings go with which types ("Compression encodings" of the guide).

use blueshift_sql::ast::Encoding;

use crate::{
    error::{Error, Result, SqlState},
    types::RedshiftType,
};

/// Every encoding that stores something.
pub const ENCODINGS: [Encoding; 13] = [
    Encoding::Raw,
    Encoding::Az64,
    Encoding::Bytedict,
    Encoding::Delta,
    Encoding::Delta32k,
    Encoding::Lzo,
    Encoding::Mostly8,
    Encoding::Mostly16,
    Encoding::Mostly32,
    Encoding::Runlength,
    Encoding::Text255,
    Encoding::Text32k,
    Encoding::Zstd,
];

/// Errors: 42P16 for an encoding that columns of the type cannot have.
pub fn check(column: &str, data_type: RedshiftType, encoding: Encoding) -> Result<()> {
    if fits(encoding, data_type) {
        return Ok(());
    }
    let message = format!("invalid encoding type specified for column \"{column}\"");
    let name = encoding.name().to_uppercase();
    Err(Error::new(SqlState::INVALID_DEFINITION, message)
        .with_detail(format!("Columns of type {data_type} cannot have the encoding {name}.")))
}

/// Whether columns of the type may have the encoding.
pub fn fits(encoding: Encoding, data_type: RedshiftType) -> bool {
    use RedshiftType::{
        BigInt, Boolean, Char, Double, HllSketch, Integer, Numeric, Real, SmallInt, Super, Varbyte, Varchar,
    };
    let text = matches!(data_type, Char(_) | Varchar(_));
    let float = matches!(data_type, Real | Double);
    let opaque = matches!(data_type, Super | HllSketch | Varbyte(_));
    match encoding {
        Encoding::Auto | Encoding::Raw | Encoding::Zstd => true,
        Encoding::Az64 | Encoding::Delta | Encoding::Delta32k => !text && !float && !opaque && data_type != Boolean,
        Encoding::Bytedict => !opaque && data_type != Boolean,
        Encoding::Runlength => !opaque,
        Encoding::Lzo => !float && data_type != Boolean,
        Encoding::Mostly8 => matches!(data_type, SmallInt | Integer | BigInt | Numeric(..)),
        Encoding::Mostly16 => matches!(data_type, Integer | BigInt | Numeric(..)),
        Encoding::Mostly32 => matches!(data_type, BigInt | Numeric(..)),
        Encoding::Text255 | Encoding::Text32k => matches!(data_type, Varchar(_)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_go_with_types() {
        let fits = |data_type, encoding| check("c", data_type, encoding).is_ok();
        assert!(fits(RedshiftType::Integer, Encoding::Az64));
        assert!(!fits(RedshiftType::Varchar(Some(5)), Encoding::Az64));
        assert!(fits(RedshiftType::Varchar(Some(5)), Encoding::Text255));
        assert!(!fits(RedshiftType::Char(5), Encoding::Text255));
        assert!(!fits(RedshiftType::Integer, Encoding::Mostly32));
        assert!(fits(RedshiftType::Super, Encoding::Lzo));
        assert!(!fits(RedshiftType::Double, Encoding::Lzo));
    }
}
