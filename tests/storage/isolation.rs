//! Sessions append to lists and read them; the histories are checked for anomalies (`history`).
//!
//! SERIALIZABLE must show none, SNAPSHOT only write skew. The lists are rows of text: some share a
//! table, some have one of their own. Sessions run in one process, in two, and in processes that
//! are killed. To be sure that the test can see something, SNAPSHOT has to show write skew in the
//! long run of one process.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, ExitCode, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use blueshift_engine::{Engine, Session, error::Error};

use crate::{
    faulty_file_system::FaultyFileSystem,
    history::{End, Op, Transaction, Verdict, check, self_test},
    support::{Random, Report, Tier, error_text, open, open_with, rows, runtime, text},
};

/// Lists; the last two share a table.
const LISTS: usize = 6;
const SHARED: usize = 2;
/// Sessions of one process.
const SESSIONS: usize = 8;

/// Runs the proof.
pub fn run(tier: Tier, seed: u64) -> Result<Report, String> {
    let mut report = Report::default();
    report.add("known histories", self_test()?);
    let transactions = tier.pick(25, 400);
    for serializable in [true, false] {
        let level = if serializable { "SERIALIZABLE" } else { "SNAPSHOT" };
        for (name, processes, kills) in
            [("one process", 1, 0), ("failing disk", 0, 0), ("two processes", 2, 0), ("kills", 2, tier.pick(3, 40))]
        {
            let failed = |failure: String| format!("{level}, {name}: {failure}");
            let folder = tempfile::tempdir().map_err(text)?;
            let warehouse = folder.path().join("warehouse");
            runtime(2)?.block_on(prepare(&warehouse, serializable)).map_err(failed)?;
            let history = match processes {
                0 => on_failing_disk(&warehouse, seed, transactions, &mut report).map_err(failed)?,
                1 => in_process(&open(&warehouse).map_err(text)?, seed, transactions).map_err(failed)?,
                _ => in_processes(&warehouse, seed, transactions, kills).map_err(failed)?,
            };
            let last = runtime(2)?.block_on(final_lists(&warehouse)).map_err(failed)?;
            let verdict = check(&history, &last);
            count(&mut report, &history);
            judge(&verdict, serializable).map_err(|failure| {
                let kept = folder.keep();
                failed(format!("{failure}\nwarehouse: {}", kept.display()))
            })?;
            if !serializable {
                report.add("write skews under SNAPSHOT", verdict.write_skews);
            }
        }
    }
    Ok(report)
}

fn count(report: &mut Report, history: &[Transaction]) {
    for (name, end) in [("committed", End::Committed), ("refused", End::Aborted), ("unknown", End::Unknown)] {
        report.add(name, history.iter().filter(|t| t.end == end).count());
    }
}

fn judge(verdict: &Verdict, serializable: bool) -> Result<(), String> {
    if !verdict.forbidden.is_empty() {
        return Err(verdict.forbidden.iter().take(5).cloned().collect::<Vec<_>>().join("\n"));
    }
    match (&verdict.example, serializable) {
        (Some(example), true) => Err(format!("G2 under SERIALIZABLE: {example}")),
        _ => Ok(()),
    }
}

fn table_of(list: usize) -> String {
    if list >= LISTS - SHARED { "shared".to_owned() } else { format!("list_{list}") }
}

async fn prepare(warehouse: &Path, serializable: bool) -> Result<(), String> {
    let engine = open(warehouse).map_err(text)?;
    let mut session = engine.session();
    let level = if serializable { "serializable" } else { "snapshot" };
    let mut script =
        format!("alter database dev isolation level {level}; create table shared (id int, v varchar(max));");
    for list in 0..LISTS {
        let table = table_of(list);
        if table != "shared" {
            script.push_str(&format!("create table {table} (id int, v varchar(max));"));
        }
        script.push_str(&format!("insert into {table} values ({list}, '');"));
    }
    session.run(&script).await.map(|_| ()).map_err(text)
}

async fn read(session: &mut Session, list: usize) -> Result<Vec<u64>, Error> {
    let found = rows(session, &format!("select v from {} where id = {list}", table_of(list))).await?;
    let [row] = found.as_slice() else { return Err(Error::internal(format!("list {list} has {} rows", found.len()))) };
    let cell = row[0].clone().unwrap_or_default();
    cell.split_terminator(',').map(|v| v.parse().map_err(|_| Error::internal(format!("list {list}: {cell}")))).collect()
}

async fn final_lists(warehouse: &Path) -> Result<Vec<Vec<u64>>, String> {
    let engine = open(warehouse).map_err(text)?;
    let mut session = engine.session();
    let mut lists = vec![];
    for list in 0..LISTS {
        lists.push(read(&mut session, list).await.map_err(text)?);
    }
    Ok(lists)
}

