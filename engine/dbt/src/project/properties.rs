//! Properties files: what YAML says about models, seeds and sources.

use std::path::PathBuf;

use serde_json::{Map, Value as Json};

use super::node::{ColumnSpec, Constraint};
use crate::{
    Error, Result,
    yaml::{YamlFile, string_list},
};

/// A test as a properties file declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct TestDeclaration {
    /// `unique`, `package.name`, …
    pub name: String,
    /// Arguments and config together, as written.
    pub arguments: Map<String, Json>,
    /// The column, for a test of a column.
    pub column: Option<String>,
    /// The line in the file.
    pub line: Option<usize>,
}

/// What is said about one model, seed or source table.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    /// The name.
    pub name: String,
    /// The description as written (Jinja in it is not rendered yet).
    pub description: String,
    /// The config.
    pub config: Map<String, Json>,
    /// The columns.
    pub columns: Vec<ColumnSpec>,
    /// The constraints.
    pub constraints: Vec<Constraint>,
    /// The tests.
    pub tests: Vec<TestDeclaration>,
    /// The file.
    pub path: PathBuf,
    /// The line in the file.
    pub line: Option<usize>,
}

/// One source with its tables.
#[derive(Debug, Clone)]
pub struct SourcePatch {
    /// The source's name.
    pub name: String,
    /// The database as written.
    pub database: Option<String>,
    /// The schema as written.
    pub schema: Option<String>,
    /// The source's own config (`enabled`, `tags`, …).
    pub config: Map<String, Json>,
    /// Tags of all tables.
    pub tags: Vec<String>,
    /// The tables: identifier as written, tags, the rest.
    pub tables: Vec<(Option<String>, Vec<String>, Patch)>,
}

/// The contents of all properties files.
#[derive(Debug, Default)]
pub struct Properties {
    /// Models.
    pub models: Vec<Patch>,
    /// Seeds.
    pub seeds: Vec<Patch>,
    /// Singular tests described in YAML.
    pub tests: Vec<Patch>,
    /// Sources.
    pub sources: Vec<SourcePatch>,
    /// What is passed over, one line each.
    pub notices: Vec<String>,
}

impl Properties {
    /// Adds one file.
    pub fn add(&mut self, file: &YamlFile) -> Result<()> {
        let Json::Object(sections) = &file.value else { return Ok(()) };
        for (section, entries) in sections {
            match section.as_str() {
                "version" | "anchors" => {}
                "models" => self.models.extend(patches(file, section, entries)?),
                "seeds" => self.seeds.extend(patches(file, section, entries)?),
                "data_tests" | "tests" => self.tests.extend(patches(file, section, entries)?),
                "sources" => {
                    for entry in list(file, section, entries)? {
                        self.sources.push(source(file, entry)?);
                    }
                }
                "snapshots" => {
                    return Err(Error::unsupported("snapshots").at(&file.path, file.line_of(&[section])));
                }
                "macros" | "analyses" => {}
                "exposures" | "metrics" | "semantic_models" | "saved_queries" | "groups" | "unit_tests"
                | "functions" => {
                    self.notices
                        .push(format!("{}: `{section}` are ignored by the native dbt runner", file.path.display()));
                }
                other => return Err(file.error(&[other], format!("unknown section `{other}` in a properties file"))),
            }
        }
        Ok(())
    }
}

fn list<'a>(file: &YamlFile, section: &str, entries: &'a Json) -> Result<&'a [Json]> {
    match entries {
        Json::Array(entries) => Ok(entries),
        Json::Null => Ok(&[]),
        _ => Err(file.error(&[section], format!("`{section}` must be a list"))),
    }
}

fn patches(file: &YamlFile, section: &str, entries: &Json) -> Result<Vec<Patch>> {
    list(file, section, entries)?.iter().map(|entry| patch(file, &[section], entry)).collect()
}

fn name_of<'a>(file: &YamlFile, trail: &[&str], entry: &'a Json) -> Result<&'a str> {
    let name = entry.get("name").and_then(Json::as_str);
    name.ok_or_else(|| file.error(trail, format!("an entry of `{}` has no `name`", trail.last().unwrap_or(&""))))
}

fn text_of(entry: &Json, key: &str) -> Option<String> {
    entry.get(key).and_then(Json::as_str).map(str::to_owned)
}

fn patch(file: &YamlFile, above: &[&str], entry: &Json) -> Result<Patch> {
    let name = name_of(file, above, entry)?;
    let trail: Vec<&str> = above.iter().copied().chain([name]).collect();
    if entry.get("versions").is_some_and(|versions| !versions.is_null()) {
        return Err(Error::unsupported(format!("the versioned model `{name}`")).at(&file.path, file.line_of(&trail)));
    }
    let mut config = match entry.get("config") {
        None | Some(Json::Null) => Map::new(),
        Some(Json::Object(config)) => config.clone(),
        Some(_) => return Err(file.error(&trail, "`config` must be a mapping")),
    };
    for key in ["tags", "meta", "docs"] {
        if let Some(value) = entry.get(key) {
            config.entry(key).or_insert_with(|| value.clone());
        }
    }
    let mut columns = Vec::new();
    let mut tests = declarations(file, &trail, entry, None)?;
    for column in list(file, name, entry.get("columns").unwrap_or(&Json::Null))? {
        let column_name = name_of(file, &trail, column)?;
        let trail: Vec<&str> = trail.iter().copied().chain(["columns", column_name]).collect();
        tests.extend(declarations(file, &trail, column, Some(column_name))?);
        columns.push(column_spec(file, &trail, column_name, column)?);
    }
    Ok(Patch {
        name: name.to_owned(),
        description: text_of(entry, "description").unwrap_or_default(),
        config,
        columns,
        constraints: constraints(file, &trail, entry)?,
        tests,
        path: file.path.clone(),
        line: file.line_of(&trail),
    })
}

