//! YAML files as JSON values, with the line of what an error is about.
//!
//! The YAML library keeps no positions for values, so [`YamlFile::line_of`] finds a line again by
//! walking the text along the keys and names that lead to it. That is exact for files written one
//! entry a line, as dbt projects are, and only ever used to point at the source of an error.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};
use serde_yaml_ng::Value as Yaml;

use crate::{Error, Result};

/// One YAML file.
#[derive(Debug, Clone)]
pub struct YamlFile {
    /// The file, relative to the project.
    pub path: PathBuf,
    /// The text.
    pub text: String,
    /// The contents; an empty file is an empty object.
    pub value: Json,
}

impl YamlFile {
    /// Reads and parses `root/path`.
    pub fn read(root: &Path, path: &Path) -> Result<YamlFile> {
        let text = std::fs::read_to_string(root.join(path)).map_err(|error| Error::io(path, &error))?;
        Self::parse(path, text)
    }

    /// Parses a text that stands in `path`.
    pub fn parse(path: &Path, text: String) -> Result<YamlFile> {
        let yaml: Yaml = serde_yaml_ng::from_str(&text).map_err(|error| {
            let line = error.location().map(|location| location.line());
            Error::parsing(format!("invalid YAML: {error}")).at(path, line)
        })?;
        let value = match to_json(yaml).map_err(|message| Error::parsing(message).at(path, None))? {
            Json::Null => Json::Object(Map::new()),
            value @ Json::Object(_) => value,
            _ => return Err(Error::parsing("the file must hold a mapping").at(path, Some(1))),
        };
        Ok(YamlFile { path: path.to_owned(), text, value })
    }

    /// The line (from 1) of the entry that the trail of keys and names leads to, as far as it can be followed.
    pub fn line_of(&self, trail: &[&str]) -> Option<usize> {
        let mut found = None;
        let mut lines = self.text.lines().enumerate();
        for step in trail {
            let hit = lines.by_ref().find(|(_, line)| line_names(line, step));
            match hit {
                Some((index, _)) => found = Some(index + 1),
                None => break,
            }
        }
        found
    }

    /// A parsing error at the entry that the trail leads to.
    pub fn error(&self, trail: &[&str], message: impl Into<String>) -> Error {
        Error::parsing(message).at(&self.path, self.line_of(trail))
    }
}

/// Whether a line is `step:`, `- step`, `name: step` or `- name: step`, quoted or not.
fn line_names(line: &str, step: &str) -> bool {
    let text = line.trim();
    let text = text.strip_prefix("- ").unwrap_or(text).trim();
    let unquoted = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    if let Some((key, rest)) = text.split_once(':') {
        let rest = rest.split(" #").next().unwrap_or("");
        return unquoted(key) == step || (key.trim() == "name" && unquoted(rest) == step);
    }
    unquoted(text.split(" #").next().unwrap_or("")) == step
}

/// JSON of a YAML value; mapping keys become text, tags are dropped.
fn to_json(yaml: Yaml) -> Result<Json, String> {
    Ok(match yaml {
        Yaml::Null => Json::Null,
        Yaml::Bool(value) => Json::Bool(value),
        Yaml::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(value), _, _) => Json::from(value),
            (_, Some(value), _) => Json::from(value),
            (_, _, Some(value)) => serde_json::Number::from_f64(value)
                .map(Json::Number)
                .ok_or_else(|| format!("the number {value} cannot be used"))?,
            _ => return Err("a number cannot be read".to_owned()),
        },
        Yaml::String(text) => Json::String(text),
        Yaml::Sequence(items) => Json::Array(items.into_iter().map(to_json).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let key = match key {
                    Yaml::String(text) => text,
                    Yaml::Number(number) => number.to_string(),
                    Yaml::Bool(value) => value.to_string(),
                    _ => return Err("a mapping's key must be text".to_owned()),
                };
                map.insert(key, to_json(value)?);
            }
            Json::Object(map)
        }
        Yaml::Tagged(tagged) => to_json(tagged.value)?,
    })
}

/// A list of texts where dbt accepts one text, a list, or nothing.
pub fn string_list(value: Option<&Json>) -> Option<Vec<String>> {
    match value {
        None | Some(Json::Null) => Some(Vec::new()),
        Some(Json::String(text)) => Some(vec![text.clone()]),
        Some(Json::Array(items)) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_lines() {
        let text = "models:\n  - name: a\n    columns:\n      - name: id\n        tests:\n          - unique\n  - name: b\n    columns:\n      - name: id\n";
        let file = YamlFile::parse(Path::new("x.yml"), text.to_owned()).unwrap();
        assert_eq!(file.line_of(&["models", "a", "id", "unique"]), Some(6));
        assert_eq!(file.line_of(&["models", "b", "id"]), Some(9));
        assert_eq!(file.line_of(&["nothing"]), None);
    }

    #[test]
    fn syntax_errors_carry_a_line() {
        let error = YamlFile::parse(Path::new("x.yml"), "a: 1\nb: [1, 2\nc: 3\n".to_owned()).unwrap_err();
        assert!(error.location.is_some_and(|location| location.line.is_some()), "{}", error.message);
    }
}