/// What a session does next: one to four operations on lists.
fn plan(random: &mut Random, session: usize, number: usize) -> Vec<Op> {
    let mut ops = vec![];
    for index in 0..1 + random.below(4) {
        let list = random.below(LISTS);
        // The value says who wrote it.
        let value = (session as u64 * 100_000 + number as u64) * 10 + index as u64;
        ops.push(if random.one_in(2) { Op::Append(list, value) } else { Op::Read(list, vec![]) });
    }
    ops
}

async fn execute(session: &mut Session, sql: &str) -> Result<(), Error> {
    session.run(sql).await.map(|_| ()).map_err(|e| e.error)
}

/// Others get their turn between the operations.
async fn perform(session: &mut Session, ops: &mut [Op], yields: usize) -> Result<(), Error> {
    execute(session, "begin").await?;
    for op in ops {
        for _ in 0..yields {
            tokio::task::yield_now().await;
        }
        match op {
            Op::Append(list, value) => {
                let sql = format!("update {} set v = v || '{value},' where id = {list}", table_of(*list));
                execute(session, &sql).await?;
            }
            Op::Read(list, found) => *found = read(session, *list).await?,
        }
    }
    Ok(())
}

/// Runs a planned transaction; how it ended.
async fn attempt(session: &mut Session, ops: &mut [Op], yields: usize) -> Result<End, String> {
    let mut committing = false;
    let mut outcome = perform(session, ops, yields).await;
    if outcome.is_ok() {
        committing = true;
        outcome = execute(session, "commit").await;
    }
    let Err(error) = outcome else { return Ok(End::Committed) };
    let _ = session.run("rollback").await;
    match error.state().0 {
        "40001" | "40P01" => Ok(End::Aborted),
        // The disk failed: whether before or after the commit took effect is not known.
        "58030" | "53100" if committing => Ok(End::Unknown),
        "58030" | "53100" => Ok(End::Aborted),
        _ => Err(error_text(&error)),
    }
}

async fn work(
    engine: Engine,
    id: usize,
    seed: u64,
    transactions: usize,
    clock: Arc<AtomicU64>,
    done: impl Fn(Option<&[Op]>, Transaction),
) -> Result<(), String> {
    let mut session = engine.session();
    let mut random = Random::new(seed * 1000 + id as u64);
    for number in 0..transactions {
        let mut ops = plan(&mut random, id, number);
        done(Some(&ops), Transaction { session: id, ops: vec![], end: End::Unknown, times: None });
        let begun = clock.fetch_add(1, Ordering::SeqCst);
        let end = attempt(&mut session, &mut ops, random.below(20)).await?;
        let times = Some((begun, clock.fetch_add(1, Ordering::SeqCst)));
        done(None, Transaction { session: id, ops, end, times });
    }
    Ok(())
}

async fn run_sessions(
    engine: &Engine,
    first: usize,
    seed: u64,
    transactions: usize,
    done: impl Fn(Option<&[Op]>, Transaction) + Clone + Send + Sync + 'static,
) -> Result<(), String> {
    let clock = Arc::new(AtomicU64::new(0));
    let mut sessions = tokio::task::JoinSet::new();
    for id in first..first + SESSIONS {
        sessions.spawn(work(engine.clone(), id, seed, transactions, Arc::clone(&clock), done.clone()));
    }
    while let Some(ended) = sessions.join_next().await {
        ended.map_err(text)??;
    }
    Ok(())
}

/// One file operation in thirty fails, and the engine goes on.
fn on_failing_disk(
    warehouse: &Path,
    seed: u64,
    transactions: usize,
    report: &mut Report,
) -> Result<Vec<Transaction>, String> {
    let file_system = FaultyFileSystem::new(&warehouse.with_extension("graveyard"));
    let engine = open_with(warehouse, Arc::new(file_system.clone())).map_err(text)?;
    file_system.begin_chaos(seed, 30);
    let history = in_process(&engine, seed, transactions)?;
    report.add("failed file operations", file_system.end_chaos());
    Ok(history)
}

fn in_process(engine: &Engine, seed: u64, transactions: usize) -> Result<Vec<Transaction>, String> {
    let history: Arc<Mutex<Vec<Transaction>>> = Arc::default();
    let all = Arc::clone(&history);
    let done = move |plan: Option<&[Op]>, transaction| {
        if plan.is_none() {
            all.lock().expect("no panics").push(transaction);
        }
    };
    runtime(4)?.block_on(run_sessions(engine, 0, seed, transactions, done))?;
    let mut history = std::mem::take(&mut *history.lock().expect("no panics"));
    history.sort_by_key(|t| t.times);
    Ok(history)
}

