//! Generic tests: from a declaration in YAML to a node, with dbt's names and ids.

use serde_json::{Map, Value as Json, json};

use super::{
    config::{Config, merge},
    node::{GenericTest, Node, NodeKind},
    properties::TestDeclaration,
};
use crate::{
    Error, Result,
    jinja::convert::{from_json, python_repr, python_str},
    md5::md5_hex,
    relation::Relation,
};

/// Arguments of a test that are config.
const CONFIG_ARGUMENTS: [&str; 15] = [
    "severity",
    "tags",
    "enabled",
    "where",
    "limit",
    "warn_if",
    "error_if",
    "fail_calc",
    "store_failures",
    "store_failures_as",
    "meta",
    "database",
    "schema",
    "alias",
    "group",
];

/// What a test is attached to.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// A model or seed: its name.
    Node(&'a str),
    /// A source and its table.
    Source(&'a str, &'a str),
}

impl Target<'_> {
    fn reference(self) -> String {
        match self {
            Target::Node(name) => format!("ref('{name}')"),
            Target::Source(source, table) => format!("source('{source}', '{table}')"),
        }
    }
}

/// A test's node and the names that dbt gives it.
pub struct Built {
    /// The node, without references and dependencies.
    pub node: Node,
    /// What `config()` in the test's macro may still change.
    pub generic: GenericTest,
}

/// The node of a declaration. `tree` is the config that `dbt_project.yml` has for tests here.
pub fn build(
    project: &str,
    declaration: &TestDeclaration,
    target: Target<'_>,
    attached_to: &str,
    path: &std::path::Path,
    folders: &[String],
    tree: Map<String, Json>,
) -> Result<Built> {
    let (namespace, name) = match declaration.name.split_once('.') {
        Some((namespace, name)) => (Some(namespace.to_owned()), name.to_owned()),
        None => (None, declaration.name.clone()),
    };
    let mut arguments = declaration.arguments.clone();
    if arguments.contains_key("model") {
        return Err(Error::parsing("a test's arguments cannot include `model`"));
    }
    if let Some(Json::Object(nested)) = arguments.remove("arguments") {
        arguments.extend(nested);
    }
    let mut config = tree;
    merge(&mut config, &take_config(&mut arguments)?);
    let description =
        arguments.remove("description").and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default();
    let given_name = arguments.remove("name").and_then(|text| text.as_str().map(str::to_owned));
    if let Some(column) = &declaration.column {
        arguments.insert("column_name".to_owned(), Json::String(column.clone()));
    }
    let (short_name, full_name) = match given_name {
        Some(name) => (name.clone(), name),
        None => synthesize_names(&test_type(namespace.as_deref(), &name, target), target_name(target), &arguments),
    };
    let model = format!("{{{{ get_where_subquery({}) }}}}", target.reference());
    arguments.insert("model".to_owned(), Json::String(model));
    let hash = metadata_hash(&full_name, namespace.as_deref(), &name, &arguments);
    let alias = config.get("alias").and_then(Json::as_str).unwrap_or(&short_name).to_owned();
    let fqn = [project.to_owned()].into_iter().chain(folders.iter().cloned()).chain([full_name.clone()]).collect();
    let generic = GenericTest { name, namespace, arguments, attached_to: attached_to.to_owned() };
    let node = Node {
        unique_id: format!("test.{project}.{full_name}.{hash}"),
        kind: NodeKind::Test,
        name: full_name,
        package: project.to_owned(),
        path: path.to_owned(),
        line: declaration.line,
        fqn,
        raw_code: String::new(),
        config: Config(config),
        relation: Relation { database: None, schema: None, identifier: Some(alias), kind: None },
        description,
        columns: Vec::new(),
        constraints: Vec::new(),
        generic: Some(generic.clone()),
        refs: Vec::new(),
        sources: Vec::new(),
        depends_on: Vec::new(),
    };
    Ok(Built { node, generic })
}

/// Takes the config out of the arguments: dbt's old place (among them) and new place (under `config`).
fn take_config(arguments: &mut Map<String, Json>) -> Result<Map<String, Json>> {
    let mut config = match arguments.remove("config") {
        None | Some(Json::Null) => Map::new(),
        Some(Json::Object(config)) => config,
        Some(_) => return Err(Error::parsing("a test's `config` must be a mapping")),
    };
    for key in CONFIG_ARGUMENTS {
        if let Some(value) = arguments.remove(key) {
            if config.contains_key(key) {
                return Err(Error::parsing(format!(
                    "the test's `{key}` is given twice: as an argument and under `config`"
                )));
            }
            config.insert(key.to_owned(), value);
        }
    }
    Ok(config)
}

fn test_type(namespace: Option<&str>, name: &str, target: Target<'_>) -> String {
    let name = match target {
        Target::Node(_) => name.to_owned(),
        Target::Source(..) => format!("source_{name}"),
    };
    namespace.map_or(name.clone(), |namespace| format!("{namespace}_{name}"))
}

fn target_name(target: Target<'_>) -> String {
    match target {
        Target::Node(name) => name.to_owned(),
        Target::Source(source, table) => format!("{source}_{table}"),
    }
}

/// dbt's names for a test: a short one for files, and the full one.
fn synthesize_names(test_type: &str, target: String, arguments: &Map<String, Json>) -> (String, String) {
    const NAME_LENGTH_MAX: usize = 64;
    let mut sorted: Vec<(&String, &Json)> = arguments.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    let mut parts = Vec::new();
    for (_, value) in sorted {
        match value {
            Json::Object(entries) => parts.extend(entries.values().map(text_of)),
            Json::Array(items) => parts.extend(items.iter().map(text_of)),
            other => parts.push(text_of(other)),
        }
    }
    let clean: Vec<String> = parts.iter().map(|part| clean(part)).collect();
    let identifier = format!("{test_type}_{target}");
    let full = format!("{identifier}_{}", clean.join("__"));
    if full.chars().count() >= NAME_LENGTH_MAX {
        let start: String = identifier.chars().take(30).collect();
        return (format!("{start}_{}", md5_hex(full.as_bytes())), full);
    }
    (full.clone(), full)
}

fn text_of(value: &Json) -> String {
    python_str(&from_json(value))
}

/// Every run of other characters than letters, digits and `_` as one `_`.
fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_run = false;
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c == '_' {
            out.push(c);
            in_run = false;
        } else if !in_run {
            out.push('_');
            in_run = true;
        }
    }
    out
}

/// The last ten digits of dbt's hash of a test's definition.
fn metadata_hash(name: &str, namespace: Option<&str>, test: &str, arguments: &Map<String, Json>) -> String {
    let metadata = json!({"namespace": namespace, "name": test, "kwargs": arguments});
    let repr = python_repr(&from_json(&stringified(&metadata)));
    let digest = md5_hex(format!("{name}{repr}").as_bytes());
    digest[digest.len() - 10..].to_owned()
}

/// Dictionaries sorted by key and every scalar as text, as dbt does before hashing.
fn stringified(value: &Json) -> Json {
    match value {
        Json::Object(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            Json::Object(sorted.into_iter().map(|(key, value)| (key.clone(), stringified(value))).collect())
        }
        Json::Array(items) => Json::Array(items.iter().map(stringified).collect()),
        scalar => Json::String(text_or_none(scalar)),
    }
}

fn text_or_none(value: &Json) -> String {
    match value {
        Json::Null => "None".to_owned(),
        other => text_of(other),
    }
}
