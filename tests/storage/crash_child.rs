//! What a killed process was doing: eight sessions that transfer, load, replace and swap, and say
//! on standard output what they are about to commit and what they have committed.
//!
//! Every transaction also puts its number into `op_log`, so that whoever looks at the warehouse
//! afterwards knows which transactions are there, and that each is there as a whole.

use std::{io::Write, path::Path, process::ExitCode, sync::Arc};

use blueshift_engine::{Engine, Session};

use crate::{
    faulty_file_system::{Fault, FaultyFileSystem},
    support::{Random, number, open_with, runtime},
    workload::DIGITS,
};

/// Sessions of a child.
pub const SESSIONS: usize = 8;
/// Accounts, each with 1,000 at the beginning.
pub const ACCOUNTS: usize = 20;
/// Rows of one load.
pub const LOAD_ROWS: usize = 300;
/// Rows of one set of facts.
pub const FACT_ROWS: usize = 100;

/// Makes the tables of the load in a new warehouse.
pub async fn prepare(engine: &Engine) -> Result<(), String> {
    let mut script = format!(
        "{DIGITS};
        create table account (id int, balance int);
        create table transfer (op_session int, op int, debit int, credit int, amount int);
        create table event (op_session int, op int, part int);
        create table fact (op_session int, k int, version int, pad char(32));
        create table op_log (op_session int, op int, kind varchar(10));
        insert into account select a.d * 10 + b.d, 1000 from digit a, digit b where a.d * 10 + b.d < {ACCOUNTS};"
    );
    for session in 0..2 * SESSIONS {
        script.push_str(&format!("create table swap_{session} as select -1 as op;"));
    }
    engine.session().run(&script).await.map(|_| ()).map_err(|e| e.to_string())
}

/// `--crash-child FOLDER SEED FIRST TRANSACTIONS [ABORT-AT]`: sessions FIRST… run TRANSACTIONS each; the
/// process ends before file operation ABORT-AT.
pub fn main(arguments: &[String]) -> ExitCode {
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let [folder, numbers @ ..] = arguments else { return Err("no folder".to_owned()) };
    let numbers: Vec<usize> = numbers.iter().filter_map(|n| n.parse().ok()).collect();
    let [seed, first, transactions, abort @ ..] = numbers.as_slice() else { return Err("too few numbers".to_owned()) };
    let (seed, first, transactions) = (*seed, *first, *transactions);
    let file_system = FaultyFileSystem::new(&Path::new(folder).with_extension("graveyard"));
    if let Some(at) = abort.first() {
        file_system.arm(*at, Fault::Abort);
    }
    let engine = open_with(Path::new(folder), Arc::new(file_system)).map_err(|e| e.to_string())?;
    say("open");
    let runtime = runtime(2)?;
    runtime.block_on(async {
        let mut sessions = tokio::task::JoinSet::new();
        for session in first..first + SESSIONS {
            let engine = engine.clone();
            sessions.spawn(work(engine, session, transactions, Random::new((seed * 1000 + session) as u64)));
        }
        while let Some(ended) = sessions.join_next().await {
            ended.map_err(|e| e.to_string())??;
        }
        Ok(())
    })
}

/// One line, whole, at once: what is in the pipe survives the process.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush());
}

async fn work(engine: Engine, id: usize, transactions: usize, mut random: Random) -> Result<(), String> {
    let mut session = engine.session();
    let sql = format!("select coalesce(max(op), 0) from op_log where op_session = {id}");
    let start = number(&mut session, &sql).await.map_err(|e| e.to_string())?;
    for op in start + 1..=start + transactions as i64 {
        let (kind, sql) = transaction(id, op, &mut random);
        say(&format!("begin {id} {op} {kind}"));
        let log = format!("insert into op_log values ({id}, {op}, '{kind}')");
        let mut attempts = 0;
        while let Err(error) = attempt(&mut session, &sql, &log).await {
            attempts += 1;
            let state = error.split(':').next().unwrap_or_default();
            if !matches!(state, "40001" | "40P01") || attempts > 200 {
                return Err(format!("session {id}, {kind}, attempt {attempts}: {error}"));
            }
        }
        say(&format!("done {id} {op}"));
        // Upkeep beside the others; it may find a table locked or changed.
        if random.one_in(10) {
            let table = ["fact", "event", "account"][random.below(3)];
            let _ = session.run(&format!("vacuum {table}")).await;
        }
    }
    Ok(())
}

async fn attempt(session: &mut Session, sql: &str, log: &str) -> Result<(), String> {
    let outcome = session.run(&format!("begin; {sql}; {log}; commit")).await;
    if let Err(error) = outcome {
        let _ = session.run("rollback").await;
        return Err(format!("{}: {}", error.error.state().0, error.error));
    }
    Ok(())
}

fn transaction(id: usize, op: i64, random: &mut Random) -> (&'static str, String) {
    match random.below(5) {
        0 => {
            let (debit, credit, amount) = (random.below(ACCOUNTS), random.below(ACCOUNTS), 1 + random.below(50));
            let sql = format!(
                "lock account; update account set balance = balance - {amount} where id = {debit};
                update account set balance = balance + {amount} where id = {credit};
                insert into transfer values ({id}, {op}, {debit}, {credit}, {amount})"
            );
            ("transfer", sql)
        }
        1 => {
            let sql = format!(
                "insert into event select {id}, {op}, a.d + 10 * b.d + 100 * c.d from digit a, digit b, digit c
                where a.d + 10 * b.d + 100 * c.d < {LOAD_ROWS}"
            );
            ("load", sql)
        }
        2 | 3 => {
            let sql = format!(
                "lock fact; delete from fact where op_session = {id};
                insert into fact select {id}, a.d + 10 * b.d, {op}, md5((a.d + 10 * b.d + {op})::varchar)
                from digit a, digit b where a.d + 10 * b.d < {FACT_ROWS}"
            );
            ("replace", sql)
        }
        _ => {
            let sql = format!(
                "create table swap_{id}__tmp as select {op} as op; alter table swap_{id} rename to swap_{id}__backup;
                alter table swap_{id}__tmp rename to swap_{id}; drop table swap_{id}__backup"
            );
            ("swap", sql)
        }
    }
}
