//! Flips bits in the files of a warehouse, one at a time: data files, delete files, files of the lake, both catalogs.
//! Whoever reads everything afterwards gets the right rows or an error that names the damage; never wrong rows, never a
//! panic or no end.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use blueshift_engine::{
    Engine,
    error::{Error, Result as EngineResult},
    glue::job::{self, JobContext, JobOptions, NoProgress},
    lake::Location,
};
use tokio::runtime::Runtime;

use crate::{
    support::{
        Contents, Random, Report, Tier, contents, copy_folder, difference, error_text, files_below, open, rows,
        runtime, text,
    },
    workload::{DIGITS, STEPS},
};

/// Reading everything takes a fraction of a second; this is the sign of a loop.
const END_SECONDS: u64 = 60;
/// Steps of the workload after which there are segments, delete files, views and altered tables.
const STEPS_DONE: usize = 21;
/// So much of a file's end holds its structure, where a flip does more than in the rows.
const TAIL_BYTES: usize = 4096;

/// The files of SQLite.
const CATALOGS: [&str; 2] = ["catalog.sqlite", "glue.sqlite"];
const EXTERNAL_SCHEMA: &str = "create external schema shop from data catalog database 'shop' iam_role default";

/// Runs the proof.
pub fn run(tier: Tier, seed: u64) -> Result<Report, String> {
    let runtime = runtime(2)?;
    let folder = tempfile::tempdir().map_err(text)?;
    let sound = folder.path().join("sound");
    let expected = runtime.block_on(build(&sound))?;
    let mut report = Report::default();
    let mut failures = vec![];
    let mut random = Random::new(seed);
    let files = files_below(&sound.join("data")).into_iter().chain(files_below(&sound.join("lake")));
    for file in files.filter(|file| file.extension().is_some_and(|e| e != "lock")) {
        let name = file.strip_prefix(&sound).map_err(text)?.to_owned();
        let length = fs::metadata(&file).map_err(text)?.len() as usize;
        let flips = tier.pick(6, 400);
        for index in 0..flips {
            let position = match index % 2 {
                0 => random.below(length),
                _ => length - 1 - random.below(length.min(TAIL_BYTES)),
            };
            let trial = Trial { sound: &sound, name: &name, position, bit: random.below(8) as u8 };
            match trial.run(&runtime, &expected) {
                Ok(outcome) => report.add(outcome, 1),
                Err(failure) => failures.push(failure),
            }
        }
        report.add("data files", 1);
    }
    for (index, name) in (0..tier.pick(40, 4000)).flat_map(|index| CATALOGS.map(|name| (index, name))) {
        let name = PathBuf::from(name);
        let length = fs::metadata(sound.join(&name)).map_err(text)?.len() as usize;
        // The head of each page, and anywhere.
        let position = match index % 2 {
            0 => random.below(length),
            _ => (random.below(length / 4096) * 4096 + random.below(16)).min(length - 1),
        };
        let trial = Trial { sound: &sound, name: &name, position, bit: random.below(8) as u8 };
        match trial.run(&runtime, &expected) {
            Ok(outcome) => report.add(&format!("{outcome} ({})", name.display()), 1),
            Err(failure) => failures.push(failure),
        }
    }
    report.result(failures)
}

async fn build(folder: &Path) -> Result<Contents, String> {
    let engine = open(folder).map_err(text)?;
    build_lake(&engine, folder)?;
    engine.session().run(EXTERNAL_SCHEMA).await.map_err(text)?;
    engine.session().run(DIGITS).await.map_err(text)?;
    for step in &STEPS[..STEPS_DONE] {
        engine.session().run(step).await.map_err(text)?;
    }
    drop(engine);
    let engine = open(folder).map_err(text)?;
    everything(&engine, true).await.map_err(text)
}

/// Raw objects, one of them with a line that is rejected, through the Glue job.
fn build_lake(engine: &Engine, folder: &Path) -> Result<(), String> {
    let raw = folder.with_extension("raw");
    for (table, lines) in [("Song", 3000), ("Singer", 40)] {
        fs::create_dir_all(raw.join(table)).map_err(text)?;
        let mut csv = "Id,Name,Price,Since\n".to_owned();
        (0..lines)
            .for_each(|i| csv += &format!("{i},name {},{}.{:02},2024-01-{:02}\n", i % 97, i % 13, i % 100, i % 28 + 1));
        csv += "1,too,many,fields,here\n";
        fs::write(raw.join(table).join("1.csv"), csv).map_err(text)?;
    }
    let context = JobContext {
        catalog: engine.data_catalog(),
        lake: engine.lake(),
        stores: engine.object_stores(),
        database: "shop",
    };
    job::run(&Location::Local(raw), &context, &JobOptions::default(), &NoProgress).map(|_| ()).map_err(text)
}

/// Managed tables and what is read of the lake. Rejects are read by people only: then `verify` must see the damage.
async fn everything(engine: &Engine, verify: bool) -> EngineResult<Contents> {
    let mut all = contents(engine).await?;
    for table in ["shop.song", "shop.singer"] {
        let mut found = rows(&mut engine.session(), &format!("select * from {table}")).await?;
        found.sort();
        all.insert(table.to_owned(), (vec![], found));
    }
    if !verify {
        return Ok(all);
    }
    match engine.verify(|_, _| {})?.problems.first() {
        None => Ok(all),
        Some(problem) => Err(Error::corrupted("verify", problem)),
    }
}

struct Trial<'a> {
    sound: &'a Path,
    name: &'a Path,
    position: usize,
    bit: u8,
}

impl Trial<'_> {
    fn run(&self, runtime: &Runtime, expected: &Contents) -> Result<&'static str, String> {
        let folder = tempfile::tempdir_in(self.sound.parent().unwrap_or(self.sound)).map_err(text)?;
        let warehouse = folder.path().join("warehouse");
        copy_folder(self.sound, &warehouse).map_err(text)?;
        let damaged = warehouse.join(self.name);
        let mut bytes = fs::read(&damaged).map_err(text)?;
        bytes[self.position] ^= 1 << self.bit;
        fs::write(&damaged, bytes).map_err(text)?;
        let read = async {
            let engine = open(&warehouse)?;
            everything(&engine, self.name.starts_with("lake/rejects")).await
        };
        let limit = Duration::from_secs(END_SECONDS);
        let outcome = runtime.block_on(async { tokio::time::timeout(limit, read).await });
        let at = format!("{}, bit {} of byte {}", self.name.display(), self.bit, self.position);
        match outcome {
            Err(_) => Err(format!("{at}: no end after {END_SECONDS} s")),
            Ok(Ok(found)) if found == *expected => Ok("harmless flips"),
            Ok(Ok(found)) => Err(format!("{at}: WRONG ROWS: {}", difference(expected, &found))),
            Ok(Err(error)) => self.check_error(&error).map_err(|e| format!("{at}: {e}")),
        }
    }

    /// Damage has its SQLSTATE and says which file it is in.
    fn check_error(&self, error: &Error) -> Result<&'static str, String> {
        let text = error_text(error);
        let name = self.name.file_name().unwrap_or_default().to_string_lossy();
        // A flip may also make a version of the layout that we do not know.
        let is_catalog = CATALOGS.iter().any(|catalog| self.name.ends_with(catalog));
        if error.state().0 != "XX001" && !(is_catalog && error.state().0 == "0A000") {
            return Err(format!("not XX001 but {text}"));
        }
        if !is_catalog && !text.contains(name.as_ref()) {
            return Err(format!("the error does not name the file: {text}"));
        }
        Ok("detected flips")
    }
}
