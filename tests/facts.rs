//! Documented behaviour of Redshift as cases (`facts/open.jsonl`; `README.md` describes the format),
//! and what blueshift makes of each.
//!
//! A case counts as passed only when its statement was understood: where "some error" is documented,
//! a syntax error or a missing feature is reported apart, as [`Verdict::Refused`].

use std::{collections::HashMap, path::Path};

use regex::Regex;
use serde::Deserialize;

use crate::runner::{Answered, World};

/// A documented behaviour.
#[derive(Debug, Clone, Deserialize)]
pub struct Fact {
    /// Its name.
    pub id: String,
    /// The part of SQL it belongs to.
    pub area: String,
    /// The page of the documentation.
    pub page: String,
    /// Objects to write first: S3 URI and text.
    #[serde(default)]
    files: Option<HashMap<String, String>>,
    /// The same in hexadecimal digits.
    #[serde(default)]
    files_hex: Option<HashMap<String, String>>,
    setup: Vec<String>,
    /// The statement under test.
    pub sql: String,
    columns: Option<Vec<String>>,
    rows: Option<Vec<Vec<Option<String>>>>,
    #[serde(default)]
    ordered: bool,
    error: Option<String>,
    types: Option<Vec<String>>,
    #[serde(default)]
    cmp: Option<String>,
}

/// What blueshift made of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As documented.
    Passed,
    /// An answer that is not the documented one, or an answer where an error is documented.
    Wrong(String),
    /// An error where an answer is documented, or another error than the documented one.
    Error(String),
    /// Some error is documented, and blueshift raised one, but only because it does not know the statement.
    Refused(String),
    /// The documentation contradicts itself.
    NotCounted,
}

impl Verdict {
    /// The word for it in lists.
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Wrong(_) => "wrong",
            Verdict::Error(_) => "error",
            Verdict::Refused(_) => "refused",
            Verdict::NotCounted => "not counted",
        }
    }
}

/// Reads a file of cases.
///
/// Errors: a line that is no case.
pub fn load(path: &Path) -> Result<Vec<Fact>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| format!("{}:{}: {error}", path.display(), index + 1))
        })
        .collect()
}

/// Runs a case in a warehouse of its own.
pub async fn run(fact: &Fact) -> Verdict {
    if fact.cmp.as_deref() == Some("page_conflict") {
        return Verdict::NotCounted;
    }
    match try_run(fact).await {
        Ok(verdict) => verdict,
        Err(message) => Verdict::Error(message),
    }
}

async fn try_run(fact: &Fact) -> Result<Verdict, String> {
    let mut world = World::new()?;
    for (uri, text) in fact.files.iter().flatten() {
        world.write_object(key_of(uri)?, text.as_bytes())?;
    }
    for (uri, digits) in fact.files_hex.iter().flatten() {
        world.write_object(key_of(uri)?, &from_hex(digits).ok_or_else(|| format!("{uri}: no hexadecimal digits"))?)?;
    }
    for statement in &fact.setup {
        if let Err(error) = world.answer(statement).await {
            return Err(format!("in setup \"{statement}\": {}", error.text()));
        }
    }
    match (world.answer(&fact.sql).await, &fact.error) {
        (Err(error), None) => Err(error.text()),
        (Err(error), Some(pattern)) => {
            let regex = Regex::new(&format!("(?is){pattern}")).map_err(|error| error.to_string())?;
            if pattern == "." && matches!(error.state(), "42601" | "0A000") {
                return Ok(Verdict::Refused(error.text()));
            }
            let text = error.text();
            Ok(if regex.is_match(&text) {
                Verdict::Passed
            } else {
                Verdict::Error(format!("{text}\n  wanted: {pattern}"))
            })
        }
        (Ok(result), Some(pattern)) => {
            Ok(Verdict::Wrong(format!("success {:?}\n  wanted the error: {pattern}", result.rows)))
        }
        (Ok(result), None) => Ok(compare(fact, &result)),
    }
}

fn compare(fact: &Fact, answer: &Answered) -> Verdict {
    if let Some(columns) = &fact.columns
        && *columns != answer.names
    {
        return Verdict::Wrong(format!("columns {:?}\n  wanted {columns:?}", answer.names));
    }
    if let Some(types) = &fact.types
        && !(types.len() == answer.types.len() && types.iter().zip(&answer.types).all(|(a, b)| same_type(a, b)))
    {
        return Verdict::Wrong(format!("types {:?}\n  wanted {types:?}", answer.types));
    }
    let Some(rows) = &fact.rows else { return Verdict::Passed };
    let (mut wanted, mut got) = (rows.clone(), answer.rows.clone());
    if !fact.ordered {
        wanted.sort();
        got.sort();
    }
    let equal = wanted.len() == got.len()
        && wanted.iter().zip(&got).all(|(a, b)| {
            a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| same_value(fact.cmp.as_deref(), a.as_deref(), b.as_deref()))
        });
    if equal { Verdict::Passed } else { Verdict::Wrong(format!("{got:?}\n  wanted {wanted:?}")) }
}

/// A documented type without its length stands for every length.
fn same_type(wanted: &str, got: &str) -> bool {
    wanted == got || (!wanted.contains('(') && got.split('(').next() == Some(wanted))
}

fn same_value(cmp: Option<&str>, wanted: Option<&str>, got: Option<&str>) -> bool {
    let (Some(wanted), Some(got)) = (wanted, got) else { return wanted == got };
    match cmp {
        Some("numeric") => match (wanted.parse::<f64>(), got.parse::<f64>()) {
            (Ok(a), Ok(b)) => a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
            _ => wanted == got,
        },
        Some("whitespace") => wanted.split_whitespace().eq(got.split_whitespace()),
        Some("json" | "json_loose") => {
            let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
            wanted == got || (parse(wanted).is_some() && parse(wanted) == parse(got))
        }
        _ => wanted == got,
    }
}

fn key_of(uri: &str) -> Result<&str, String> {
    uri.strip_prefix("s3://").ok_or_else(|| format!("{uri} is no S3 URI"))
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digits: Vec<char> = digits.chars().filter(|c| !c.is_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).ok()).collect()
}
