//! For each step of the workload and each of its file operations: the operation fails in every way
//! that means something for it. The step then succeeds or fails cleanly; the warehouse holds the
//! state before the step or the one after it, now and after reopening; the step can be repeated;
//! and no file is left that no state names.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use blueshift_engine::{Engine, error::Error};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{
    faulty_file_system::{Fault, FaultyFileSystem, Operation},
    support::{
        Contents, Random, Report, Tier, contents, difference, error_text, files_below, link_folder, open, open_with,
        runtime, text,
    },
    workload::{DIGITS, STEPS},
};

/// Data files of a warehouse before a step and what is in it.
struct Before {
    folder: PathBuf,
    contents: Contents,
    files: usize,
}

/// One run: which step, which of its operations, how it fails.
struct Trial<'a> {
    step: usize,
    operation: usize,
    fault: Fault,
    before: &'a Before,
    after: &'a Before,
    /// Whether the warehouse is opened within the step: opening is the step then.
    opens: bool,
    seed: u64,
}

/// Runs the proof.
pub fn run(tier: Tier, seed: u64) -> Result<Report, String> {
    let runtime = runtime(2)?;
    let folder = tempfile::tempdir().map_err(text)?;
    let mut report = Report::default();
    let mut failures = vec![];
    let states = runtime.block_on(reference(folder.path()))?;
    // A prime: over some runs of the short tier every operation has its turn.
    let stride = tier.pick(23, 1);
    let mut number = Random::new(seed).below(stride);
    for step in 0..STEPS.len() {
        for opens in [false, true] {
            let (before, after) = (&states[step], &states[step + usize::from(!opens)]);
            let operations = runtime.block_on(trace(before, step, opens))?;
            report.add("operations", operations.len());
            for (index, operation) in operations.iter().enumerate() {
                for fault in Fault::ALL.into_iter().filter(|fault| fault.applies_to(operation)) {
                    number += 1;
                    if !number.is_multiple_of(stride) {
                        continue;
                    }
                    let trial = Trial { step, operation: index, fault, before, after, opens, seed };
                    report.add("faults", 1);
                    match trial.run(&runtime) {
                        Ok(outcome) => report.add(outcome, 1),
                        Err(failure) => failures.push(format!(
                            "step {step} ({}): {}\n{fault:?} at operation {index} ({} {}), opening: {opens}\n{failure}",
                            STEPS[step].split_whitespace().take(6).collect::<Vec<_>>().join(" "),
                            operations.len(),
                            operation.kind,
                            operation.on
                        )),
                    }
                }
            }
        }
    }
    report.result(failures)
}

/// The workload without faults: a copy of the warehouse before each step and after the last.
async fn reference(folder: &Path) -> Result<Vec<Before>, String> {
    let live = folder.join("live");
    let mut states = vec![];
    let script = |index: usize| if index == 0 { DIGITS } else { STEPS[index - 1] };
    for index in 0..=STEPS.len() {
        let engine = open(&live).map_err(text)?;
        engine.session().run(script(index)).await.map_err(|e| format!("step {index}: {}", error_text(&e.error)))?;
        drop(engine);
        // Reopened, so that what is not needed any more is swept.
        let engine = open(&live).map_err(text)?;
        let contents = contents(&engine).await.map_err(text)?;
        drop(engine);
        let copy = folder.join(format!("state-{index}"));
        link_folder(&live, &copy).map_err(text)?;
        let files = files_below(&copy.join("data")).len();
        states.push(Before { folder: copy, contents, files });
    }
    Ok(states)
}

/// A private copy of a state, and a file system for it. A file that nobody needs waits to be swept.
fn prepare(before: &Before) -> Result<(TempDir, PathBuf, FaultyFileSystem), String> {
    let folder = tempfile::tempdir_in(before.folder.parent().unwrap_or(Path::new("."))).map_err(text)?;
    let warehouse = folder.path().join("warehouse");
    link_folder(&before.folder, &warehouse).map_err(text)?;
    fs::create_dir_all(warehouse.join("data/0/999")).map_err(text)?;
    fs::write(warehouse.join("data/0/999/orphan.parquet"), "left by a killed process").map_err(text)?;
    let file_system = FaultyFileSystem::new(&folder.path().join("graveyard"));
    Ok((folder, warehouse, file_system))
}

/// The operations of a step, or of opening the warehouse before it.
async fn trace(before: &Before, step: usize, opens: bool) -> Result<Vec<Operation>, String> {
    let (_folder, warehouse, file_system) = prepare(before)?;
    let engine = open_with(&warehouse, Arc::new(file_system.clone())).map_err(text)?;
    let opened = file_system.operations();
    if opens {
        return Ok(opened);
    }
    engine.session().run(STEPS[step]).await.map_err(text)?;
    Ok(file_system.operations().split_off(opened.len()))
}

