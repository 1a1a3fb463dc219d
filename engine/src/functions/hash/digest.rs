//! MD5, SHA1 (SHA, FUNC_SHA1) and SHA2 (pages r_MD5, SHA1, SHA2): digests as hexadecimal digits.

use std::fmt::Write;

use arrow::{array::ArrayRef, datatypes::DataType};
use sha2::Digest;

use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction, Types},
    },
};

/// MD5
pub static MD5: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "md5",
        aliases: &[],
        category: "hash",
        description: "The MD5 digest of a string, as 32 hexadecimal digits.",
        arguments: &[("string", "a string or VARBYTE")],
        example: "select md5('Amazon Redshift'); -- f7415e33f972c03abd4f3fed36748f7a",
    },
    arity: (1, 1),
    returns,
    invoke: |call| digest(call, |bytes, out| hex(out, &md5::Md5::digest(bytes))),
};

/// SHA1
pub static SHA1: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "sha1",
        aliases: &["sha", "func_sha1"],
        category: "hash",
        description: "The SHA-1 digest of a string, as 40 hexadecimal digits.",
        arguments: &[("string", "a string or VARBYTE")],
        example: "select sha1('Amazon Redshift');",
    },
    arity: (1, 1),
    returns,
    invoke: |call| digest(call, |bytes, out| hex(out, &sha1::Sha1::digest(bytes))),
};

/// SHA2
pub static SHA2: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "sha2",
        aliases: &[],
        category: "hash",
        description: "The SHA-2 digest of a string in hexadecimal digits; an empty string for a wrong number of bits.",
        arguments: &[("string", "a string or VARBYTE"), ("bits", "0 (as 256), 224, 256, 384 or 512")],
        example: "select sha2('Amazon Redshift', 256);",
    },
    arity: (2, 2),
    returns: |types| {
        types.require(1, Kind::is_number)?;
        returns(types)
    },
    invoke: |call| {
        let bits = call.int(1)?;
        let values = call.binary(0)?;
        call.write_text(|row, out| {
            let (Some(bytes), Some(bits)) = (values.get(row), bits.get(row)) else { return Ok(false) };
            match bits {
                0 | 256 => hex(out, &sha2::Sha256::digest(bytes)),
                224 => hex(out, &sha2::Sha224::digest(bytes)),
                384 => hex(out, &sha2::Sha384::digest(bytes)),
                512 => hex(out, &sha2::Sha512::digest(bytes)),
                _ => {}
            }
            Ok(true)
        })
    },
};

fn returns(types: &Types) -> Result<DataType> {
    types.require(0, |kind| matches!(kind, Kind::Text | Kind::Binary))?;
    Ok(DataType::Utf8View)
}

fn digest(call: &Call, compute: fn(&[u8], &mut String)) -> Result<ArrayRef> {
    let values = call.binary(0)?;
    call.write_text(|row, out| {
        let Some(bytes) = values.get(row) else { return Ok(false) };
        compute(bytes, out);
        Ok(true)
    })
}

/// Appends bytes as hexadecimal digits.
pub fn hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // writing to a String cannot fail
        let _ = write!(out, "{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{binary, check, int, null, text};

    #[test]
    fn known_digests() {
        check(
            &MD5,
            vec![
                (vec![text("Amazon Redshift")], text("f7415e33f972c03abd4f3fed36748f7a")),
                (vec![binary(b"Amazon Redshift")], text("f7415e33f972c03abd4f3fed36748f7a")),
                (vec![text("")], text("d41d8cd98f00b204e9800998ecf8427e")),
                (vec![null()], null()),
            ],
        );
        check(&SHA1, vec![(vec![text("abc")], text("a9993e364706816aba3e25717850c26c9cd0d89d"))]);
        let sha256 = text("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        check(
            &SHA2,
            vec![
                (vec![text("abc"), int(256)], sha256.clone()),
                (vec![text("abc"), int(0)], sha256),
                (vec![text("abc"), int(224)], text("23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7")),
                (vec![text("abc"), int(1)], text("")),
                (vec![null(), int(256)], null()),
            ],
        );
    }
}
