//! Loads a project: the project file, what templates share, then everything else through the loader.

use std::{collections::BTreeMap, path::Path, sync::Arc, thread};

use serde_json::Value as Json;

use super::{Project, files, loader::load_into_project, project_file::ProjectFile};
use crate::{
    Error, ErrorKind, Result, Target,
    jinja::{Jinja, environment::new_environment, macros::MacroSet},
    yaml::YamlFile,
};

/// Loads a project on a thread with a stack deep enough for templates: the caller's may be small.
pub fn load_on_thread(root: &Path, target: &Target, vars: &BTreeMap<String, Json>) -> Result<Project> {
    const STACK_BYTES: usize = 16 << 20;
    let builder = thread::Builder::new().name("dbt-load".to_owned()).stack_size(STACK_BYTES);
    thread::scope(|scope| {
        let worker =
            builder.spawn_scoped(scope, || load(root, target, vars)).map_err(|error| Error::io(root, &error))?;
        worker.join().unwrap_or_else(|_| Err(Error::new(ErrorKind::Parsing, "loading the project crashed")))
    })
}

fn load(root: &Path, target: &Target, vars: &BTreeMap<String, Json>) -> Result<Project> {
    let file = ProjectFile::read(root)?;
    refuse_packages(root)?;
    let jinja = Arc::new(load_jinja(root, &file, target, vars)?);
    load_into_project(root, file, jinja)
}

/// Packages are downloaded by `dbt deps`, which this runner does not do.
fn refuse_packages(root: &Path) -> Result<()> {
    for name in ["packages.yml", "dependencies.yml"] {
        if root.join(name).is_file() {
            let file = YamlFile::read(root, Path::new(name))?;
            let packages = file.value.get("packages").and_then(Json::as_array).map_or(0, Vec::len);
            if packages > 0 {
                return Err(Error::unsupported("a project with packages").at(name, file.line_of(&["packages"])));
            }
        }
    }
    Ok(())
}

fn load_jinja(root: &Path, file: &ProjectFile, target: &Target, vars: &BTreeMap<String, Json>) -> Result<Jinja> {
    let mut environment = new_environment();
    let mut macros = MacroSet::with_builtins(&mut environment)?;
    let mut folders = file.macro_paths.clone();
    folders.extend(file.test_paths.iter().map(|path| path.join("generic")));
    // Snapshot folders are read only to refuse what is in them by name.
    folders.extend(file.snapshot_paths.iter().cloned());
    for folder in &folders {
        for path in files::find(root, folder, &["sql"])? {
            macros.add_file(&mut environment, &file.name, &path, &files::read(root, &path)?)?;
        }
    }
    let mut all_vars = file.vars.clone();
    all_vars.extend(vars.iter().map(|(name, value)| (name.clone(), value.clone())));
    Ok(Jinja {
        environment,
        macros,
        project_name: file.name.clone(),
        target: target.clone(),
        vars: all_vars,
        docs: load_docs(root, file)?,
        run_started_at: chrono::Utc::now(),
        invocation_id: invocation_id(),
    })
}

/// An id of this process's run; unique enough to tell log lines apart.
fn invocation_id() -> String {
    let now = chrono::Utc::now().timestamp_nanos_opt().unwrap_or_default();
    let digest = crate::md5::md5_hex(format!("{now}-{}", std::process::id()).as_bytes());
    format!("{}-{}-{}-{}-{}", &digest[..8], &digest[8..12], &digest[12..16], &digest[16..20], &digest[20..])
}

fn load_docs(root: &Path, file: &ProjectFile) -> Result<BTreeMap<String, String>> {
    let mut folders = file.docs_paths.clone();
    if folders.is_empty() {
        folders.extend(
            [&file.model_paths, &file.seed_paths, &file.test_paths, &file.macro_paths].into_iter().flatten().cloned(),
        );
    }
    let mut docs = BTreeMap::new();
    for folder in &folders {
        for path in files::find(root, folder, &["md"])? {
            for block in crate::jinja::block::top_level_blocks(&files::read(root, &path)?, &path)? {
                if block.tag == "docs" && docs.insert(block.name().to_owned(), block.body.trim().to_owned()).is_some() {
                    let message = format!("the docs block `{}` is defined twice", block.name());
                    return Err(Error::parsing(message).at(&path, Some(block.line)));
                }
            }
        }
    }
    Ok(docs)
}
