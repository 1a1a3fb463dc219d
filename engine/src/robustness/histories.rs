//! What concurrent transactions saw, checked for what their isolation level forbids.
//!
//! Eight sessions append to lists (an UPDATE that reads) and to sets (an INSERT that does not), and
//! read both. From what they read follow dependencies: write-write and write-read (here: strong),
//! read-write (weak). SERIALIZABLE allows no circle at all (G0, G1c, G-single, G2). SNAPSHOT allows
//! circles only with two weak dependencies in a row, which is write skew. Besides: no value of an
//! aborted transaction is seen (G1a), none of the middle of one (G1b), and whoever begins after a
//! commit sees it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{is_long, random::Random, seeds, workload};
use crate::{
    Config, Engine,
    error::SqlState,
    session::{Session, StatementError},
};

const SESSIONS: usize = 8;
const LISTS: u64 = 3;
const SETS: u64 = 3;

/// One statement of a transaction with what it read.
#[derive(Debug, Clone)]
enum Event {
    Append { key: String, value: u64 },
    Read { key: String, values: Vec<u64> },
}

/// A transaction that has ended.
#[derive(Debug, Clone)]
struct Transaction {
    events: Vec<Event>,
    committed: bool,
    /// Ticks of a common clock: when its first statement began, when its commit had returned.
    began: u64,
    ended: u64,
}

async fn step(session: &mut Session, random: &mut Random, value: u64) -> Result<Event, StatementError> {
    let is_list = random.below(2) == 0;
    let key = if is_list { format!("l{}", random.below(LISTS)) } else { format!("s{}", random.below(SETS)) };
    if random.below(2) == 0 {
        let sql = match is_list {
            true => format!("update {key} set list = list || ',' || '{value}'"),
            false => format!("insert into {key} values ({value})"),
        };
        session.run(&sql).await?;
        return Ok(Event::Append { key, value });
    }
    let rows = workload::cells(session.run(&format!("select * from {key}")).await?);
    let values = rows.iter().flat_map(|row| row.split(',')).filter(|v| !v.is_empty()).map(|v| v.parse().unwrap());
    Ok(Event::Read { key, values: values.collect() })
}