fn column_spec(file: &YamlFile, trail: &[&str], name: &str, entry: &Json) -> Result<ColumnSpec> {
    let config = entry.get("config").unwrap_or(&Json::Null);
    let either = |key: &str| entry.get(key).or_else(|| config.get(key));
    Ok(ColumnSpec {
        name: name.to_owned(),
        data_type: text_of(entry, "data_type"),
        description: text_of(entry, "description").unwrap_or_default(),
        quote: entry.get("quote").and_then(Json::as_bool).unwrap_or(false),
        constraints: constraints(file, trail, entry)?,
        meta: either("meta").cloned().unwrap_or(Json::Object(Map::new())),
        tags: string_list(either("tags"))
            .ok_or_else(|| file.error(trail, "`tags` must be a text or a list of texts"))?,
    })
}

fn constraints(file: &YamlFile, trail: &[&str], entry: &Json) -> Result<Vec<Constraint>> {
    let entries = list(file, "constraints", entry.get("constraints").unwrap_or(&Json::Null))?;
    entries
        .iter()
        .map(|entry| {
            let kind = text_of(entry, "type").unwrap_or_default();
            if !["not_null", "unique", "primary_key", "foreign_key", "check", "custom"].contains(&kind.as_str()) {
                return Err(file.error(trail, format!("unknown constraint type '{kind}'")));
            }
            let texts = |key: &str| {
                string_list(entry.get(key))
                    .ok_or_else(|| file.error(trail, format!("`{key}` must be a list of columns")))
            };
            Ok(Constraint {
                kind,
                name: text_of(entry, "name"),
                columns: texts("columns")?,
                expression: text_of(entry, "expression"),
                to: text_of(entry, "to"),
                to_columns: texts("to_columns")?,
            })
        })
        .collect()
}

fn declarations(file: &YamlFile, trail: &[&str], entry: &Json, column: Option<&str>) -> Result<Vec<TestDeclaration>> {
    let (key, tests) = match (entry.get("data_tests"), entry.get("tests")) {
        (Some(_), Some(_)) => return Err(file.error(trail, "has both `tests` and `data_tests`: use one of them")),
        (Some(tests), None) => ("data_tests", tests),
        (None, Some(tests)) => ("tests", tests),
        (None, None) => return Ok(Vec::new()),
    };
    let below: Vec<&str> = trail.iter().copied().chain([key]).collect();
    let tests = list(file, key, tests)?;
    tests.iter().map(|test| declaration(file, &below, test, column)).collect()
}

fn declaration(file: &YamlFile, trail: &[&str], test: &Json, column: Option<&str>) -> Result<TestDeclaration> {
    let (name, arguments) = match test {
        Json::String(name) => (name.clone(), Map::new()),
        Json::Object(entries) => match entries.get("test_name").and_then(Json::as_str) {
            Some(name) => {
                let mut arguments = entries.clone();
                arguments.remove("test_name");
                (name.to_owned(), arguments)
            }
            None if entries.len() == 1 => match entries.iter().next() {
                Some((name, Json::Object(arguments))) => (name.clone(), arguments.clone()),
                Some((name, Json::Null)) => (name.clone(), Map::new()),
                _ => return Err(file.error(trail, "the arguments of a test must be a mapping")),
            },
            None => {
                let keys: Vec<&str> = entries.keys().map(String::as_str).collect();
                let message = format!("a test must be a name or a mapping with one key, not: {}", keys.join(", "));
                return Err(file.error(trail, message));
            }
        },
        other => return Err(file.error(trail, format!("a test must be a name or a mapping, not {other}"))),
    };
    let trail: Vec<&str> = trail.iter().copied().chain([name.as_str()]).collect();
    let line = file.line_of(&trail);
    Ok(TestDeclaration { name, arguments, column: column.map(str::to_owned), line })
}

fn source(file: &YamlFile, entry: &Json) -> Result<SourcePatch> {
    let name = name_of(file, &["sources"], entry)?;
    let trail = ["sources", name];
    let tags = |entry: &Json| {
        string_list(entry.get("tags")).ok_or_else(|| file.error(&trail, "`tags` must be a text or a list of texts"))
    };
    let tables = list(file, name, entry.get("tables").unwrap_or(&Json::Null))?
        .iter()
        .map(|table| {
            Ok((text_of(table, "identifier"), tags(table)?, patch(file, &["sources", name, "tables"], table)?))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(SourcePatch {
        name: name.to_owned(),
        database: text_of(entry, "database"),
        schema: text_of(entry, "schema"),
        config: entry.get("config").and_then(Json::as_object).cloned().unwrap_or_default(),
        tags: tags(entry)?,
        tables,
    })
}