impl Trial<'_> {
    fn run(&self, runtime: &Runtime) -> Result<&'static str, String> {
        let (_folder, warehouse, file_system) = prepare(self.before)?;
        match self.opens {
            true => runtime.block_on(self.open_with_fault(&warehouse, &file_system)),
            false => runtime.block_on(self.step_with_fault(&warehouse, &file_system)),
        }
    }

    /// The state is that before the step, or the one after it.
    fn is_after(&self, found: &Contents) -> Result<bool, String> {
        match found {
            found if *found == self.after.contents => Ok(true),
            found if *found == self.before.contents => Ok(false),
            found => Err(format!(
                "a state that never was; from the one before: {}; from the one after: {}",
                difference(&self.before.contents, found),
                difference(&self.after.contents, found)
            )),
        }
    }

    fn check_error(&self, error: &Error) -> Result<(), String> {
        let expected = if self.fault == Fault::DiskFull { "53100" } else { "58030" };
        match error.state().0 == expected {
            true => Ok(()),
            false => Err(format!("the error should be {expected}: {}", error_text(error))),
        }
    }

    /// Reopens the warehouse on a sound file system: it holds the expected state, and no file too many.
    async fn reopen(&self, warehouse: &Path, after: Option<bool>) -> Result<bool, String> {
        let engine = open(warehouse).map_err(|e| format!("reopening: {}", error_text(&e)))?;
        let found = contents(&engine).await.map_err(|e| format!("after reopening: {}", error_text(&e)))?;
        let problems = engine.verify(|_, _| {}).map_err(|e| format!("verify: {}", error_text(&e)))?.problems;
        if !problems.is_empty() {
            return Err(format!("verify: {}", problems.join("; ")));
        }
        drop(engine);
        let is_after = self.is_after(&found).map_err(|e| format!("after reopening: {e}"))?;
        if after.is_some_and(|after| after != is_after && self.before.contents != self.after.contents) {
            return Err(format!("after reopening the step is {}", if is_after { "there" } else { "gone" }));
        }
        // Opened once more: what temporary tables left is swept in two steps.
        drop(open(warehouse).map_err(text)?);
        let files = files_below(&warehouse.join("data"));
        let expected = if is_after { self.after.files } else { self.before.files };
        // VACUUM changes files and no contents: then it may be either state.
        let is_either = self.before.contents == self.after.contents && files.len() == self.before.files;
        match files.len() == expected || is_either {
            true => Ok(is_after),
            false => Err(format!("{} data files, expected {expected}: {files:?}", files.len())),
        }
    }

    async fn open_with_fault(&self, warehouse: &Path, file_system: &FaultyFileSystem) -> Result<&'static str, String> {
        file_system.arm(self.operation, self.fault);
        let opened = open_with(warehouse, Arc::new(file_system.clone()));
        file_system.disarm();
        let outcome = match opened {
            Ok(engine) if !self.fault.is_crash() => {
                let found = contents(&engine).await.map_err(|e| format!("opened: {}", error_text(&e)))?;
                self.is_after(&found)?;
                "opened"
            }
            Ok(_) => "opened",
            Err(error) => {
                self.check_error(&error)?;
                "not opened"
            }
        };
        self.stop(file_system)?;
        self.reopen(warehouse, None).await?;
        Ok(outcome)
    }

    /// The machine stops, and what is not durable goes.
    fn stop(&self, file_system: &FaultyFileSystem) -> Result<(), String> {
        file_system.crash();
        let torn = (self.fault == Fault::TornCrash).then_some(self.seed + self.operation as u64);
        file_system.lose_unsynced(torn).map_err(text)
    }

    async fn step_with_fault(&self, warehouse: &Path, file_system: &FaultyFileSystem) -> Result<&'static str, String> {
        let opened = open_with(warehouse, Arc::new(file_system.clone()));
        let engine = opened.map_err(|e| format!("opening: {}", error_text(&e)))?;
        file_system.arm(self.operation, self.fault);
        let mut session = engine.session();
        let result = session.run(STEPS[self.step]).await.map_err(|e| e.error);
        file_system.disarm();
        // The number of operations differs a little: a file's length decides how it is read.
        let Some(hit) = file_system.hit() else { return Ok("not reached") };
        if let Err(error) = &result {
            self.check_error(error)?;
        }
        if self.fault == Fault::ShortWrite && result.is_err() {
            return Err("a short write is no error".to_owned());
        }
        // Once SQLite has committed, an error cannot undo it; before, nothing may be visible.
        let committed = hit.on == "commit.done";
        if self.fault.is_crash() {
            drop((session, engine));
            self.stop(file_system)?;
            let is_after = self.reopen(warehouse, (result.is_ok() || committed).then_some(true)).await?;
            return Ok(if is_after { "crashed after commit" } else { "crashed before commit" });
        }
        let is_after = self.live(&engine).await?;
        if is_after != (result.is_ok() || committed) && self.before.contents != self.after.contents {
            return Err(format!("{result:?}, and the step is {}", if is_after { "there" } else { "not there" }));
        }
        // The fault has passed: the same session goes on.
        if !is_after || result.is_err() && !committed {
            let _ = session.run("rollback").await;
            session.run(STEPS[self.step]).await.map_err(|e| format!("repeated: {}", error_text(&e.error)))?;
            if !self.live(&engine).await? {
                return Err("repeated, and not there".to_owned());
            }
        }
        drop((session, engine));
        // Not even a power failure takes it away now.
        self.stop(file_system)?;
        self.reopen(warehouse, Some(true)).await?;
        Ok(if result.is_ok() { "survived" } else { "clean errors" })
    }

    async fn live(&self, engine: &Engine) -> Result<bool, String> {
        let found = contents(engine).await.map_err(|e| format!("after the fault: {}", error_text(&e)))?;
        self.is_after(&found)
    }
}