async fn run_session(engine: Engine, seed: u64, count: u64, clock: Arc<AtomicU64>) -> Vec<Transaction> {
    let mut random = Random::new(seed);
    let mut session = engine.session();
    let mut history = Vec::new();
    for _ in 0..count {
        session.run("begin").await.unwrap();
        let began = clock.fetch_add(1, Ordering::SeqCst);
        let (mut events, mut failed) = (Vec::new(), None);
        for _ in 0..1 + random.below(4) {
            // Values are ticks, so no two are the same.
            match step(&mut session, &mut random, clock.fetch_add(1, Ordering::SeqCst)).await {
                Ok(event) => events.push(event),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        let end = if failed.is_some() { "rollback" } else { "commit" };
        let outcome = session.run(end).await;
        let committed = failed.is_none() && outcome.is_ok();
        for error in failed.into_iter().chain(outcome.err()) {
            let state = error.error.state();
            let expected = [SqlState::SERIALIZATION_FAILURE, SqlState::DEADLOCK_DETECTED].contains(&state);
            assert!(expected, "{error:?} {:?}", error.error.detail());
        }
        history.push(Transaction { events, committed, began, ended: clock.fetch_add(1, Ordering::SeqCst) });
    }
    history
}

async fn run(seed: u64, level: &str, processes: usize, count: u64) -> (Vec<Transaction>, BTreeMap<String, Vec<u64>>) {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let mut config = Config::new(folder.path());
        config.threads = 1;
        Engine::open(config).unwrap()
    };
    // Engines share nothing but the folder: to each other they are processes.
    let engines: Vec<Engine> = (0..processes).map(|_| open()).collect();
    {
        let mut session = engines[0].session();
        session.run(&format!("alter database dev isolation level {level}")).await.unwrap();
        for key in 0..LISTS {
            let sql = format!("create table l{key} (list varchar(60000)); insert into l{key} values ('')");
            session.run(&sql).await.unwrap();
        }
        for key in 0..SETS {
            session.run(&format!("create table s{key} (v bigint)")).await.unwrap();
        }
    }
    let clock = Arc::new(AtomicU64::new(1));
    let running: Vec<_> = (0..SESSIONS)
        .map(|index| {
            let engine = engines[index % processes].clone();
            tokio::spawn(run_session(engine, seed * 100 + index as u64, count, Arc::clone(&clock)))
        })
        .collect();
    let mut history = Vec::new();
    for session in running {
        history.extend(session.await.unwrap());
    }
    let mut last = BTreeMap::new();
    let mut session = engines[0].session();
    for key in (0..LISTS).map(|k| format!("l{k}")).chain((0..SETS).map(|k| format!("s{k}"))) {
        let rows = workload::cells(session.run(&format!("select * from {key}")).await.unwrap());
        let values = rows.iter().flat_map(|r| r.split(',')).filter(|v| !v.is_empty()).map(|v| v.parse().unwrap());
        last.insert(key, values.collect());
    }
    (history, last)
}

/// Dependencies between committed transactions, by their index.
#[derive(Default)]
struct Graph {
    strong: BTreeSet<(usize, usize)>,
    weak: BTreeSet<(usize, usize)>,
}

fn graph(history: &[Transaction], last: &BTreeMap<String, Vec<u64>>) -> Result<Graph, String> {
    let mut graph = Graph::default();
    let mut writer: BTreeMap<u64, usize> = BTreeMap::new();
    let mut aborted: BTreeSet<u64> = BTreeSet::new();
    for (index, transaction) in history.iter().enumerate() {
        for event in &transaction.events {
            if let Event::Append { value, .. } = event {
                if transaction.committed {
                    writer.insert(*value, index);
                } else {
                    aborted.insert(*value);
                }
            }
        }
    }
    for (key, values) in last {
        if let Some(value) = values.iter().find(|v| !writer.contains_key(v)) {
            return Err(format!("{value} in {key} at the end was not committed"));
        }
        let wanted = |e: &Event| matches!(e, Event::Append { key: k, value } if k == key && !values.contains(value));
        if let Some(lost) = history.iter().filter(|t| t.committed).flat_map(|t| &t.events).find(|e| wanted(e)) {
            return Err(format!("{lost:?} was committed and is lost"));
        }
        if key.starts_with('l') {
            let pairs = values.windows(2).map(|pair| (writer[&pair[0]], writer[&pair[1]]));
            graph.strong.extend(pairs.filter(|(a, b)| a != b));
        }
    }
    for (reader, transaction) in history.iter().enumerate() {
        let mut own: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for event in &transaction.events {
            let (key, values) = match event {
                Event::Append { key, value } => {
                    own.entry(key).or_default().push(*value);
                    continue;
                }
                Event::Read { key, values } => (key, values),
            };
            if let Some(value) = values.iter().find(|v| aborted.contains(v) && !own.values().flatten().any(|o| o == *v))
            {
                return Err(format!("{value} of an aborted transaction was read from {key} (G1a)"));
            }
            let mine = own.get(key.as_str()).cloned().unwrap_or_default();
            let missing = mine.iter().find(|v| !values.contains(v));
            if let Some(value) = missing {
                return Err(format!("a transaction did not read its own {value} from {key}"));
            }
            let others: BTreeSet<u64> = values.iter().copied().filter(|v| !mine.contains(v)).collect();
            let order = &last[key];
            if key.starts_with('l') && transaction.committed {
                let seen: Vec<u64> = values.iter().copied().filter(|v| !mine.contains(v)).collect();
                if order[..seen.len().min(order.len())] != seen {
                    return Err(format!("{key} was read as {seen:?} and ended as {order:?}"));
                }
            }
            // All of a transaction or nothing of it, and everything that was committed before.
            for (index, other) in history.iter().enumerate().filter(|(i, t)| t.committed && *i != reader) {
                let appended: Vec<u64> = other
                    .events
                    .iter()
                    .filter_map(|e| match e {
                        Event::Append { key: k, value } if k == key => Some(*value),
                        _ => None,
                    })
                    .collect();
                let Some(last_value) = appended.last() else { continue };
                let seen = appended.iter().filter(|v| others.contains(v)).count();
                if seen != 0 && seen != appended.len() {
                    return Err(format!("{key} was read in the middle of a transaction (G1b): {appended:?}"));
                }
                let is_seen = others.contains(last_value);
                if !is_seen && other.ended < transaction.began {
                    return Err(format!("{last_value} was committed before a transaction began that did not see it"));
                }
                if transaction.committed {
                    if is_seen {
                        graph.strong.insert((index, reader));
                    } else {
                        graph.weak.insert((reader, index));
                    }
                }
            }
        }
    }
    Ok(graph)
}

/// A circle along `edges`; None when there is none.
fn circle(count: usize, edges: &BTreeSet<(usize, usize)>) -> Option<Vec<usize>> {
    let next = |from: usize| edges.range((from, 0)..(from + 1, 0)).map(|(_, to)| *to);
    // 0: not met, 1: on the way, 2: done.
    let mut state = vec![0; count];
    for start in 0..count {
        let mut way = vec![(start, next(start).collect::<Vec<_>>())];
        if state[start] != 0 {
            continue;
        }
        state[start] = 1;
        while let Some((current, open)) = way.last_mut() {
            match open.pop() {
                None => {
                    state[*current] = 2;
                    way.pop();
                }
                Some(to) if state[to] == 1 => {
                    let from = way.iter().position(|(node, _)| *node == to).unwrap();
                    return Some(way[from..].iter().map(|(node, _)| *node).collect());
                }
                Some(to) if state[to] == 0 => {
                    state[to] = 1;
                    way.push((to, next(to).collect()));
                }
                Some(_) => {}
            }
        }
    }
    None
}

fn check(level: &str, history: &[Transaction], last: &BTreeMap<String, Vec<u64>>) -> Result<bool, String> {
    let graph = graph(history, last)?;
    let all: BTreeSet<_> = graph.strong.union(&graph.weak).copied().collect();
    let any = circle(history.len(), &all);
    // Strong ones, each followed by at most one weak one: a circle of these is no write skew.
    let mut snapshot = graph.strong.clone();
    for (a, b) in &graph.strong {
        snapshot.extend(graph.weak.range((*b, 0)..(*b + 1, 0)).map(|(_, c)| (*a, *c)));
    }
    let forbidden = if level == "serializable" { any.clone() } else { circle(history.len(), &snapshot) };
    match forbidden {
        Some(circle) => {
            let members: Vec<_> = circle.iter().map(|i| &history[*i]).collect();
            Err(format!("a circle that {level} forbids: {members:#?}"))
        }
        None => Ok(any.is_some()),
    }
}

async fn histories(processes: usize) {
    let count = if is_long() { 40 } else { 8 };
    for level in ["snapshot", "serializable"] {
        let (mut committed, mut aborted, mut skewed) = (0, 0, 0);
        for seed in seeds(2, 25) {
            let (history, last) = run(seed, level, processes, count).await;
            committed += history.iter().filter(|t| t.committed).count();
            aborted += history.iter().filter(|t| !t.committed).count();
            match check(level, &history, &last) {
                Ok(skew) => skewed += usize::from(skew),
                Err(why) => panic!("seed {seed}, {level}, {processes} processes: {why}"),
            }
        }
        eprintln!(
            "{level}, {SESSIONS} sessions in {processes}: {committed} committed, {aborted} aborted, \
             {skewed} histories with write skew"
        );
        assert!(committed > 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn transactions_of_one_process_are_isolated() {
    histories(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn transactions_of_two_processes_are_isolated() {
    histories(2).await;
}

#[test]
fn the_checker_finds_what_is_forbidden() {
    let transaction =
        |began, ended, events: &[Event]| Transaction { events: events.to_vec(), committed: true, began, ended };
    let append = |key: &str, value| Event::Append { key: key.to_owned(), value };
    let read = |key: &str, values: &[u64]| Event::Read { key: key.to_owned(), values: values.to_vec() };
    let last: BTreeMap<String, Vec<u64>> = [("s0".to_owned(), vec![1]), ("s1".to_owned(), vec![2])].into();
    // Write skew: each reads what the other writes, before it.
    let skew = [
        transaction(10, 20, &[read("s1", &[]), append("s0", 1)]),
        transaction(11, 21, &[read("s0", &[]), append("s1", 2)]),
    ];
    assert_eq!(check("snapshot", &skew, &last), Ok(true));
    assert!(check("serializable", &skew, &last).is_err());
    // G-single: the second sees one write of the first and not the other.
    let single = [
        transaction(10, 20, &[append("s0", 1), append("s1", 2)]),
        transaction(11, 21, &[read("s0", &[1]), read("s1", &[])]),
    ];
    assert!(check("snapshot", &single, &last).is_err());
    // A stale read.
    let stale = [transaction(10, 12, &[append("s0", 1), append("s1", 2)]), transaction(13, 21, &[read("s0", &[])])];
    assert!(check("snapshot", &stale, &last).unwrap_err().contains("before"));
    // A lost update.
    let lost = [transaction(10, 12, &[append("s0", 1), append("s1", 2), append("s1", 3)])];
    assert!(check("snapshot", &lost, &last).unwrap_err().contains("lost"));
}
