//! The REPL's own commands: what begins with a backslash.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, StringArray},
    datatypes::{DataType, Field, Schema},
    record_batch::RecordBatch,
};
use blueshift_engine::{
    error::{Error, Result, SqlState},
    session::ResultColumn,
};

use super::catalog::{self, Query, Relation};
use crate::output::ResultSet;

/// Commands, their arguments and what they do, in the order of `\?`.
pub const COMMANDS: &[(&str, &str, &str)] = &[
    ("\\?", "", "show this help"),
    ("\\d", "[NAME]", "list tables and views, or describe NAME (schema.name; * and ? match anything)"),
    ("\\dt", "[PATTERN]", "list tables"),
    ("\\dv", "[PATTERN]", "list views"),
    ("\\dn", "", "list schemas"),
    ("\\x", "[on|off]", "show records one value a line"),
    ("\\timing", "[on|off]", "show how long statements take"),
    ("\\i", "FILE", "run the statements of a file"),
    ("\\p", "", "show the statement typed so far"),
    ("\\r", "", "forget the statement typed so far"),
    ("\\q", "", "quit (or Ctrl-D)"),
];

/// A command that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meta {
    /// `\?`
    Help,
    /// `\d`, `\dt`, `\dv` with a pattern: kinds of relations to list.
    List(Kinds, Option<String>),
    /// `\d NAME`
    Describe(String),
    /// `\dn`
    Schemas,
    /// `\x`: on, off, or the other way round.
    Expanded(Option<bool>),
    /// `\timing`
    Timing(Option<bool>),
    /// `\i FILE`
    Include(String),
    /// `\p`
    Print,
    /// `\r`
    Reset,
    /// `\q`
    Quit,
}

/// Which relations to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinds {
    /// Everything.
    All,
    /// Tables, also external ones.
    Tables,
    /// Views, also materialized ones.
    Views,
}

