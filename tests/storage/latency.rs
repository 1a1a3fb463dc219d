//! Measures, and prints, how long it takes until a cancelled statement has ended, and how long it takes to open a
//! warehouse with a long history. Times are printed, never judged: no test needs a fast machine to be green. What is
//! judged is that a cancelled statement ends with 57014 (or had ended before) and leaves no trace.

use std::time::{Duration, Instant};

use blueshift_engine::{Engine, Session};
use tokio::runtime::Runtime;

use crate::support::{Random, Report, Tier, error_text, number, open, runtime, text};

/// What is cancelled: a name, and a statement that takes a while.
const STATEMENTS: [(&str, &str); 6] = [
    ("scan", "select sum(length(a.x || b.d::varchar) + length(a.y)) from big a, many b"),
    (
        "sort",
        "select count(*) from (select x, y, row_number() over (order by y, x) as n from big) as s where n % 7 = 0",
    ),
    ("join", "select count(*) from big a join big b on a.id % 1000 = b.id % 1000 where a.x < b.y"),
    ("window", "select count(*) from (select sum(id) over (partition by id % 3) as s from big) as w where s > 0"),
    ("bulk insert", "insert into target select id, x, y from big"),
    // Ends with the commit of all it wrote.
    ("create table as", "create table made as select * from big order by y"),
];
/// A statement is cancelled at the latest after this time.
const DELAY_MS_MAX: usize = 400;

/// Runs the proof.
pub fn run(tier: Tier, seed: u64) -> Result<Report, String> {
    let folder = tempfile::tempdir().map_err(text)?;
    let warehouse = folder.path().join("warehouse");
    let runtime = runtime(2)?;
    let mut report = Report::default();
    let engine = open(&warehouse).map_err(text)?;
    runtime.block_on(prepare(&engine, tier.pick(200_000, 2_000_000))).map_err(text)?;
    let mut random = Random::new(seed);
    for (name, sql) in STATEMENTS {
        let (mut times, mut freed) = (vec![], vec![]);
        for _ in 0..tier.pick(8, 200) {
            let took = cancel(&runtime, &engine, sql, &mut random).map_err(|e| format!("{name}: {e}"))?;
            times.extend(took.ended);
            freed.push(took.freed);
        }
        percentiles(&mut report, &format!("cancel in {name}"), times);
        percentiles(&mut report, &format!("query after a cancelled {name}"), freed);
    }
    let mut times = vec![];
    for _ in 0..tier.pick(8, 200) {
        times.extend(cancel_commit(&runtime, &engine, &mut random).map_err(|e| format!("commit: {e}"))?);
    }
    percentiles(&mut report, "cancel in commit", times);
    drop(engine);
    opening(&mut report, &folder.path().join("history"), &runtime, tier.pick(2_000, 100_000))?;
    Ok(report)
}

async fn prepare(engine: &Engine, rows: usize) -> Result<(), String> {
    let mut session = engine.session();
    let seedling = "create table big as select 1 as id, md5('1') as x, md5('2') as y;
        create table many as select 1 as d; insert into many select d from many; insert into many select d from many;
        insert into many select d from many; insert into many select d from many; insert into many select d from many;
        create table target (id int, x varchar(32), y varchar(32) distkey) sortkey (x)";
    session.run(seedling).await.map_err(text)?;
    loop {
        let count = number(&mut session, "select count(*) from big").await.map_err(text)? as usize;
        if count >= rows {
            return Ok(());
        }
        let double = format!("insert into big select id + {count}, md5(x), md5(y) from big");
        session.run(&double).await.map_err(text)?;
    }
}

/// What cancelling a statement took.
struct Took {
    /// Until it had ended; None when it had ended before.
    ended: Option<Duration>,
    /// A small query right after it: the threads are free again.
    freed: Duration,
}

