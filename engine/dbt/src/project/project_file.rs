//! `dbt_project.yml`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value as Json};

use crate::{
    Error, Result,
    yaml::{YamlFile, string_list},
};

const FILE_NAME: &str = "dbt_project.yml";

/// The project file.
#[derive(Debug, Clone)]
pub struct ProjectFile {
    /// The project's name.
    pub name: String,
    /// Folders of models.
    pub model_paths: Vec<PathBuf>,
    /// Folders of seeds.
    pub seed_paths: Vec<PathBuf>,
    /// Folders of tests.
    pub test_paths: Vec<PathBuf>,
    /// Folders of macros.
    pub macro_paths: Vec<PathBuf>,
    /// Folders of snapshots.
    pub snapshot_paths: Vec<PathBuf>,
    /// Folders of documentation; the others when empty.
    pub docs_paths: Vec<PathBuf>,
    /// The variables for this project.
    pub vars: BTreeMap<String, Json>,
    /// Config trees: `models`, `seeds`, `tests`, `sources`.
    pub trees: BTreeMap<String, Json>,
    /// Statements before a run.
    pub on_run_start: Vec<String>,
    /// Statements after a run.
    pub on_run_end: Vec<String>,
    /// The file itself, for lines in errors.
    pub yaml: YamlFile,
}

impl ProjectFile {
    /// Reads the file of a project.
    pub fn read(root: &Path) -> Result<ProjectFile> {
        if !root.join(FILE_NAME).is_file() {
            let message = format!("no {FILE_NAME} found: {} is not a dbt project", root.display());
            return Err(Error::parsing(message).at(FILE_NAME, None));
        }
        let yaml = YamlFile::read(root, Path::new(FILE_NAME))?;
        let name = match yaml.value.get("name") {
            Some(Json::String(name)) => name.clone(),
            _ => return Err(yaml.error(&[], "the project needs a `name`")),
        };
        if !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return Err(yaml.error(&["name"], format!("the project name '{name}' may hold letters, digits and _ only")));
        }
        let paths = |key: &str, default: &str| -> Result<Vec<PathBuf>> {
            match yaml.value.get(key) {
                None => Ok(vec![PathBuf::from(default)]),
                value => string_list(value)
                    .map(|paths| paths.into_iter().map(PathBuf::from).collect())
                    .ok_or_else(|| yaml.error(&[key], format!("`{key}` must be a list of folders"))),
            }
        };
        let hooks = |key: &str| -> Result<Vec<String>> {
            string_list(yaml.value.get(key))
                .ok_or_else(|| yaml.error(&[key], format!("`{key}` must be a list of statements")))
        };
        let tree = |key: &str| yaml.value.get(key).cloned().unwrap_or(Json::Object(Map::new()));
        let tests = match yaml.value.get("data_tests") {
            Some(tests) => tests.clone(),
            None => tree("tests"),
        };
        let trees =
            [("models", tree("models")), ("seeds", tree("seeds")), ("tests", tests), ("sources", tree("sources"))];
        Ok(ProjectFile {
            model_paths: paths("model-paths", "models")?,
            seed_paths: paths("seed-paths", "seeds")?,
            test_paths: paths("test-paths", "tests")?,
            macro_paths: paths("macro-paths", "macros")?,
            snapshot_paths: paths("snapshot-paths", "snapshots")?,
            docs_paths: match yaml.value.get("docs-paths") {
                None => Vec::new(),
                Some(_) => paths("docs-paths", "")?,
            },
            vars: project_vars(&yaml, &name),
            trees: trees.into_iter().map(|(key, tree)| (key.to_owned(), tree)).collect(),
            on_run_start: hooks("on-run-start")?,
            on_run_end: hooks("on-run-end")?,
            name,
            yaml,
        })
    }
}

/// The variables: global ones, then those under the project's name.
fn project_vars(yaml: &YamlFile, name: &str) -> BTreeMap<String, Json> {
    let Some(Json::Object(vars)) = yaml.value.get("vars") else { return BTreeMap::new() };
    let mut all: BTreeMap<String, Json> =
        vars.iter().filter(|(key, _)| *key != name).map(|(k, v)| (k.clone(), v.clone())).collect();
    if let Some(Json::Object(own)) = vars.get(name) {
        all.extend(own.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    all
}
