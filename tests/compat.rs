//! `engine/COMPAT.md`: what of Redshift is supported, as a table made from the cases of this test binary.
//!
//! The names come from `compat/*.txt`. A name is looked for in the statements of all cases (records of .slt
//! files and documented cases), and its existence is tried out:
//!
//! - supported: it exists, and every case that uses it passes;
//! - partial: it exists, and some cases that use it fail;
//! - untested: it exists, and no case uses it;
//! - not: blueshift says that it does not know it (0A000, 42601, 42703, 42883, 42P01, 42704).

use std::{collections::BTreeSet, fmt::Write, fs, path::Path};

use crate::{facts::Verdict, runner::World};

/// A statement that ran, and whether it came out as expected.
#[derive(Debug, Clone)]
pub struct Case {
    /// The statement.
    pub sql: String,
    /// As expected, and for more than a mere refusal.
    pub passed: bool,
}

impl Case {
    /// The case of a documented behaviour; None when it does not count.
    pub fn of_fact(sql: &str, verdict: &Verdict) -> Option<Self> {
        (*verdict != Verdict::NotCounted).then(|| Case { sql: sql.to_owned(), passed: *verdict == Verdict::Passed })
    }
}

/// States by which blueshift says that it does not know something.
const UNKNOWN_STATES: [&str; 6] = ["0A000", "42601", "42703", "42883", "42P01", "42704"];
/// What commands are tried out on.
const SETUP: [&str; 14] = [
    "create table t (a int, b varchar(20))",
    "create table u (a int, b varchar(20))",
    "insert into u values (1, 'x')",
    "create view v as select a from t",
    "create schema s",
    "create materialized view m as select a from t",
    "create external schema e from data catalog database 'd' iam_role default create external database if not exists",
    "create external table e.t1 (a int) stored as parquet location 's3://b/t1/'",
    "prepare p as select 1",
    "create procedure p() language plpgsql as $$ begin null; end; $$",
    "create function f(int) returns int stable as $$ select $1 $$ language sql",
    "create user usr password disable",
    "create group g",
    "create role r",
];

/// Compares the page at `path` with what the cases say; whether it is up to date. `bless` writes it.
///
/// Errors: lists that cannot be read, a page that cannot be written.
pub async fn check(lists: &Path, page: &Path, cases: &[Case], bless: bool) -> Result<bool, String> {
    let text = page_text(lists, cases).await?;
    if bless {
        fs::write(page, text).map_err(|error| format!("{}: {error}", page.display()))?;
        return Ok(true);
    }
    let current = fs::read_to_string(page).unwrap_or_default();
    if current != text {
        println!("\nengine/COMPAT.md is stale: BLUESHIFT_BLESS=1 cargo test --workspace --test slt writes it anew");
        let old: BTreeSet<&str> = current.lines().collect();
        text.lines().filter(|line| !old.contains(line)).take(20).for_each(|line| println!("  {line}"));
    }
    Ok(current == text)
}

/// One kind of name: its list, how it is found in a statement and how it is tried out.
struct Kind {
    title: &'static str,
    file: &'static str,
    used_in: fn(&str, &Statement) -> bool,
    probes: fn(&str) -> Vec<String>,
}

const KINDS: [Kind; 4] = [
    Kind {
        title: "Commands",
        file: "commands.txt",
        used_in: |name, statement| statement.command.as_deref() == Some(name),
        probes: |_| vec![],
    },
    Kind {
        title: "Functions",
        file: "functions.txt",
        used_in: |name, statement| statement.calls.contains(name),
        probes: function_probes,
    },
    Kind {
        title: "Types",
        file: "types.txt",
        used_in: |name, statement| statement.words.contains(&format!(" {name} ")),
        probes: |name| vec![format!("create table probe (c {name}); drop table probe")],
    },
    Kind {
        title: "System tables and views",
        file: "views.txt",
        used_in: |name, statement| statement.words.contains(&format!(" {name} ")),
        probes: |name| vec![format!("select * from {name} limit 0")],
    },
];

/// Calls with up to four NULLs, the name as a word, as a window function, with text: one of them tells whether the function exists.
fn function_probes(name: &str) -> Vec<String> {
    let calls = (0..5).map(|count| format!("select {name}({})", vec!["null"; count].join(", ")));
    let others = [
        format!("select {name}"),
        format!("select {name}(day from date '2020-01-01')"),
        format!("select {name}('1' as int)"),
        format!("select {name}(integer, '1')"),
        format!("select {name}() over (order by oid) from pg_class"),
        format!("select {name}(oid) over (order by oid) from pg_class"),
        format!("select {name}(oid, 1) over (order by oid) from pg_class"),
        format!("select {name}(1) over (order by oid) from pg_class"),
        format!("select {name}(oid) over (order by oid rows unbounded preceding) from pg_class"),
        format!("select {name}(oid, 1) over (order by oid rows unbounded preceding) from pg_class"),
        format!("select {name}('1', '9')"),
    ];
    calls.chain(others).collect()
}

/// What a statement uses, found once for all names.
struct Statement {
    passed: bool,
    command: Option<String>,
    /// Words in lower case, one blank between and around them.
    words: String,
    /// Words before an opening parenthesis, and words that are calls without one.
    calls: BTreeSet<String>,
}

const CALLS_WITHOUT_PARENTHESES: [&str; 9] = [
    "sysdate",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "current_user_id",
    "localtime",
    "localtimestamp",
    "user",
];

