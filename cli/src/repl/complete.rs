//! Completion with Tab: keywords, schemas, relations, columns, and the REPL's own commands.

use std::{cell::RefCell, rc::Rc};

use rustyline::{
    Context, Helper,
    completion::{Completer, FilenameCompleter, Pair},
    highlight::Highlighter,
    hint::Hinter,
    validate::Validator,
};

use super::meta::COMMANDS;

/// Words of SQL that are worth completing; everything else is a name.
const KEYWORDS: &[&str] = &[
    "abort",
    "all",
    "alter",
    "analyze",
    "and",
    "any",
    "as",
    "asc",
    "avg",
    "begin",
    "between",
    "by",
    "call",
    "cascade",
    "case",
    "cast",
    "coalesce",
    "column",
    "comment",
    "commit",
    "convert",
    "copy",
    "count",
    "create",
    "cross",
    "current_date",
    "current_user",
    "data catalog",
    "database",
    "date_trunc",
    "dateadd",
    "datediff",
    "decode",
    "default",
    "delete",
    "desc",
    "describe",
    "distinct",
    "distkey",
    "diststyle",
    "drop",
    "else",
    "end",
    "except",
    "exists",
    "explain",
    "external",
    "extract",
    "false",
    "from",
    "full",
    "function",
    "getdate",
    "grant",
    "group by",
    "having",
    "if",
    "ilike",
    "in",
    "inner",
    "insert into",
    "intersect",
    "interval",
    "into",
    "is",
    "join",
    "lag",
    "lead",
    "left",
    "like",
    "limit",
    "listagg",
    "materialized",
    "max",
    "median",
    "merge into",
    "min",
    "minus",
    "natural",
    "not",
    "null",
    "nullif",
    "nvl",
    "offset",
    "on",
    "or",
    "order by",
    "outer",
    "over",
    "partition by",
    "pivot",
    "primary key",
    "qualify",
    "rank",
    "references",
    "rename to",
    "reset",
    "revoke",
    "right",
    "rollback",
    "row_number",
    "schema",
    "search_path",
    "select",
    "set",
    "show",
    "similar to",
    "sortkey",
    "start transaction",
    "substring",
    "sum",
    "sysdate",
    "table",
    "temporary",
    "then",
    "top",
    "trim",
    "true",
    "truncate",
    "union",
    "unique",
    "unload",
    "update",
    "upper",
    "using",
    "vacuum",
    "values",
    "view",
    "when",
    "where",
    "with",
];

/// The names that the warehouse knows.
#[derive(Debug, Default)]
pub struct Names {
    /// Schemas.
    pub schemas: Vec<String>,
    /// Relations with their schemas.
    pub relations: Vec<(String, String)>,
    /// Columns.
    pub columns: Vec<String>,
}

/// rustyline's helper.
pub struct SqlHelper {
    /// Filled by the REPL between statements.
    pub names: Rc<RefCell<Names>>,
    files: FilenameCompleter,
}

impl SqlHelper {
    /// A helper that completes these names.
    pub fn new(names: Rc<RefCell<Names>>) -> Self {
        SqlHelper { names, files: FilenameCompleter::new() }
    }
}

impl Completer for SqlHelper {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, context: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        if line.starts_with("\\i ") {
            return self.files.complete(line, pos, context);
        }
        let (start, words) = candidates(&line[..pos], &self.names.borrow());
        // After a schema comes a dot and its relation, after everything else a blank.
        let pair = |word: String| {
            let after = if word.ends_with('.') { "" } else { " " };
            Pair { replacement: format!("{word}{after}"), display: word }
        };
        Ok((start, words.into_iter().map(pair).collect()))
    }
}

impl Hinter for SqlHelper {
    type Hint = String;
}

impl Highlighter for SqlHelper {}
impl Validator for SqlHelper {}
impl Helper for SqlHelper {}

/// Where the word at the end of `line` starts, and what it may become.
fn candidates(line: &str, names: &Names) -> (usize, Vec<String>) {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '"' | '\\' | '?');
    let start =
        line.rfind(|letter| !is_part(letter)).map_or(0, |at| at + line[at..].chars().next().map_or(1, char::len_utf8));
    let word = &line[start..];
    if word.starts_with('\\') {
        let commands = COMMANDS.iter().map(|(command, ..)| (*command).to_owned());
        return (start, commands.filter(|command| command.starts_with(word)).collect());
    }
    if word.is_empty() {
        return (start, vec![]);
    }
    let folded = word.to_lowercase();
    let mut found: Vec<String> = match folded.split_once('.') {
        Some((schema, prefix)) => {
            let inside = names.relations.iter().filter(|(s, name)| s == schema && name.starts_with(prefix));
            let relations: Vec<String> = inside.map(|(schema, name)| format!("{schema}.{name}")).collect();
            if !relations.is_empty() {
                relations
            } else {
                // `t.col`: an alias before a column.
                let columns = names.columns.iter().filter(|column| column.starts_with(prefix));
                columns.map(|column| format!("{}.{column}", &word[..schema.len()])).collect()
            }
        }
        None => {
            let schemas = names.schemas.iter().map(|schema| format!("{schema}."));
            let relations = names.relations.iter().map(|(_, name)| name.clone());
            let others = names.columns.iter().cloned();
            schemas.chain(relations).chain(others).filter(|name| name.starts_with(&folded)).collect()
        }
    };
    found.sort_unstable();
    found.dedup();
    // Names first; a keyword follows the case in which its beginning was typed.
    let upper = word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase);
    let keywords = KEYWORDS.iter().filter(|keyword| keyword.starts_with(&folded));
    found.extend(keywords.map(|keyword| if upper { keyword.to_uppercase() } else { (*keyword).to_owned() }));
    (start, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_completed() {
        let pair = |schema: &str, name: &str| (schema.to_owned(), name.to_owned());
        let names = Names {
            schemas: vec!["gold".to_owned(), "silver".to_owned()],
            relations: vec![pair("gold", "dim_genre"), pair("gold", "dim_track"), pair("silver", "genre")],
            columns: vec!["genre_id".to_owned(), "name".to_owned()],
        };
        let complete = |line: &str| candidates(line, &names);
        assert_eq!(complete("select * from go"), (14, vec!["gold.".to_owned()]));
        assert_eq!(complete("select * from gold.dim_g"), (14, vec!["gold.dim_genre".to_owned()]));
        assert_eq!(complete("select g.gen"), (7, vec!["g.genre_id".to_owned()]));
        assert_eq!(complete("sel").1, ["select"]);
        assert_eq!(complete("SEL").1, ["SELECT"]);
        assert_eq!(complete("select gen").1, ["genre", "genre_id"]);
        assert_eq!(complete("\\ti").1, ["\\timing"]);
        assert!(complete("select ").1.is_empty());
    }
}
