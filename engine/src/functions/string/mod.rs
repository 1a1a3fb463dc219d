//! String functions (page String_functions_header). They take anything that converts to text.

/// ASCII and CHR
pub mod ascii;
/// LOWER, UPPER and INITCAP
pub mod case;
/// BPCHARCMP and BTTEXT_PATTERN_CMP
pub mod compare;
/// COLLATE
pub mod collate;
/// CONCAT
pub mod concat;
/// LEFT and RIGHT
pub mod left;
/// LEN and OCTET_LENGTH
pub mod length;
/// LPAD and RPAD
pub mod pad;
/// STRPOS, CHARINDEX and OCTETINDEX
pub mod position;
/// QUOTE_IDENT and QUOTE_LITERAL
pub mod quote;
/// Regular expressions in Redshift's dialects.
pub mod regexp;
/// REGEXP_COUNT
pub mod regexp_count;
/// REGEXP_INSTR
pub mod regexp_instr;
/// REGEXP_REPLACE
pub mod regexp_replace;
/// REGEXP_SUBSTR
pub mod regexp_substr;
/// REPEAT
pub mod repeat;
/// REPLACE
pub mod replace;
/// REVERSE
pub mod reverse;
/// SIMILAR TO
pub mod similar_to;
/// SOUNDEX and DIFFERENCE
pub mod soundex;
/// SPLIT_PART
pub mod split_part;
/// STRTOL
pub mod strtol;
/// SUBSTRING
pub mod substring;
/// TRANSLATE
pub mod translate;
/// LTRIM, RTRIM and BTRIM
pub mod trim;

use super::definition::ScalarFunction;

/// The family's scalar functions.
pub const SCALAR: &[&ScalarFunction] = &[
    &ascii::ASCII,
    &ascii::CHR,
    &case::INITCAP,
    &case::LOWER,
    &case::UPPER,
    &collate::COLLATE,
    &compare::BPCHARCMP,
    &compare::BTTEXT_PATTERN_CMP,
    &concat::CONCAT,
    &left::LEFT,
    &left::RIGHT,
    &length::LEN,
    &length::OCTET_LENGTH,
    &pad::LPAD,
    &pad::RPAD,
    &position::CHARINDEX,
    &position::OCTETINDEX,
    &position::STRPOS,
    &quote::QUOTE_IDENT,
    &quote::QUOTE_LITERAL,
    &regexp_count::REGEXP_COUNT,
    &regexp_instr::REGEXP_INSTR,
    &regexp_replace::REGEXP_REPLACE,
    &regexp_substr::REGEXP_SUBSTR,
    &repeat::REPEAT,
    &replace::REPLACE,
    &reverse::REVERSE,
    &similar_to::SIMILAR_TO,
    &soundex::DIFFERENCE,
    &soundex::SOUNDEX,
    &split_part::SPLIT_PART,
    &strtol::STRTOL,
    &substring::SUBSTRING,
    &translate::TRANSLATE,
    &trim::BTRIM,
    &trim::LTRIM,
    &trim::RTRIM,
];
