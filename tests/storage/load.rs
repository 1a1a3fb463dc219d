//! Readers and writers for long: memory, open files and the number of files stay flat.
//!
//! The amount of work is fixed, not the time: some rounds warm everything up, then the use of
//! resources in the middle is compared with that at the end.

use std::{fs, path::Path};

use blueshift_engine::Engine;

use crate::support::{Random, Report, Tier, error_text, files_below, number, open, runtime, text};

const WRITERS: usize = 3;
const READERS: usize = 3;
/// Statements of each reader and transactions of each writer in a round.
const PER_ROUND: usize = 12;
/// Growth of resident memory between the middle and the end that is no leak.
const MEMORY_GROWTH_BYTES: u64 = 64 << 20;

/// What the process uses.
#[derive(Debug, Clone, Copy)]
struct Usage {
    memory: u64,
    descriptors: usize,
    files: usize,
}

/// Runs the proof.
pub fn run(tier: Tier, seed: u64) -> Result<Report, String> {
    let folder = tempfile::tempdir().map_err(text)?;
    let warehouse = folder.path().join("warehouse");
    let runtime = runtime(4)?;
    let engine = open(&warehouse).map_err(text)?;
    let prepare = "create table ledger (account int, amount int); create table log (writer int, n int, pad char(64))";
    runtime.block_on(async { engine.session().run(prepare).await.map(|_| ()) }).map_err(text)?;
    // An hour or so.
    let rounds = tier.pick(6, 3000);
    let mut report = Report::default();
    let mut middle = None;
    for round in 0..rounds {
        runtime.block_on(one_round(&engine, seed + round as u64)).map_err(|e| format!("round {round}: {e}"))?;
        report.add("transactions", WRITERS * PER_ROUND);
        report.add("queries", READERS * PER_ROUND);
        if round == rounds / 2 {
            middle = Some(usage(&warehouse)?);
        }
    }
    let (middle, end) = (middle.ok_or("no rounds")?, usage(&warehouse)?);
    report.add("MB of memory in the middle", (middle.memory >> 20) as usize);
    report.add("MB at the end", (end.memory >> 20) as usize);
    report.add("descriptors", end.descriptors);
    report.add("data files", end.files);
    if end.memory > middle.memory + MEMORY_GROWTH_BYTES {
        return Err(format!("memory grows: {middle:?}, then {end:?}"));
    }
    if end.descriptors > middle.descriptors + 8 {
        return Err(format!("open files grow: {middle:?}, then {end:?}"));
    }
    Ok(report)
}

async fn one_round(engine: &Engine, seed: u64) -> Result<(), String> {
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        tasks.spawn(write(engine.clone(), writer, Random::new(seed * 100 + writer as u64)));
    }
    for _ in 0..READERS {
        tasks.spawn(read(engine.clone()));
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(text)??;
    }
    Ok(())
}

/// Moves money between two accounts, replaces its own log, and sometimes begins the ledger anew.
async fn write(engine: Engine, writer: usize, mut random: Random) -> Result<(), String> {
    let mut session = engine.session();
    for n in 0..PER_ROUND {
        let (from, to, amount) = (random.below(50), random.below(50), random.below(100));
        let mut sql = format!(
            "begin; insert into ledger values ({from}, -{amount}), ({to}, {amount});
            lock log; delete from log where writer = {writer}; insert into log values ({writer}, {n}, 'x'); commit"
        );
        if random.one_in(8) {
            sql = "begin; lock ledger; create temp table sums as select account, sum(amount)::int as amount from ledger group by 1;
                delete from ledger; insert into ledger select * from sums; drop table sums; commit"
                .to_owned();
        }
        loop {
            match session.run(&sql).await {
                Ok(_) => break,
                Err(error) => {
                    let _ = session.run("rollback").await;
                    if !matches!(error.error.state().0, "40001" | "40P01") {
                        return Err(error_text(&error.error));
                    }
                }
            }
        }
    }
    Ok(())
}

async fn read(engine: Engine) -> Result<(), String> {
    let mut session = engine.session();
    for _ in 0..PER_ROUND {
        let sum = number(&mut session, "select coalesce(sum(amount), 0) from ledger").await.map_err(text)?;
        if sum != 0 {
            return Err(format!("the ledger's sum is {sum}"));
        }
        let twice = "select count(*) from (select writer from log group by 1 having count(*) > 1) as twice";
        if number(&mut session, twice).await.map_err(text)? != 0 {
            return Err("a writer has two rows in the log".to_owned());
        }
    }
    Ok(())
}

fn usage(warehouse: &Path) -> Result<Usage, String> {
    // Pages of 4 KiB; without /proc there is nothing to compare.
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split(' ').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    let descriptors = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    Ok(Usage { memory: pages * 4096, descriptors, files: files_below(&warehouse.join("data")).len() })
}
