//! FORMAT_TYPE, FORMAT_ENCODING, PG_ENCODING_TO_CHAR, PG_CLIENT_ENCODING.

use arrow::datatypes::DataType;

use crate::{
    catalog::system_view::{item::column::encoding_name, pg_type},
    functions::definition::{Documentation, ScalarFunction},
};

/// FORMAT_TYPE
pub static FORMAT_TYPE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "format_type",
        aliases: &[],
        category: "catalog",
        description: "A type as Redshift writes it, from its number in pg_type and its modifier.",
        arguments: &[("type", "the number"), ("modifier", "atttypmod, or NULL")],
        example: "select format_type(1043, 24); -- character varying(20)",
    },
    arity: (1, 2),
    returns: |_| Ok(DataType::Utf8View),
    invoke: |call| {
        let number = call.int(0)?;
        let modifier = if call.count() > 1 { Some(call.int(1)?) } else { None };
        call.write_text(|row, out| {
            let Some(number) = number.get(row) else { return Ok(false) };
            out.push_str(&pg_type::format(number, modifier.as_ref().and_then(|modifier| modifier.get(row))));
            Ok(true)
        })
    },
};

/// FORMAT_ENCODING
pub static FORMAT_ENCODING: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "format_encoding",
        aliases: &[],
        category: "catalog",
        description: "A compression encoding's name, from pg_attribute.attencodingtype.",
        arguments: &[("code", "attencodingtype")],
        example: "select format_encoding(0); -- none",
    },
    arity: (1, 1),
    returns: |_| Ok(DataType::Utf8View),
    invoke: |call| {
        let code = call.int(0)?;
        call.build_text(|row| Ok(code.get(row).map(encoding_name)))
    },
};

/// PG_ENCODING_TO_CHAR
pub static PG_ENCODING_TO_CHAR: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "pg_encoding_to_char",
        aliases: &[],
        category: "catalog",
        description: "A character encoding's name, from pg_database.encoding.",
        arguments: &[("code", "the number")],
        example: "select pg_encoding_to_char(6); -- UTF8",
    },
    arity: (1, 1),
    returns: |_| Ok(DataType::Utf8View),
    invoke: |call| {
        let code = call.int(0)?;
        call.build_text(|row| {
            Ok(code.get(row).map(|code| match code {
                0 => "SQL_ASCII",
                6 => "UTF8",
                _ => "",
            }))
        })
    },
};

/// PG_CLIENT_ENCODING
pub static PG_CLIENT_ENCODING: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "pg_client_encoding",
        aliases: &["getdatabaseencoding"],
        category: "catalog",
        description: "The character encoding, which is always UTF8.",
        arguments: &[],
        example: "select pg_client_encoding(); -- UTF8",
    },
    arity: (0, 0),
    returns: |_| Ok(DataType::Utf8View),
    invoke: |call| call.build_text(|_| Ok(Some("UTF8"))),
};

/// PG_CHAR_TO_ENCODING
pub static PG_CHAR_TO_ENCODING: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "pg_char_to_encoding",
        aliases: &[],
        category: "catalog",
        description: "A character encoding's number, from its name; -1 for one that is not known.",
        arguments: &[("name", "the name")],
        example: "select pg_char_to_encoding('UTF8'); -- 6",
    },
    arity: (1, 1),
    returns: |_| Ok(DataType::Int32),
    invoke: |call| {
        let names = call.text(0)?;
        call.build::<arrow::datatypes::Int32Type>(|row| {
            Ok(names.get(row).map(|name| match name.to_ascii_uppercase().as_str() {
                "UTF8" | "UTF-8" | "UNICODE" => 6,
                "SQL_ASCII" => 0,
                _ => -1,
            }))
        })
    },
};

/// PG_TABLESPACE_LOCATION
pub static PG_TABLESPACE_LOCATION: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "pg_tablespace_location",
        aliases: &[],
        category: "catalog",
        description: "Where a tablespace lies: nowhere in particular.",
        arguments: &[("tablespace", "its number")],
        example: "",
    },
    arity: (1, 1),
    returns: |_| Ok(DataType::Utf8View),
    invoke: |call| {
        let numbers = call.int(0)?;
        call.build_text(|row| Ok(numbers.get(row).map(|_| "")))
    },
};

/// TEXTIN, REGPROCEDUREOUT, NAMEOUT: in PostgreSQL they lead from a type to its text; here names are texts already.
pub static TEXT_FORM: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "textin",
        aliases: &["regprocedureout", "regclassout", "regtypeout", "regprocout", "nameout", "textout"],
        category: "catalog",
        description: "The text of a name, as PostgreSQL's functions of input and output give it.",
        arguments: &[("text", "the name")],
        example: "select textin('f(integer)'); -- f(integer)",
    },
    arity: (1, 1),
    returns: |_| Ok(DataType::Utf8View),
    invoke: |call| {
        let text = call.text(0)?;
        call.write_text(|row, out| {
            let Some(text) = text.get(row) else { return Ok(false) };
            out.push_str(text);
            Ok(true)
        })
    },
};
