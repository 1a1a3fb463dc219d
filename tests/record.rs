//! The records of an .slt file: SQLite's sqllogictest format, with three additions (see README.md).
//!
//! A file is a list of records separated by empty lines; lines that start with `#` are comments.

use std::path::Path;

/// One record of a file, and the line (from 1) on which it starts.
#[derive(Debug)]
pub struct Record {
    /// Line of the record's first line.
    pub line: usize,
    /// What is to be done.
    pub action: Action,
}

/// What a record asks for.
#[derive(Debug)]
pub enum Action {
    /// `connection NAME`: the following records run in that session.
    Connection(String),
    /// `fresh`: the following records see a new warehouse, without sessions and objects.
    Fresh,
    /// `file s3://bucket/key`: writes an object.
    File { key: String, text: String },
    /// Runs SQL and looks at the outcome.
    Run { sql: String, expected: Expected },
}

/// The outcome that a record expects.
#[derive(Debug)]
pub enum Expected {
    /// `statement ok`
    Ok,
    /// `statement count N`: the number at the end of the last command tag.
    Count(u64),
    /// `statement error REGEX`: the regex is found in `SQLSTATE: message`, detail and hint in further lines.
    Error(String),
    /// `query [rowsort]`: these rows.
    Rows { rows: Vec<String>, sorted: bool },
    /// `describe`, `describe names`, `describe types`: a line for each result column.
    Columns { columns: Vec<String>, aspect: Aspect },
}

impl Expected {
    /// An error that only says that the statement is unknown; no evidence of support.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Expected::Error(pattern) if pattern.contains("42601") || pattern.contains("0A000"))
    }
}

/// What of a result column is compared.
#[derive(Debug, Clone, Copy)]
pub enum Aspect {
    /// `name type`
    NameAndType,
    /// The name alone.
    Name,
    /// The type alone.
    Type,
}

/// Reads a file.
///
/// Errors: what cannot be understood, with its line.
pub fn parse(path: &Path, text: &str) -> Result<Vec<Record>, String> {
    let mut lines = text.lines().enumerate().peekable();
    let mut records = vec![];
    while let Some((index, line)) = lines.next() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let at = |message: String| format!("{}:{}: {message}", path.display(), index + 1);
        let mut block = vec![];
        while let Some((_, line)) = lines.next_if(|(_, line)| !line.trim().is_empty()) {
            block.push(line);
        }
        let action = action(line.trim_end(), &block).map_err(at)?;
        records.push(Record { line: index + 1, action });
    }
    Ok(records)
}

fn action(head: &str, block: &[&str]) -> Result<Action, String> {
    let (word, rest) = head.split_once(' ').unwrap_or((head, ""));
    let rest = rest.trim();
    match word {
        "connection" if block.is_empty() => return Ok(Action::Connection(rest.to_owned())),
        "fresh" if block.is_empty() => return Ok(Action::Fresh),
        "file" => {
            let key = rest.strip_prefix("s3://").ok_or("file wants s3://bucket/key")?;
            return Ok(Action::File { key: key.to_owned(), text: format!("{}\n", block.join("\n")) });
        }
        _ => {}
    }
    let separator = block.iter().position(|line| *line == "----");
    let (sql, rows) = match separator {
        Some(at) => (&block[..at], Some(&block[at + 1..])),
        None => (block, None),
    };
    if sql.is_empty() {
        return Err(format!("\"{head}\" has no SQL"));
    }
    let lines = || rows.map(|rows| rows.iter().map(|row| (*row).to_owned()).collect());
    let columns = |aspect| -> Result<Expected, String> {
        Ok(Expected::Columns { columns: lines().ok_or("describe wants ---- and the columns")?, aspect })
    };
    let expected = match (word, rest.split_once(' ').unwrap_or((rest, ""))) {
        ("statement", ("ok", "")) if rows.is_none() => Expected::Ok,
        ("statement", ("count", count)) if rows.is_none() => {
            Expected::Count(count.trim().parse().map_err(|_| "statement count wants a number")?)
        }
        ("statement" | "query", ("error", pattern)) if rows.is_none() && !pattern.trim().is_empty() => {
            Expected::Error(pattern.trim().to_owned())
        }
        ("query", ("" | "rowsort", "")) => {
            let mut rows: Vec<String> = lines().ok_or("a query wants ---- and its rows")?;
            let sorted = rest == "rowsort";
            if sorted {
                rows.sort();
            }
            Expected::Rows { rows, sorted }
        }
        ("describe", ("", "")) => columns(Aspect::NameAndType)?,
        ("describe", ("names", "")) => columns(Aspect::Name)?,
        ("describe", ("types", "")) => columns(Aspect::Type)?,
        _ => return Err(format!("cannot read \"{head}\"")),
    };
    Ok(Action::Run { sql: sql.join("\n"), expected })
}