/// Reads a command.
pub fn parse(line: &str) -> Result<Meta> {
    let line = line.trim().trim_end_matches(';').trim_end();
    let (command, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = Some(argument.trim().to_owned()).filter(|argument| !argument.is_empty());
    match (command, argument) {
        ("\\?" | "\\h" | "\\help", _) => Ok(Meta::Help),
        ("\\d" | "\\d+", Some(name)) => Ok(Meta::Describe(name)),
        ("\\d" | "\\d+", None) => Ok(Meta::List(Kinds::All, None)),
        ("\\dt" | "\\dt+", pattern) => Ok(Meta::List(Kinds::Tables, pattern)),
        ("\\dv" | "\\dv+", pattern) => Ok(Meta::List(Kinds::Views, pattern)),
        ("\\dn" | "\\dn+", _) => Ok(Meta::Schemas),
        ("\\x", argument) => Ok(Meta::Expanded(switch(argument.as_deref())?)),
        ("\\timing", argument) => Ok(Meta::Timing(switch(argument.as_deref())?)),
        ("\\i" | "\\include", Some(file)) => Ok(Meta::Include(file.trim_matches('\'').to_owned())),
        ("\\i" | "\\include", None) => Err(usage("\\i needs the name of a file")),
        ("\\p", _) => Ok(Meta::Print),
        ("\\r", _) => Ok(Meta::Reset),
        ("\\q" | "\\quit", _) => Ok(Meta::Quit),
        (other, _) => Err(usage(format!("unknown command {other}"))),
    }
}

fn switch(argument: Option<&str>) -> Result<Option<bool>> {
    match argument {
        None => Ok(None),
        Some("on") => Ok(Some(true)),
        Some("off") => Ok(Some(false)),
        Some(other) => Err(usage(format!("on or off, not \"{other}\""))),
    }
}

fn usage(message: impl Into<String>) -> Error {
    Error::new(SqlState::SYNTAX_ERROR, message).with_hint("\\? shows the commands.")
}

/// The text of `\?`.
pub fn help() -> String {
    let mut text =
        String::from("A statement ends with a semicolon and may span lines. Tab completes, Ctrl-C cancels.\n\n");
    for (command, argument, what) in COMMANDS {
        text.push_str(&format!("  {:<20} {what}\n", format!("{command} {argument}")));
    }
    text
}

/// What a command shows: a heading, and rows.
pub type Shown = (String, ResultSet);

/// `\dn`
pub fn schemas(query: Query<'_>) -> Result<Vec<Shown>> {
    let rows = catalog::schemas(query)?.into_iter().map(|schema| vec![schema.name, schema.kind]).collect();
    Ok(vec![("List of schemas".to_owned(), table(&["Name", "Type"], rows)?)])
}

/// `\d`, `\dt` and `\dv`
pub fn list(query: Query<'_>, kinds: Kinds, pattern: Option<&str>) -> Result<Vec<Shown>> {
    let wanted = |relation: &Relation| {
        let is_view = relation.kind.contains("view");
        let kind = match kinds {
            Kinds::All => true,
            Kinds::Tables => !is_view,
            Kinds::Views => is_view,
        };
        kind && pattern.is_none_or(|pattern| fits(pattern, relation))
    };
    let relations = catalog::relations(query)?.into_iter().filter(wanted);
    let rows: Vec<Vec<String>> =
        relations.map(|relation| vec![relation.schema, relation.name, relation.kind]).collect();
    if let (true, Some(pattern)) = (rows.is_empty(), pattern) {
        return Err(Error::new(SqlState::UNDEFINED_TABLE, format!("no relation fits \"{pattern}\"")));
    }
    Ok(vec![("List of relations".to_owned(), table(&["Schema", "Name", "Type"], rows)?)])
}

/// `\d NAME`: the columns of every relation that fits.
pub fn describe(query: Query<'_>, name: &str) -> Result<Vec<Shown>> {
    let relations: Vec<Relation> =
        catalog::relations(query)?.into_iter().filter(|relation| fits(name, relation)).collect();
    if relations.is_empty() {
        return Err(Error::undefined_table(name).with_hint("\\d without a name lists what there is."));
    }
    let mut shown = Vec::new();
    for relation in &relations {
        let mut rows = Vec::new();
        for column in catalog::columns(query, relation)? {
            let not_null = if column.nullable { "" } else { "not null" };
            rows.push(vec![column.name, column.type_name, not_null.to_owned(), column.default]);
        }
        let kind = &relation.kind;
        let heading = format!("{}{} \"{}.{}\"", kind[..1].to_uppercase(), &kind[1..], relation.schema, relation.name);
        shown.push((heading, table(&["Column", "Type", "Nullable", "Default"], rows)?));
    }
    Ok(shown)
}

/// `\d NAME` of a system view: its columns as a query returns them.
pub fn system_view(name: &str, columns: Vec<ResultColumn>) -> Result<Vec<Shown>> {
    let rows = columns.into_iter().map(|column| vec![column.name, column.type_name]).collect();
    Ok(vec![(format!("System view \"{name}\""), table(&["Column", "Type"], rows)?)])
}

/// Names are folded to lower case unless quoted; without a schema, any schema fits.
fn fits(pattern: &str, relation: &Relation) -> bool {
    let fold = |part: &str| match part.strip_prefix('"').and_then(|part| part.strip_suffix('"')) {
        Some(quoted) => quoted.to_owned(),
        None => part.to_lowercase(),
    };
    match pattern.split_once('.') {
        Some((schema, name)) => {
            catalog::matches(&fold(schema), &relation.schema) && catalog::matches(&fold(name), &relation.name)
        }
        None => catalog::matches(&fold(pattern), &relation.name),
    }
}

fn table(names: &[&str], rows: Vec<Vec<String>>) -> Result<ResultSet> {
    let columns = names
        .iter()
        .map(|name| ResultColumn { name: (*name).to_owned(), type_name: "text".to_owned(), data_type: DataType::Utf8 })
        .collect();
    let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
    let arrays = (0..names.len())
        .map(|column| Arc::new(rows.iter().map(|row| row.get(column)).collect::<StringArray>()) as ArrayRef)
        .collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(Error::internal)?;
    Ok(ResultSet { columns, batches: vec![batch] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read() {
        assert_eq!(parse("\\d gold.dim_genre;").unwrap(), Meta::Describe("gold.dim_genre".to_owned()));
        assert_eq!(parse("\\dt gold.*").unwrap(), Meta::List(Kinds::Tables, Some("gold.*".to_owned())));
        assert_eq!(parse("  \\d ").unwrap(), Meta::List(Kinds::All, None));
        assert_eq!(parse("\\x off").unwrap(), Meta::Expanded(Some(false)));
        assert_eq!(parse("\\timing").unwrap(), Meta::Timing(None));
        assert_eq!(parse("\\i 'a b.sql'").unwrap(), Meta::Include("a b.sql".to_owned()));
        for wrong in ["\\i", "\\nothing", "\\x maybe"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let known = |command: &str| parse(&format!("{command} x")).is_ok() || parse(command).is_ok();
        assert!(COMMANDS.iter().all(|(command, ..)| known(command) && help().contains(command)));
    }

    #[test]
    fn relations_fit_patterns() {
        let relation = Relation { schema: "gold".to_owned(), name: "dim_genre".to_owned(), kind: "table".to_owned() };
        for (pattern, expected) in [
            ("gold.dim_genre", true),
            ("DIM_*", true),
            ("\"DIM_genre\"", false),
            ("silver.*", false),
            ("*.dim_?????", true),
        ] {
            assert_eq!(fits(pattern, &relation), expected, "{pattern}");
        }
    }
}
