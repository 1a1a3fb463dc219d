//! Reads what `dbt_project.yml` points to: properties, sources, seeds, models, tests, graph edges.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::{Map, Value as Json};

use super::{
    Project,
    config::{merge, tree_configs},
    files,
    generic_test::{self, Target as TestTarget},
    node::{Node, NodeKind, SourceTable},
    parse::Parser,
    project_file::ProjectFile,
    properties::{Patch, Properties, SourcePatch, TestDeclaration},
};
use crate::{Error, Result, jinja::Jinja, relation::Relation, yaml::YamlFile};

/// Loads everything into a project; the steps follow each other in the order of this file.
pub fn load_into_project(root: &Path, file: ProjectFile, jinja: Arc<Jinja>) -> Result<Project> {
    let project = Project {
        root: root.to_owned(),
        name: file.name.clone(),
        nodes: BTreeMap::new(),
        sources: BTreeMap::new(),
        on_run_start: file.on_run_start.clone(),
        on_run_end: file.on_run_end.clone(),
        jinja: jinja.clone(),
        names: BTreeMap::new(),
        disabled: BTreeMap::new(),
        warnings: Vec::new(),
    };
    let mut loader = Loader { root, parser: Parser { jinja }, project, file, patched: BTreeSet::new() };
    let properties = loader.read_properties()?;
    loader.load_sources(&properties.sources)?;
    loader.load_seeds(&properties)?;
    loader.load_models(&properties)?;
    loader.load_singular_tests(&properties)?;
    loader.load_generic_tests(&properties)?;
    loader.warn_about_strangers(&properties);
    loader.connect()?;
    loader.check_places()?;
    loader.project.warnings.extend(properties.notices);
    Ok(loader.project)
}

struct Loader<'a> {
    root: &'a Path,
    parser: Parser,
    project: Project,
    file: ProjectFile,
    patched: BTreeSet<(PathBuf, String)>,
}

