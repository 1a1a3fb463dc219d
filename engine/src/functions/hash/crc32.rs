//! CRC32 (page crc32-function), which is CRC-32C (the Castagnoli polynomial).

use std::fmt::Write;

use arrow::datatypes::DataType;

use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// CRC32
pub static CRC32: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "crc32",
        aliases: &[],
        category: "hash",
        description: "The CRC-32C checksum of a string, as hexadecimal digits.",
        arguments: &[("string", "a string")],
        example: "select crc32('Amazon Redshift'); -- f2726906",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, Kind::is_textual)?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| {
        let texts = call.text(0)?;
        call.write_text(|row, out| {
            let Some(text) = texts.get(row) else { return Ok(false) };
            Ok(write!(out, "{:08x}", crc32c(text.as_bytes())).is_ok())
        })
    },
};

/// The checksum of each byte alone, by the reversed polynomial.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ 0x82f6_3b78 } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
};

fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| TABLE[usize::from(sum as u8 ^ byte)] ^ (sum >> 8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, null, text};

    #[test]
    fn results() {
        check(
            &CRC32,
            vec![
                (vec![text("Amazon Redshift")], text("f2726906")),
                (vec![text("")], text("00000000")),
                (vec![null()], null()),
            ],
        );
    }
}
