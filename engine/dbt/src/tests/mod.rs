//! Whole projects, written to a folder, loaded and run against the fake database.

mod build;
mod chinook;
mod contracts;
mod incremental;
mod jinja;
mod loading;
mod selection;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{Command, Event, Events, Project, Result, RunOptions, RunResults, Runner, Selection, Target, fake::Fake};

/// A project in a folder of its own, which goes away with it.
pub struct Folder(pub PathBuf);

impl Folder {
    /// Writes files into a new folder; `dbt_project.yml` is added when it is missing.
    pub fn new(files: &[(&str, &str)]) -> Folder {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("blueshift-dbt-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = Folder(std::env::temp_dir().join(name));
        if !files.iter().any(|(path, _)| *path == "dbt_project.yml") {
            folder.write("dbt_project.yml", "name: shop\nversion: '1'\n");
        }
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn load(&self) -> Result<Project> {
        Project::load(&self.0, &Target { threads: 1, ..Target::default() }, &BTreeMap::new())
    }

    /// The message of the error that loading must end in.
    pub fn load_error(&self) -> String {
        self.load().expect_err("the project must not load").to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Keeps progress lines, without the seconds.
#[derive(Default)]
pub struct Lines(pub Mutex<Vec<String>>);

impl Events for Lines {
    fn event(&self, event: &Event<'_>) {
        if !matches!(event, Event::Statement { .. } | Event::Started { .. }) {
            self.0.lock().unwrap().push(event.to_string());
        }
    }
}

/// Runs a command on a project; results and progress lines.
pub fn run_with(
    folder: &Folder,
    fake: &Fake,
    command: Command,
    select: &[&str],
    options: RunOptions,
) -> (RunResults, Vec<String>) {
    let project = Arc::new(folder.load().unwrap());
    let runner = Runner::new(project, Arc::new(fake.clone()), options);
    let selection = Selection { select: select.iter().map(|text| (*text).to_owned()).collect(), exclude: Vec::new() };
    let lines = Lines::default();
    let results = runner.run(command, &selection, &lines).unwrap();
    (results, lines.0.into_inner().unwrap())
}

/// Runs a command on everything with one thread.
pub fn run(folder: &Folder, fake: &Fake, command: Command) -> RunResults {
    run_with(folder, fake, command, &[], RunOptions::default()).0
}

/// `name status` of every result, in order.
pub fn statuses(results: &RunResults) -> Vec<String> {
    results.results.iter().map(|result| format!("{} {}", result.name, result.status)).collect()
}
