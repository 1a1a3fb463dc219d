//! Kills processes while they write, and looks at what is left.
//!
//! A child (`crash_child`) runs eight sessions. It is killed (SIGKILL) at a random moment, or ends
//! without warning at a file operation or named point. After reopening: every transaction whose
//! commit was acknowledged is there; one that was not is there as a whole or not at all, and only
//! if it was the last of its session; sums, sets and names fit together; and no file is left over.
//! Rounds go on in one warehouse, so that recovery meets what earlier recoveries left.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use blueshift_engine::Session;
use tokio::runtime::Runtime;

use crate::{
    crash_child::{ACCOUNTS, FACT_ROWS, LOAD_ROWS, SESSIONS, prepare},
    support::{Random, Report, Row, Tier, error_text, files_below, open, rows, runtime, text},
};

/// Rounds in one warehouse.
const ROUNDS_PER_WAREHOUSE: usize = 10;
/// Transactions of a session that is not killed.
const TRANSACTIONS: usize = 15;

/// What a child said: by session, the transactions that it began and the last one acknowledged.
#[derive(Debug, Default)]
struct Said {
    begun: BTreeMap<i64, i64>,
    acknowledged: BTreeMap<i64, i64>,
    commits: usize,
}

/// How a child ends.
enum End {
    /// It is killed when it has said so many lines, after some more microseconds.
    Kill { lines: usize, pause: u64 },
    /// Before this file operation.
    Abort(usize),
    /// At the point, when it is passed for the n-th time.
    Point(&'static str, usize),
    /// By itself.
    Finish,
}

/// Runs the proof.
pub fn run(tier: Tier, seed: u64) -> Result<Report, String> {
    let runtime = runtime(2)?;
    let mut random = Random::new(seed);
    let mut report = Report::default();
    let rounds = tier.pick(50, 1000);
    let mut folder = tempfile::tempdir().map_err(text)?;
    let mut said = Said::default();
    for round in 0..rounds {
        if round % ROUNDS_PER_WAREHOUSE == 0 {
            folder = tempfile::tempdir().map_err(text)?;
            said = Said::default();
            let engine = open(&folder.path().join("warehouse")).map_err(text)?;
            runtime.block_on(prepare(&engine))?;
        }
        let warehouse = folder.path().join("warehouse");
        one_round(&warehouse, round, &mut random, &mut said, &mut report)
            .and_then(|()| check(&runtime, &warehouse, &said, &mut report))
            .map_err(|failure| {
                // The warehouse stays for whoever looks into it.
                let kept = std::mem::replace(&mut folder, tempfile::tempdir().expect("a folder")).keep();
                format!("round {round} of {}: {failure}", kept.display())
            })?;
        report.add("rounds", 1);
    }
    report.add("acknowledged commits", 0);
    Ok(report)
}

fn one_round(
    warehouse: &Path,
    round: usize,
    random: &mut Random,
    said: &mut Said,
    report: &mut Report,
) -> Result<(), String> {
    let points = blueshift_engine::storage::fault::FAULT_POINTS;
    let end = match round % 5 {
        0 | 1 => End::Kill { lines: 1 + random.below(100), pause: random.below(20_000) as u64 },
        2 => End::Abort(random.below(900)),
        3 => End::Point(points[(round / 5) % points.len()], 1 + random.below(25)),
        // Two processes at once, of which one is killed.
        _ => End::Kill { lines: 10 + random.below(60), pause: random.below(20_000) as u64 },
    };
    let mut children = vec![start(warehouse, random.next(), 0, &end)?];
    if round % 5 == 4 {
        children.push(start(warehouse, random.next(), SESSIONS, &End::Finish)?);
    }
    let readers: Vec<_> = children
        .into_iter()
        .enumerate()
        .map(|(index, child)| {
            let limit = match (&end, index) {
                (End::Kill { lines, pause }, 0) => Some((*lines, *pause)),
                _ => None,
            };
            std::thread::spawn(move || listen(child, limit))
        })
        .collect();
    for (index, reader) in readers.into_iter().enumerate() {
        let (lines, errors, success) = reader.join().map_err(|_| "a reader died")??;
        if !errors.is_empty() {
            return Err(format!("child {index}: {errors}"));
        }
        if index == 1 && !success {
            return Err("the child that was not killed did not finish".to_owned());
        }
        report.add(if success { "children that finished" } else { "killed" }, 1);
        for line in lines {
            said.take(&line);
        }
    }
    report.add("acknowledged commits", std::mem::take(&mut said.commits));
    Ok(())
}

fn start(warehouse: &Path, seed: u64, first: usize, end: &End) -> Result<Child, String> {
    let mut command = Command::new(std::env::current_exe().map_err(text)?);
    command.arg("--crash-child").arg(warehouse);
    command.args([(seed % 1_000_000).to_string(), first.to_string(), TRANSACTIONS.to_string()]);
    match end {
        End::Abort(at) => {
            let _ = command.arg(at.to_string());
        }
        End::Point(name, n) => {
            let _ = command.env(blueshift_engine::storage::fault::FAULT_VARIABLE, format!("{name}={n}"));
        }
        End::Kill { .. } | End::Finish => {}
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(text)
}

/// Reads what a child says until it ends; kills it after some lines and a pause.
fn listen(mut child: Child, limit: Option<(usize, u64)>) -> Result<(Vec<String>, String, bool), String> {
    let out = child.stdout.take().ok_or("no pipe")?;
    let mut lines = vec![];
    for line in BufReader::new(out).lines() {
        lines.push(line.map_err(text)?);
        if let Some((count, pause)) = limit
            && lines.len() == count
        {
            std::thread::sleep(std::time::Duration::from_micros(pause));
            child.kill().map_err(text)?;
        }
    }
    let output = child.wait_with_output().map_err(text)?;
    Ok((lines, String::from_utf8_lossy(&output.stderr).into_owned(), output.status.success()))
}

impl Said {
    fn take(&mut self, line: &str) {
        let mut words = line.split(' ');
        let (Some(word), Some(session), Some(op)) = (words.next(), words.next(), words.next()) else { return };
        let (Ok(session), Ok(op)) = (session.parse(), op.parse()) else { return };
        if word == "begin" {
            self.begun.insert(session, op);
        } else {
            self.acknowledged.insert(session, op);
            self.commits += 1;
        }
    }
}

/// Opens the warehouse and checks everything that must hold.
fn check(runtime: &Runtime, warehouse: &Path, said: &Said, report: &mut Report) -> Result<(), String> {
    let engine = open(warehouse).map_err(|e| format!("reopening: {}", error_text(&e)))?;
    let mut session = engine.session();
    let transactions = runtime.block_on(check_rows(&mut session, said))?;
    report.add("transactions checked", transactions);
    let verified = engine.verify(|_, _| {}).map_err(|e| format!("verify: {}", error_text(&e)))?;
    if !verified.problems.is_empty() {
        return Err(format!("verify: {}", verified.problems.join("; ")));
    }
    report.add("files verified", verified.data_files + verified.delete_files);
    drop(session);
    drop(engine);
    // Nobody else is here: what is below `data` now is what the catalog names.
    let before = files_below(&warehouse.join("data"));
    drop(open(warehouse).map_err(text)?);
    let after = files_below(&warehouse.join("data"));
    if before != after {
        return Err(format!("the second sweep found {} files more", before.len() - after.len()));
    }
    Ok(())
}

fn integers(row: &Row) -> Vec<i64> {
    row.iter().map(|cell| cell.as_deref().and_then(|cell| cell.parse().ok()).unwrap_or(i64::MIN)).collect()
}

async fn table(session: &mut Session, sql: &str) -> Result<Vec<Vec<i64>>, String> {
    let rows = rows(session, sql).await.map_err(|e| format!("{sql}: {}", error_text(&e)))?;
    Ok(rows.iter().map(integers).collect())
}

async fn check_rows(session: &mut Session, said: &Said) -> Result<usize, String> {
    let sql = "select op_session, op, case kind when 'transfer' then 0 when 'load' then 1 when 'replace' then 2
        else 3 end from op_log";
    let mut log: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for row in table(session, sql).await? {
        if log.insert((row[0], row[1]), row[2]).is_some() {
            return Err(format!("transaction {row:?} is there twice"));
        }
    }
    for (&id, &begun) in &said.begun {
        let acknowledged = said.acknowledged.get(&id).copied().unwrap_or(0);
        if let Some(lost) = (1..=acknowledged).find(|op| !log.contains_key(&(id, *op))) {
            return Err(format!("session {id}: transaction {lost} was acknowledged and is lost"));
        }
        if let Some(((_, op), _)) = log.range((id, acknowledged.max(begun) + 1)..(id + 1, 0)).next() {
            return Err(format!("session {id}: transaction {op} is there and was never begun"));
        }
    }
    let of_kind = |kind: i64| log.iter().filter(move |(_, k)| **k == kind).map(|(key, _)| *key);
    // Loads are whole.
    let sql = "select op_session, op, count(*), count(distinct part), max(part) from event group by 1, 2";
    let loads: BTreeMap<(i64, i64), Vec<i64>> =
        table(session, sql).await?.into_iter().map(|row| ((row[0], row[1]), row[2..].to_vec())).collect();
    if loads.keys().copied().collect::<BTreeSet<_>>() != of_kind(1).collect() {
        return Err("loads and their log differ".to_owned());
    }
    let whole = [LOAD_ROWS as i64, LOAD_ROWS as i64, LOAD_ROWS as i64 - 1];
    if let Some((key, found)) = loads.iter().find(|(_, counts)| counts.as_slice() != whole) {
        return Err(format!("load {key:?} is not whole: {found:?}"));
    }
    // Facts are those of the last replacement.
    let sql = "select op_session, count(*), count(distinct k), min(version), max(version),
        sum(case when pad = md5((k + version)::varchar) then 1 else 0 end) from fact group by 1";
    let last_of = |kind: i64| of_kind(kind).collect::<BTreeMap<i64, i64>>();
    let facts = table(session, sql).await?;
    let rows = FACT_ROWS as i64;
    let expected: Vec<Vec<i64>> = last_of(2).into_iter().map(|(id, op)| vec![id, rows, rows, op, op, rows]).collect();
    if sorted(facts.clone()) != expected {
        return Err(format!("facts are {facts:?}, expected {expected:?}"));
    }
    // Balances are what the transfers say.
    let mut balances = [1000; ACCOUNTS];
    let mut transfers = BTreeSet::new();
    for row in table(session, "select op_session, op, debit, credit, amount from transfer").await? {
        transfers.insert((row[0], row[1]));
        balances[row[2] as usize] -= row[4];
        balances[row[3] as usize] += row[4];
    }
    if transfers != of_kind(0).collect() {
        return Err("transfers and their log differ".to_owned());
    }
    let expected: Vec<Vec<i64>> = balances.iter().enumerate().map(|(id, b)| vec![id as i64, *b]).collect();
    let found = table(session, "select id, balance from account order by id").await?;
    if found != expected {
        return Err(format!("balances are {found:?}, expected {expected:?}"));
    }
    // Swapped tables are the last ones, and nothing of a swap is left.
    let swaps = last_of(3);
    for id in 0..2 * SESSIONS as i64 {
        let found = table(session, &format!("select op from swap_{id}")).await?;
        let expected = swaps.get(&id).copied().unwrap_or(-1);
        if found != [[expected]] {
            return Err(format!("swap_{id} has {found:?}, expected {expected}"));
        }
    }
    let sql = "select count(*) from information_schema.tables where table_name like 'swap\\\\_%\\\\_\\\\_%'";
    if table(session, sql).await? != [[0]] {
        return Err("a table of an unfinished swap is left".to_owned());
    }
    Ok(log.len())
}

fn sorted(mut rows: Vec<Vec<i64>>) -> Vec<Vec<i64>> {
    rows.sort();
    rows
}