/// Runs a statement and cancels it after a while.
fn cancel(runtime: &Runtime, engine: &Engine, sql: &str, random: &mut Random) -> Result<Took, String> {
    let mut session = engine.session();
    let (_, ended) = cancelled_after(runtime, &mut session, sql, random.below(DELAY_MS_MAX))?;
    let started = Instant::now();
    runtime.block_on(number(&mut session, "select count(*) + sum(d) from many")).map_err(|e| error_text(&e))?;
    let took = Took { ended, freed: started.elapsed() };
    runtime.block_on(async {
        session.run("drop table if exists made; truncate target").await.map(|_| ()).map_err(text)
    })?;
    Ok(took)
}

/// The same with a transaction whose COMMIT is cancelled: it has committed, or nothing of it is there.
fn cancel_commit(runtime: &Runtime, engine: &Engine, random: &mut Random) -> Result<Option<Duration>, String> {
    let mut session = engine.session();
    let prepare = "begin; insert into target select * from big limit 5000; delete from big where id % 97 = 13";
    let count = |session: &mut Session| {
        runtime.block_on(number(session, "select count(*) from target")).map_err(|e| error_text(&e))
    };
    let before = count(&mut session)?;
    runtime.block_on(session.run(prepare)).map_err(text)?;
    let (is_cancelled, took) = cancelled_after(runtime, &mut session, "commit", random.below(4))?;
    let mut other = engine.session();
    let after = count(&mut other)?;
    match (is_cancelled, after - before) {
        (true, 0 | 5000) | (false, 5000) => {}
        (_, rows) => return Err(format!("a cancelled commit left {rows} rows")),
    }
    let _ = runtime.block_on(session.run("rollback"));
    Ok(took)
}

/// Whether the statement was cancelled, and how long it went on.
fn cancelled_after(
    runtime: &Runtime,
    session: &mut Session,
    sql: &str,
    delay_ms: usize,
) -> Result<(bool, Option<Duration>), String> {
    let handle = session.cancel_handle();
    let cancelling = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(delay_ms as u64));
        let now = Instant::now();
        handle.cancel();
        now
    });
    let result = runtime.block_on(session.run(sql));
    let ended = Instant::now();
    let cancelled = cancelling.join().map_err(|_| "the cancelling thread panicked".to_owned())?;
    let took = ended.checked_duration_since(cancelled);
    match result {
        Ok(_) => Ok((false, took)),
        Err(error) if error.error.state().0 == "57014" => Ok((true, took.or(Some(Duration::ZERO)))),
        Err(error) => Err(error_text(&error.error)),
    }
}

/// Opens a warehouse after many commits.
fn opening(report: &mut Report, folder: &std::path::Path, runtime: &Runtime, commits: usize) -> Result<(), String> {
    let engine = open(folder).map_err(text)?;
    let mut session = engine.session();
    runtime.block_on(session.run("create table t (a int)")).map_err(text)?;
    for commit in 1..commits {
        // Rows now and then; most commits of a long history are small.
        let sql = match commit % 50 {
            0 => format!("insert into t values ({commit})"),
            _ => format!("comment on table t is '{commit}'"),
        };
        runtime.block_on(session.run(&sql)).map_err(text)?;
    }
    drop(session);
    drop(engine);
    let mut times = vec![];
    for _ in 0..5 {
        let started = Instant::now();
        let engine = open(folder).map_err(text)?;
        let rows = runtime.block_on(number(&mut engine.session(), "select count(*) from t")).map_err(text)?;
        times.push(started.elapsed());
        if rows as usize != (commits - 1) / 50 {
            return Err(format!("{rows} rows after {commits} commits"));
        }
    }
    report.add("commits of history", commits);
    percentiles(report, "opening and a first query", times);
    Ok(())
}

fn percentiles(report: &mut Report, what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    // Nearest rank: of few times the 99th percentile is the greatest.
    let at = |percent: usize| {
        times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).map_or(0, |time| time.as_millis())
    };
    report.add(&format!("times {what}: p50 {} ms, p99 {} ms, max {} ms", at(50), at(99), at(100)), times.len());
}