impl Loader<'_> {
    fn read_properties(&self) -> Result<Properties> {
        let mut properties = Properties::default();
        let file = &self.file;
        let folders: BTreeSet<&PathBuf> =
            [&file.model_paths, &file.seed_paths, &file.test_paths, &file.macro_paths, &file.snapshot_paths]
                .into_iter()
                .flatten()
                .collect();
        for folder in folders {
            for path in files::find(self.root, folder, &["yml", "yaml"])? {
                properties.add(&YamlFile::read(self.root, &path)?)?;
            }
        }
        Ok(properties)
    }

    /// The config that `dbt_project.yml` has for a node.
    fn tree_config(&self, tree: &str, folders: &[String], name: &str) -> Result<Map<String, Json>> {
        let fqn: Vec<String> =
            [self.file.name.clone()].into_iter().chain(folders.iter().cloned()).chain([name.to_owned()]).collect();
        let mut config = Map::new();
        for level in tree_configs(self.file.trees.get(tree).unwrap_or(&Json::Null), &fqn) {
            merge(&mut config, &level);
        }
        self.parser.render_config(&mut config, &self.file.yaml.path)?;
        Ok(config)
    }

    fn load_sources(&mut self, sources: &[SourcePatch]) -> Result<()> {
        for source in sources {
            let enabled = source.config.get("enabled").and_then(Json::as_bool).unwrap_or(true);
            for (identifier, tags, patch) in &source.tables {
                if enabled && patch.config.get("enabled").and_then(Json::as_bool).unwrap_or(true) {
                    self.load_source_table(source, identifier.as_deref(), tags, patch)?;
                }
            }
        }
        Ok(())
    }

    fn load_source_table(
        &mut self,
        source: &SourcePatch,
        identifier: Option<&str>,
        tags: &[String],
        patch: &Patch,
    ) -> Result<()> {
        let render = |text: Option<&str>, default: &str| -> Result<String> {
            let text = text.unwrap_or(default);
            self.parser.scope(&patch.path).render(text).map_err(|mut error| {
                error.location = None;
                error.at(&patch.path, patch.line)
            })
        };
        let relation = Relation::new(
            &render(source.database.as_deref(), &self.parser.jinja.target.database)?,
            &render(source.schema.as_deref(), &source.name)?,
            &render(identifier, &patch.name)?,
        );
        let folders = files::folders_below(&patch.path, &self.file.model_paths);
        let fqn = [self.file.name.clone()]
            .into_iter()
            .chain(folders)
            .chain([source.name.clone(), patch.name.clone()])
            .collect();
        let mut all_tags = source.tags.clone();
        all_tags.extend(tags.iter().cloned());
        let unique_id = format!("source.{}.{}.{}", self.file.name, source.name, patch.name);
        let table = SourceTable {
            unique_id: unique_id.clone(),
            source: source.name.clone(),
            name: patch.name.clone(),
            package: self.file.name.clone(),
            relation,
            path: patch.path.clone(),
            line: patch.line,
            fqn,
            tags: all_tags,
            description: self.parser.render_description(&patch.description, &patch.path)?,
        };
        if let Some(other) = self.project.sources.insert(unique_id, table) {
            let message = format!(
                "the source table {}.{} is defined twice (also in {})",
                other.source,
                other.name,
                other.path.display()
            );
            return Err(Error::parsing(message).at(&patch.path, patch.line));
        }
        Ok(())
    }

    fn load_seeds(&mut self, properties: &Properties) -> Result<()> {
        for folder in self.file.seed_paths.clone() {
            for path in files::find(self.root, &folder, &["csv"])? {
                let folders = files::folders_below(&path, &self.file.seed_paths);
                let config = self.tree_config("seeds", &folders, &files::stem(&path))?;
                let mut node = self.parser.new_node(NodeKind::Seed, path, &folders, String::new(), config);
                self.patch(&mut node, &properties.seeds)?;
                self.add_node(node)?;
            }
        }
        Ok(())
    }

    fn load_models(&mut self, properties: &Properties) -> Result<()> {
        for folder in self.file.model_paths.clone() {
            if let Some(path) = files::find(self.root, &folder, &["py"])?.into_iter().next() {
                return Err(Error::unsupported("a Python model").at(path, None));
            }
            for path in files::find(self.root, &folder, &["sql"])? {
                let folders = files::folders_below(&path, &self.file.model_paths);
                let config = self.tree_config("models", &folders, &files::stem(&path))?;
                let code = files::read(self.root, &path)?;
                let mut node = self.parser.new_node(NodeKind::Model, path, &folders, code, config);
                self.patch(&mut node, &properties.models)?;
                self.parser.parse_code(&mut node)?;
                self.add_node(node)?;
            }
        }
        Ok(())
    }

    fn load_singular_tests(&mut self, properties: &Properties) -> Result<()> {
        for folder in self.file.test_paths.clone() {
            let generic = folder.join("generic");
            for path in files::find(self.root, &folder, &["sql"])? {
                if path.starts_with(&generic) {
                    continue;
                }
                let folders = files::folders_below(&path, &self.file.test_paths);
                let config = self.tree_config("tests", &folders, &files::stem(&path))?;
                let code = files::read(self.root, &path)?;
                let mut node = self.parser.new_node(NodeKind::Test, path, &folders, code, config);
                self.patch(&mut node, &properties.tests)?;
                self.parser.parse_code(&mut node)?;
                if node.config.enabled().map_err(|error| error.at(&node.path, None))? {
                    self.insert(node)?;
                }
            }
        }
        Ok(())
    }

    /// Applies the entries of properties files for this node; two of them are an error.
    fn patch(&mut self, node: &mut Node, patches: &[Patch]) -> Result<()> {
        let mut found: Option<&Patch> = None;
        for patch in patches.iter().filter(|patch| patch.name == node.name) {
            if let Some(first) = found {
                let message = format!("`{}` is described twice: here and in {}", patch.name, first.path.display());
                return Err(Error::parsing(message).at(&patch.path, patch.line));
            }
            found = Some(patch);
        }
        if let Some(patch) = found {
            self.patched.insert((patch.path.clone(), patch.name.clone()));
            self.parser.apply_patch(node, patch)?;
        }
        Ok(())
    }

    /// Adds a model or seed under its name, unless it is disabled.
    fn add_node(&mut self, mut node: Node) -> Result<()> {
        let place = node.path.clone();
        if !node.config.enabled().map_err(|error| error.at(&place, None))? {
            self.project.disabled.insert(node.name.clone(), node.path);
            return Ok(());
        }
        self.parser.place(&mut node).map_err(|error| error.at(&place, None))?;
        if let Some(other) = self.project.names.insert(node.name.clone(), node.unique_id.clone()) {
            let other = self.project.nodes.get(&other).map(|node| node.path.display().to_string()).unwrap_or_default();
            let message = format!("dbt found two resources with the name \"{}\": here and in {other}", node.name);
            return Err(Error::parsing(message).at(node.path, None));
        }
        self.insert(node)
    }

    fn insert(&mut self, node: Node) -> Result<()> {
        let (path, line, name) = (node.path.clone(), node.line, node.name.clone());
        if let Some(other) = self.project.nodes.insert(node.unique_id.clone(), node) {
            let message = format!(
                "two tests or nodes have the same definition: `{name}` (the other is in {})",
                other.path.display()
            );
            return Err(Error::parsing(message).at(path, line));
        }
        Ok(())
    }

    fn load_generic_tests(&mut self, properties: &Properties) -> Result<()> {
        for patch in properties.models.iter().chain(&properties.seeds) {
            let Some(id) = self.project.names.get(&patch.name).cloned() else { continue };
            for test in &patch.tests {
                self.load_generic_test(test, TestTarget::Node(&patch.name), &id, patch)?;
            }
        }
        for source in &properties.sources {
            for (_, _, patch) in &source.tables {
                let id = format!("source.{}.{}.{}", self.file.name, source.name, patch.name);
                if self.project.sources.contains_key(&id) {
                    for test in &patch.tests {
                        self.load_generic_test(test, TestTarget::Source(&source.name, &patch.name), &id, patch)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn load_generic_test(
        &mut self,
        test: &TestDeclaration,
        target: TestTarget<'_>,
        id: &str,
        patch: &Patch,
    ) -> Result<()> {
        let at = |error: Error| error.at(&patch.path, test.line.or(patch.line));
        let bases: Vec<PathBuf> = self.file.model_paths.iter().chain(&self.file.seed_paths).cloned().collect();
        let folders = files::folders_below(&patch.path, &bases);
        let tree = self.tree_config("tests", &folders, "")?;
        let mut node =
            generic_test::build(&self.file.name, test, target, id, &patch.path, &folders, tree).map_err(at)?.node;
        self.parser.render_config(&mut node.config.0, &patch.path).map_err(at)?;
        if !node.config.enabled().map_err(at)? {
            return Ok(());
        }
        self.parser.parse_generic_test(&mut node).map_err(at)?;
        self.insert(node)
    }

    fn warn_about_strangers(&mut self, properties: &Properties) {
        for patch in properties.models.iter().chain(&properties.seeds).chain(&properties.tests) {
            let known = self.patched.contains(&(patch.path.clone(), patch.name.clone()));
            if !known {
                let place = patch.line.map_or(String::new(), |line| format!(":{line}"));
                let text =
                    format!("{}{place}: did not find a node named `{}` to describe", patch.path.display(), patch.name);
                self.project.warnings.push(text);
            }
        }
    }

    /// Turns references into edges.
    fn connect(&mut self) -> Result<()> {
        let mut edges = BTreeMap::new();
        for (id, node) in &self.project.nodes {
            let at = |error: Error| error.at(&node.path, node.line.or_else(|| line_of_call(&node.raw_code, node)));
            let mut depends_on = Vec::new();
            for (package, name) in &node.refs {
                let found = self
                    .project
                    .find_ref(package.as_deref(), name)
                    .map_err(|error| error.at(&node.path, node.line.or_else(|| line_with(&node.raw_code, name))))?;
                depends_on.push(found.unique_id.clone());
            }
            for (source, table) in &node.sources {
                let found = self
                    .project
                    .find_source(source, table)
                    .map_err(|error| error.at(&node.path, node.line.or_else(|| line_with(&node.raw_code, table))))?;
                depends_on.push(found.unique_id.clone());
            }
            if depends_on.contains(id) {
                return Err(at(Error::dependency(format!("`{}` refers to itself: use {{{{ this }}}}", node.name))));
            }
            depends_on.sort();
            depends_on.dedup();
            edges.insert(id.clone(), depends_on);
        }
        for (id, depends_on) in edges {
            if let Some(node) = self.project.nodes.get_mut(&id) {
                node.depends_on = depends_on;
            }
        }
        Ok(())
    }

    /// Two nodes must not be built in the same place.
    fn check_places(&self) -> Result<()> {
        let mut places: BTreeMap<String, &Node> = BTreeMap::new();
        for node in self.project.nodes.values().filter(|node| node.kind != NodeKind::Test && !node.is_ephemeral()) {
            if let Some(other) = places.insert(node.relation.to_string().to_lowercase(), node) {
                let message = format!("`{}` and `{}` would both be built as {}", other.name, node.name, node.relation);
                return Err(Error::parsing(message).at(&node.path, None));
            }
        }
        Ok(())
    }
}

/// The first line that holds a text in quotes.
fn line_with(code: &str, name: &str) -> Option<usize> {
    let quoted = [format!("'{name}'"), format!("\"{name}\"")];
    code.lines().position(|line| quoted.iter().any(|quoted| line.contains(quoted))).map(|index| index + 1)
}

fn line_of_call(code: &str, node: &Node) -> Option<usize> {
    line_with(code, &node.name)
}