impl Statement {
    fn new(case: &Case, commands: &[String]) -> Self {
        let mut words = String::from(" ");
        let mut calls = BTreeSet::new();
        let text = without_literals(&case.sql).to_lowercase();
        let mut rest = text.as_str();
        while let Some(start) = rest.find(|c: char| c.is_alphabetic() || c == '_') {
            rest = &rest[start..];
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
            let word = rest[..end].trim_start_matches("pg_catalog.");
            rest = &rest[end..];
            words.push_str(word);
            words.push(' ');
            if rest.trim_start().starts_with('(') || CALLS_WITHOUT_PARENTHESES.contains(&word) {
                calls.insert(word.to_owned());
            }
        }
        let command = commands.iter().filter(|command| is_command(&words, command)).max_by_key(|command| command.len());
        Statement { passed: case.passed, command: command.cloned(), words, calls }
    }
}

/// Whether a statement is of that command: its first words, with some freedom about what stands between.
fn is_command(words: &str, command: &str) -> bool {
    let starts = |prefix: &str| words.starts_with(&format!(" {prefix} "));
    match command {
        "SELECT INTO" => starts("select") && words.contains(" into "),
        "SELECT" => starts("select") || (starts("with") && !starts("with recursive")),
        "CREATE TABLE" => starts("create table") || starts("create temp table") || starts("create temporary table"),
        "CREATE TABLE AS" => {
            is_command(words, "CREATE TABLE") && (words.contains(" as select ") || words.contains(" as with "))
        }
        "CREATE TABLE LIKE" => is_command(words, "CREATE TABLE") && words.contains(" like "),
        "CREATE VIEW" => starts("create view") || starts("create or replace view"),
        "CREATE PROCEDURE" => starts("create procedure") || starts("create or replace procedure"),
        "CREATE FUNCTION" => starts("create function") || starts("create or replace function"),
        "CREATE EXTERNAL TABLE AS" => starts("create external table") && words.contains(" as select "),
        "ALTER TABLE APPEND" => starts("alter table") && words.contains(" append from "),
        _ => starts(&command.to_lowercase()),
    }
}

/// The text without the contents of strings, quoted names and comments.
fn without_literals(sql: &str) -> String {
    let mut out = String::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let skipped = match first {
            '\'' => rest[1..].find('\'').map(|end| end + 2),
            _ if rest.starts_with("--") => Some(rest.find('\n').unwrap_or(rest.len())),
            _ if rest.starts_with("/*") => rest.find("*/").map(|end| end + 2),
            _ => None,
        };
        match skipped {
            Some(length) => {
                out.push(' ');
                rest = &rest[length..];
            }
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}

async fn page_text(lists: &Path, cases: &[Case]) -> Result<String, String> {
    let commands = names(&lists.join("commands.txt"))?;
    let commands: Vec<String> = commands.into_iter().filter(|(kind, _, _)| !kind).map(|(_, name, _)| name).collect();
    let statements: Vec<Statement> = cases.iter().map(|case| Statement::new(case, &commands)).collect();
    let mut world = World::new()?;
    let mut sections = String::new();
    let mut summary = String::from("| | supported | partial | untested | not |\n|---|---|---|---|---|\n");
    for kind in &KINDS {
        let mut counts = [0_usize; 4];
        let _ = write!(sections, "\n## {}\n\n| | status | cases | failing |\n|---|---|---|---|\n", kind.title);
        for (heading, name, sample) in names(&lists.join(kind.file))? {
            if heading {
                let _ = writeln!(sections, "| **{name}** | | | |");
                continue;
            }
            let using: Vec<&Statement> =
                statements.iter().filter(|statement| (kind.used_in)(&name, statement)).collect();
            let failing = using.iter().filter(|statement| !statement.passed).count();
            let known = match sample.is_empty() {
                true => exists(&mut world, &(kind.probes)(&name)).await,
                false => command_exists(&sample).await?,
            };
            let status = if !known {
                3
            } else if using.is_empty() {
                2
            } else {
                usize::from(failing > 0)
            };
            counts[status] += 1;
            let word = ["supported", "partial", "untested", "not"][status];
            let _ = writeln!(sections, "| `{name}` | {word} | {} | {} |", using.len(), failing);
        }
        let [supported, partial, untested, not] = counts;
        let _ = writeln!(summary, "| {} | {supported} | {partial} | {untested} | {not} |", kind.title);
    }
    Ok(format!(
        "# What of Redshift is supported\n\nGenerated by `BLUESHIFT_BLESS=1 cargo test --workspace --test slt` from {} \
         cases: SQL logic tests and\ndocumented behaviours. *Supported* exists and every case that uses it passes; \
         *partial* has cases that fail;\n*untested* exists without a case; *not* raises an error that says so. A case that \
         expects an error passes only\nwhen the statement was understood.\n\n{summary}{sections}",
        cases.len()
    ))
}

/// Whether the command is known: tried out on objects of every kind.
async fn command_exists(sample: &str) -> Result<bool, String> {
    let mut world = World::new()?;
    for statement in SETUP {
        // What cannot be set up is missing for the sample, which then fails.
        let _ = world.answer(statement).await;
    }
    Ok(exists(&mut world, &[sample.to_owned()]).await)
}

/// Whether one of the statements gets past "unknown".
async fn exists(world: &mut World, probes: &[String]) -> bool {
    for probe in probes {
        match world.answer(probe).await {
            Err(error) if UNKNOWN_STATES.contains(&error.state()) => {}
            Ok(_) | Err(_) => return true,
        }
    }
    false
}

/// The lines of a list: whether it is a heading, the name, and a statement that shows it if there is one.
fn names(path: &Path) -> Result<Vec<(bool, String, String)>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines
        .map(|line| match (line.strip_prefix("# "), line.split_once(" | ")) {
            (Some(heading), _) => (true, heading.to_owned(), String::new()),
            (None, Some((name, sample))) => (false, name.to_owned(), sample.to_owned()),
            (None, None) => (false, line.to_owned(), String::new()),
        })
        .collect())
}
