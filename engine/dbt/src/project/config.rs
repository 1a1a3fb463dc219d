//! Config: how dbt merges it from `dbt_project.yml`, properties files and `config()` calls.

use serde_json::{Map, Value as Json};

use crate::{Error, Result, yaml};

/// A node's merged config.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config(pub Map<String, Json>);

/// Adds `new` to `config`: later values replace earlier ones, except that tags and hooks add up and
/// dictionaries are united.
pub fn merge(config: &mut Map<String, Json>, new: &Map<String, Json>) {
    for (key, value) in new {
        let key = match key.as_str() {
            "pre-hook" => "pre_hook",
            "post-hook" => "post_hook",
            "data_tests" => "tests",
            key => key,
        };
        match key {
            "tags" | "pre_hook" | "post_hook" => {
                let mut items = listed(config.remove(key));
                for item in listed(Some(value.clone())) {
                    if key != "tags" || !items.contains(&item) {
                        items.push(item);
                    }
                }
                config.insert(key.to_owned(), Json::Array(items));
            }
            "meta" | "column_types" | "persist_docs" | "quoting" | "docs" => match (config.get_mut(key), value) {
                (Some(Json::Object(known)), Json::Object(more)) => known.extend(more.clone()),
                _ => {
                    config.insert(key.to_owned(), value.clone());
                }
            },
            "grants" => merge_grants(config, value),
            _ => {
                config.insert(key.to_owned(), value.clone());
            }
        }
    }
}

/// Grants replace each other per privilege; `+select` adds grantees instead.
fn merge_grants(config: &mut Map<String, Json>, value: &Json) {
    let known = config.entry("grants").or_insert_with(|| Json::Object(Map::new()));
    let (Some(known), Json::Object(new)) = (known.as_object_mut(), value) else { return };
    for (privilege, grantees) in new {
        let grantees = listed(Some(grantees.clone()));
        match privilege.strip_prefix('+') {
            Some(privilege) => {
                let mut all = listed(known.remove(privilege));
                all.extend(grantees);
                known.insert(privilege.to_owned(), Json::Array(all));
            }
            None => {
                known.insert(privilege.clone(), Json::Array(grantees));
            }
        }
    }
}

fn listed(value: Option<Json>) -> Vec<Json> {
    match value {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::Array(items)) => items,
        Some(item) => vec![item],
    }
}

/// The configs that a tree of `dbt_project.yml` (`models:`, `seeds:`, …) has for a node, outermost first.
pub fn tree_configs(tree: &Json, fqn: &[String]) -> Vec<Map<String, Json>> {
    let mut configs = Vec::new();
    let mut level = tree;
    let mut names = fqn.iter();
    while let Json::Object(entries) = level {
        let mut config = Map::new();
        for (key, value) in entries {
            match key.strip_prefix('+') {
                Some(key) => {
                    config.insert(key.trim().to_owned(), value.clone());
                }
                None if !value.is_object() => {
                    config.insert(key.clone(), value.clone());
                }
                None => {}
            }
        }
        configs.push(config);
        match names.next().and_then(|name| entries.get(name)) {
            Some(next) => level = next,
            None => break,
        }
    }
    configs
}

impl Config {
    /// A value that is set.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// A text.
    pub fn text(&self, key: &str) -> Result<Option<&str>> {
        match self.get(key) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(other) => Err(Error::parsing(format!("the config `{key}` must be a text, not {other}"))),
        }
    }

    /// A truth value; also `yes`/`no`-like texts, which YAML 1.1 takes for one.
    pub fn boolean(&self, key: &str) -> Result<Option<bool>> {
        match self.get(key) {
            None => Ok(None),
            Some(Json::Bool(value)) => Ok(Some(*value)),
            Some(Json::String(text)) => match text.to_lowercase().as_str() {
                "true" | "yes" | "on" => Ok(Some(true)),
                "false" | "no" | "off" => Ok(Some(false)),
                _ => Err(Error::parsing(format!("the config `{key}` must be true or false, not '{text}'"))),
            },
            Some(other) => Err(Error::parsing(format!("the config `{key}` must be true or false, not {other}"))),
        }
    }

    /// A list of texts, where one text stands for a list of one.
    pub fn texts(&self, key: &str) -> Result<Vec<String>> {
        yaml::string_list(self.get(key))
            .ok_or_else(|| Error::parsing(format!("the config `{key}` must be a text or a list of texts")))
    }

    /// How the node is materialized.
    pub fn materialized(&self) -> &str {
        self.get("materialized").and_then(Json::as_str).unwrap_or("view")
    }

    /// Whether the node is enabled.
    pub fn enabled(&self) -> Result<bool> {
        Ok(self.boolean("enabled")?.unwrap_or(true))
    }

    /// The tags.
    pub fn tags(&self) -> Result<Vec<String>> {
        self.texts("tags")
    }

    /// Whether a contract is enforced.
    pub fn contract_enforced(&self) -> bool {
        self.get("contract").and_then(|contract| contract.get("enforced")).and_then(Json::as_bool).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(json: Json) -> Map<String, Json> {
        json.as_object().unwrap().clone()
    }

    #[test]
    fn merges_as_dbt_does() {
        let mut config = map(json!({"tags": "a", "schema": "x", "meta": {"k": 1}, "grants": {"select": ["u"]}}));
        merge(
            &mut config,
            &map(
                json!({"tags": ["b", "a"], "schema": "y", "meta": {"l": 2}, "post-hook": "h", "grants": {"+select": "v"}}),
            ),
        );
        assert_eq!(
            Json::Object(config),
            json!({"tags": ["a", "b"], "schema": "y", "meta": {"k": 1, "l": 2}, "post_hook": ["h"], "grants": {"select": ["u", "v"]}})
        );
    }

    #[test]
    fn walks_the_tree() {
        let tree = json!({"+materialized": "view", "shop": {"silver": {"+schema": "silver", "orders": {"+tags": "t"}}, "enabled": true}});
        let fqn = ["shop", "silver", "orders"].map(str::to_owned);
        let mut merged = Map::new();
        for config in tree_configs(&tree, &fqn) {
            merge(&mut merged, &config);
        }
        assert_eq!(
            Json::Object(merged),
            json!({"materialized": "view", "enabled": true, "schema": "silver", "tags": ["t"]})
        );
    }
}