/// `--isolation-child FOLDER SEED FIRST TRANSACTIONS`.
pub fn child(arguments: &[String]) -> ExitCode {
    let run = || -> Result<(), String> {
        let [folder, numbers @ ..] = arguments else { return Err("no folder".to_owned()) };
        let numbers: Vec<usize> = numbers.iter().filter_map(|n| n.parse().ok()).collect();
        let [seed, first, transactions] = numbers[..] else { return Err("three numbers".to_owned()) };
        let engine = open(Path::new(folder)).map_err(text)?;
        let done = |plan: Option<&[Op]>, transaction: Transaction| {
            let (word, ops) = match plan {
                Some(plan) => ("plan", plan),
                None if transaction.end == End::Committed => ("committed", transaction.ops.as_slice()),
                None if transaction.end == End::Aborted => ("aborted", transaction.ops.as_slice()),
                None => ("failed", transaction.ops.as_slice()),
            };
            let line = format!("{word} {} {}\n", transaction.session, write_ops(ops));
            let mut out = std::io::stdout().lock();
            let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
        };
        runtime(2)?.block_on(run_sessions(&engine, first, seed as u64, transactions, done))
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write_ops(ops: &[Op]) -> String {
    let one = |op: &Op| match op {
        Op::Append(list, value) => format!("a{list}:{value}"),
        Op::Read(list, found) => format!("r{list}:{}", found.iter().map(u64::to_string).collect::<Vec<_>>().join("+")),
    };
    ops.iter().map(one).collect::<Vec<_>>().join(",")
}

fn read_ops(text: &str) -> Option<Vec<Op>> {
    let one = |text: &str| {
        let (list, rest) = text.get(1..)?.split_once(':')?;
        let list = list.parse().ok()?;
        Some(match text.as_bytes().first()? {
            b'a' => Op::Append(list, rest.parse().ok()?),
            _ => Op::Read(
                list,
                rest.split('+').filter(|v| !v.is_empty()).map(|v| v.parse().ok()).collect::<Option<_>>()?,
            ),
        })
    };
    text.split(',').map(one).collect()
}

/// Two children at a time; with `kills`, one of them is killed and a new one takes its place.
fn in_processes(warehouse: &Path, seed: u64, transactions: usize, kills: usize) -> Result<Vec<Transaction>, String> {
    let mut random = Random::new(seed);
    let mut history = vec![];
    // The parent has the warehouse open, too, so that nobody sweeps while others write.
    let mut first = 0;
    for round in 0..1 + kills {
        let per_session = if kills == 0 { transactions } else { transactions / 3 };
        let mut listeners = vec![];
        for index in 0..2 {
            let limit = (index == 0 && round < kills).then(|| 20 + random.below(SESSIONS * per_session));
            let child = Command::new(std::env::current_exe().map_err(text)?)
                .arg("--isolation-child")
                .arg(warehouse)
                .args([(seed as usize + round).to_string(), first.to_string(), per_session.to_string()])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .map_err(text)?;
            first += SESSIONS;
            listeners.push(std::thread::spawn(move || listen(child, limit)));
        }
        for listener in listeners {
            history.extend(listener.join().map_err(|_| "a listener died")??);
        }
    }
    Ok(history)
}

fn listen(mut child: std::process::Child, limit: Option<usize>) -> Result<Vec<Transaction>, String> {
    let out = child.stdout.take().ok_or("no pipe")?;
    let mut history = vec![];
    let mut planned: BTreeMap<usize, Vec<Op>> = BTreeMap::new();
    for (number, line) in BufReader::new(out).lines().enumerate() {
        let line = line.map_err(text)?;
        let mut words = line.splitn(3, ' ');
        let (word, session) = (words.next().unwrap_or(""), words.next().and_then(|s| s.parse().ok()).unwrap_or(0));
        let ops = words.next().and_then(read_ops).ok_or_else(|| format!("line {line}"))?;
        let end = match word {
            "plan" => {
                planned.insert(session, ops);
                if limit == Some(number) {
                    child.kill().map_err(text)?;
                }
                continue;
            }
            "committed" => End::Committed,
            "aborted" => End::Aborted,
            _ => return Err(format!("session {session} met an error of the disk")),
        };
        planned.remove(&session);
        history.push(Transaction { session, ops, end, times: None });
        if limit == Some(number) {
            child.kill().map_err(text)?;
        }
    }
    let output = child.wait_with_output().map_err(text)?;
    if !output.stderr.is_empty() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    // Nobody heard how these ended, nor what they read.
    for (session, mut ops) in planned {
        ops.retain(|op| matches!(op, Op::Append(..)));
        history.push(Transaction { session, ops, end: End::Unknown, times: None });
    }
    Ok(history)
}
