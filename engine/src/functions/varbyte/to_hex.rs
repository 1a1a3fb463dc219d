//! TO_HEX (page r_TO_HEX).

use std::fmt::Write;

use arrow::datatypes::DataType;

use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
    hash::digest::hex,
    number,
};

/// TO_HEX
pub static TO_HEX: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "to_hex",
        aliases: &[],
        category: "varbyte",
        description: "A number or VARBYTE as hexadecimal digits; a negative number in two's complement.",
        arguments: &[("value", "an integer or VARBYTE")],
        example: "select to_hex(2147676847); -- 8002f2af",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, |kind| matches!(kind, Kind::Integer | Kind::Binary))?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| {
        if call.kind(0) == Kind::Binary {
            let values = call.binary(0)?;
            return call.write_text(|row, out| {
                let Some(bytes) = values.get(row) else { return Ok(false) };
                hex(out, bytes);
                Ok(true)
            });
        }
        let wide = number::decimal_precision(call.array(0)?.0.data_type()) > 10;
        let values = call.int(0)?;
        call.write_text(|row, out| {
            let Some(value) = values.get(row) else { return Ok(false) };
            Ok(if wide { write!(out, "{value:x}") } else { write!(out, "{:x}", value as i32) }.is_ok())
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{binary, check, int, int4, null, text};

    #[test]
    fn results() {
        check(
            &TO_HEX,
            vec![
                (vec![int(2_147_676_847)], text("8002f2af")),
                (vec![int4(-1)], text("ffffffff")),
                (vec![int(0)], text("0")),
                (vec![binary(b"abc")], text("616263")),
                (vec![null()], null()),
            ],
        );
    }
}
