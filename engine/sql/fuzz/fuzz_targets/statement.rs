//! Any text: it is split, each part is parsed, and what parses is printed and parsed again to the same tree.
//! Corpus to begin with: the statements of `tests/slt` and `src/tests/corpus`.

#![no_main]

use blueshift_sql::{ParserOptions, ScriptPart, parse_statement, split};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for part in split(text) {
        let Ok(parsed) = parse_statement(&part, ParserOptions::default()) else { continue };
        let printed = parsed.statement.to_string();
        let again = parse_statement(&ScriptPart::whole(&printed), ParserOptions::default());
        assert!(again.is_ok_and(|again| again.statement == parsed.statement), "{printed}");
    }
});
