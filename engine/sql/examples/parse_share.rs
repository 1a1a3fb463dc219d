//! Which share of a corpus parses: `cargo run -p blueshift-sql --example parse_share FILE…`.
//!
//! A file is JSON lines with `setup` (a list of statements) and `sql`, or plain text with one statement a line.
//! Prints the statements that fail, or that change when printed and parsed again, and the shares.

#![allow(clippy::print_stdout)]

use std::error::Error;

use blueshift_sql::{ParserOptions, ScriptPart, parse_statement, split};

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args().skip(1) {
        let statements = read(&path)?;
        let mut failed = 0;
        for statement in &statements {
            for part in split(statement) {
                if let Err(error) = check(&part) {
                    failed += 1;
                    println!("{error}\n    {}", statement.replace('\n', " "));
                    break;
                }
            }
        }
        let parsed = statements.len() - failed;
        let share = 100.0 * parsed as f64 / statements.len().max(1) as f64;
        println!("{path}: {parsed} of {} statements parse ({share:.2}%)", statements.len());
    }
    Ok(())
}

/// Parses, prints, and parses again.
fn check(part: &ScriptPart<'_>) -> Result<(), String> {
    let parse = |part: &ScriptPart<'_>| parse_statement(part, ParserOptions::default());
    let first = parse(part).map_err(|error| error.to_string())?.statement;
    let printed = first.to_string();
    match parse(&ScriptPart::whole(&printed)) {
        Ok(again) if again.statement == first => Ok(()),
        Ok(_) => Err(format!("printed differently: {printed}")),
        Err(error) => Err(format!("{error} when printed: {printed}")),
    }
}

fn read(path: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    if !text.trim_start().starts_with('{') {
        return Ok(text.lines().map(str::to_string).collect());
    }
    let mut statements = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let case: serde_json::Value = serde_json::from_str(line)?;
        let setup = case["setup"].as_array().into_iter().flatten();
        statements.extend(setup.chain([&case["sql"]]).filter_map(|sql| sql.as_str().map(str::to_string)));
    }
    Ok(statements)
}
