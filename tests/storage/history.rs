//! Histories of transactions that append to lists and read them, and the anomalies in them, after
//! Adya ("Weak Consistency", 1999) and the method of Elle (Kingsbury, Alvaro; VLDB 2020).
//!
//! Every value is appended once, so a list that somebody has read tells who wrote before whom. From
//! that follow the dependencies: ww (wrote the value before mine), wr (I read his value), rw (I read
//! the list before his value came). SERIALIZABLE: the dependencies have no circle. SNAPSHOT: every
//! circle has two rw dependencies in a row, which is write skew; none other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One operation on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Appends a value to a list.
    Append(usize, u64),
    /// What a list was read as.
    Read(usize, Vec<u64>),
}

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was acknowledged.
    Committed,
    /// It failed.
    Aborted,
    /// Nobody heard: the process was killed, or the commit's outcome is unknown.
    Unknown,
}

/// One transaction.
#[derive(Debug, Clone)]
pub struct Transaction {
    /// Sessions run one transaction after the other.
    pub session: usize,
    /// Its operations.
    pub ops: Vec<Op>,
    /// Its end.
    pub end: End,
    /// When it began and ended, on a clock that all sessions share; None: not comparable.
    pub times: Option<(u64, u64)>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Things that no isolation level of ours allows.
    pub forbidden: Vec<String>,
    /// Circles with two rw dependencies in a row.
    pub write_skews: usize,
    /// One of them.
    pub example: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    WriteWrite,
    WriteRead,
    /// One ended before the other began.
    Order,
    ReadWrite,
}

type Edges = BTreeSet<(usize, usize, Kind)>;

/// Looks for anomalies; `last` is what the lists are in the end.
pub fn check(transactions: &[Transaction], last: &[Vec<u64>]) -> Verdict {
    let mut verdict = Verdict::default();
    let mut writers: HashMap<u64, usize> = HashMap::new();
    for (index, transaction) in transactions.iter().enumerate() {
        for op in &transaction.ops {
            if let Op::Append(_, value) = op {
                writers.insert(*value, index);
            }
        }
    }
    let orders = orders(transactions, last, &mut verdict);
    // Who was seen by others has committed, whatever we were told.
    let seen: BTreeSet<usize> = orders.values().flatten().filter_map(|value| writers.get(value)).copied().collect();
    let is_there = |index: usize| match transactions[index].end {
        End::Committed => true,
        End::Aborted => false,
        End::Unknown => seen.contains(&index),
    };
    check_values(transactions, last, &writers, &orders, &mut verdict);
    let mut edges = Edges::new();
    for (index, transaction) in transactions.iter().enumerate().filter(|(index, _)| is_there(*index)) {
        dependencies(index, transaction, &writers, &orders, &mut edges);
    }
    edges.retain(|(a, b, _)| a != b && is_there(*a) && is_there(*b));
    let circle = |kinds: &[Kind]| find_circle(transactions.len(), &edges, kinds);
    use Kind::{Order, ReadWrite, WriteRead, WriteWrite};
    for (name, kinds) in [("G0", &[WriteWrite][..]), ("G1c", &[WriteWrite, WriteRead][..])] {
        if let Some(circle) = circle(kinds) {
            verdict.forbidden.push(format!("{name}: {}", describe(transactions, &circle)));
        }
    }
    session_order(transactions, &is_there, &mut edges);
    if let Some(circle) = find_snapshot_circle(transactions.len(), &edges) {
        verdict.forbidden.push(format!("G-single or worse: {}", describe(transactions, &circle)));
    }
    // The order of time is no part of serializability, so it is left out here.
    let data: Edges = edges.iter().filter(|(_, _, kind)| *kind != Order).copied().collect();
    let components = components(transactions.len(), &data);
    verdict.write_skews = components.len();
    verdict.example = find_circle(transactions.len(), &data, &[WriteWrite, WriteRead, ReadWrite])
        .map(|circle| describe(transactions, &circle));
    verdict
}

/// For each list its values in the order in which they came.
fn orders(transactions: &[Transaction], last: &[Vec<u64>], verdict: &mut Verdict) -> BTreeMap<usize, Vec<u64>> {
    let mut orders: BTreeMap<usize, Vec<u64>> = last.iter().cloned().enumerate().collect();
    for (index, transaction) in transactions.iter().enumerate() {
        // What a transaction that failed has read is not checked: nobody relies on it.
        if transaction.end == End::Aborted {
            continue;
        }
        let mut own: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        for op in &transaction.ops {
            match op {
                Op::Append(key, value) => own.entry(*key).or_default().push(*value),
                Op::Read(key, list) => {
                    let mine = own.get(key).map_or(&[][..], Vec::as_slice);
                    let Some(others) = list.strip_suffix(mine) else {
                        verdict.forbidden.push(format!("transaction {index} does not read its own appends: {op:?}"));
                        continue;
                    };
                    let order = orders.entry(*key).or_default();
                    let is_prefix = |short: &[u64], long: &[u64]| long.starts_with(short);
                    if !is_prefix(others, order) {
                        verdict.forbidden.push(format!(
                            "incompatible order: transaction {index} read list {key} as {others:?}, it became {order:?}"
                        ));
                    }
                }
            }
        }
    }
    orders
}

/// G1a, G1b, lost and doubled values, reads that change within a transaction.
fn check_values(
    transactions: &[Transaction],
    last: &[Vec<u64>],
    writers: &HashMap<u64, usize>,
    orders: &BTreeMap<usize, Vec<u64>>,
    verdict: &mut Verdict,
) {
    let forbidden = &mut verdict.forbidden;
    for (key, order) in orders {
        let distinct: BTreeSet<&u64> = order.iter().collect();
        if distinct.len() != order.len() {
            forbidden.push(format!("list {key} has a value twice: {order:?}"));
        }
        for value in order {
            match writers.get(value) {
                None => forbidden.push(format!("list {key} has {value}, which nobody appended")),
                Some(writer) if transactions[*writer].end == End::Aborted => {
                    forbidden.push(format!("G1a: list {key} has {value} of transaction {writer}, which failed"));
                }
                Some(_) => {}
            }
        }
    }
    let appended = |index: usize, key: usize| {
        let of_key = move |op: &Op| match op {
            Op::Append(k, value) if *k == key => Some(*value),
            _ => None,
        };
        transactions[index].ops.iter().filter_map(of_key)
    };
    for (index, transaction) in transactions.iter().enumerate() {
        let (mut there, mut missing) = (0, 0);
        for op in &transaction.ops {
            if let Op::Append(key, value) = op {
                let is_there = last.get(*key).is_some_and(|list| list.contains(value));
                *(if is_there { &mut there } else { &mut missing }) += 1;
            }
        }
        if there > 0 && missing > 0 {
            forbidden.push(format!(
                "half: transaction {index} ({:?}) is there in part: {:?}",
                transaction.end, transaction.ops
            ));
        }
        for op in &transaction.ops {
            match op {
                Op::Append(key, value)
                    if transaction.end == End::Committed
                        && !last.get(*key).is_some_and(|list| list.contains(value)) =>
                {
                    forbidden.push(format!("lost: {value} of transaction {index}, which was acknowledged"));
                }
                Op::Read(key, list) if transaction.end != End::Aborted => {
                    let Some(writer) = list.last().and_then(|value| writers.get(value)) else { continue };
                    let final_value = appended(*writer, *key).next_back();
                    if *writer != index && final_value != list.last().copied() {
                        forbidden
                            .push(format!("G1b: transaction {index} saw a state within transaction {writer}: {op:?}"));
                    }
                }
                _ => {}
            }
        }
    }
}

fn dependencies(
    index: usize,
    transaction: &Transaction,
    writers: &HashMap<u64, usize>,
    orders: &BTreeMap<usize, Vec<u64>>,
    edges: &mut Edges,
) {
    let is_mine = |value: &u64| writers.get(value) == Some(&index);
    for op in &transaction.ops {
        match op {
            Op::Append(key, value) => {
                let order = orders.get(key).map_or(&[][..], Vec::as_slice);
                let Some(at) = order.iter().position(|v| v == value) else { continue };
                if let Some(before) = at.checked_sub(1).and_then(|before| writers.get(&order[before])) {
                    edges.insert((*before, index, Kind::WriteWrite));
                }
            }
            Op::Read(key, list) => {
                let order = orders.get(key).map_or(&[][..], Vec::as_slice);
                let others = list.iter().filter(|value| !is_mine(value));
                if let Some(writer) = others.clone().next_back().and_then(|value| writers.get(value)) {
                    edges.insert((*writer, index, Kind::WriteRead));
                }
                let next = order.iter().skip(others.count()).find(|value| !is_mine(value));
                if let Some(writer) = next.and_then(|value| writers.get(value)) {
                    edges.insert((index, *writer, Kind::ReadWrite));
                }
            }
        }
    }
}

/// Who ended before whom: within a session, and by the common clock.
fn session_order(transactions: &[Transaction], is_there: &impl Fn(usize) -> bool, edges: &mut Edges) {
    let mut latest: HashMap<usize, usize> = HashMap::new();
    for index in (0..transactions.len()).filter(|index| is_there(*index)) {
        if let Some(before) = latest.insert(transactions[index].session, index) {
            edges.insert((before, index, Kind::Order));
        }
    }
    let mut timed: Vec<(u64, u64, usize)> = (0..transactions.len())
        .filter(|index| is_there(*index) && transactions[*index].end == End::Committed)
        .filter_map(|index| transactions[index].times.map(|(begun, ended)| (begun, ended, index)))
        .collect();
    timed.sort_unstable();
    for &(_, ended, index) in &timed {
        // Those that began after `ended`, up to the first end among them: the others follow from it.
        let from = timed.partition_point(|(begun, _, _)| *begun < ended);
        let mut first_end = u64::MAX;
        for &(begun, end, later) in &timed[from..] {
            if begun > first_end {
                break;
            }
            first_end = first_end.min(end);
            edges.insert((index, later, Kind::Order));
        }
    }
}

fn successors(count: usize, edges: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut successors = vec![vec![]; count];
    edges.for_each(|(a, b)| successors[a].push(b));
    successors
}

fn find_circle(count: usize, edges: &Edges, kinds: &[Kind]) -> Option<Vec<usize>> {
    let chosen = edges.iter().filter(|(_, _, kind)| kinds.contains(kind)).map(|(a, b, _)| (*a, *b));
    circle_in(&successors(count, chosen))
}

/// A circle without two rw dependencies in a row: one in which every rw follows another dependency.
fn find_snapshot_circle(count: usize, edges: &Edges) -> Option<Vec<usize>> {
    let direct: Vec<(usize, usize)> =
        edges.iter().filter(|(_, _, kind)| *kind != Kind::ReadWrite).map(|(a, b, _)| (*a, *b)).collect();
    let mut reads = vec![vec![]; count];
    edges.iter().filter(|(_, _, kind)| *kind == Kind::ReadWrite).for_each(|(a, b, _)| reads[*a].push(*b));
    let composed = direct.iter().flat_map(|(a, b)| reads[*b].iter().map(|c| (*a, *c)));
    circle_in(&successors(count, direct.iter().copied().chain(composed)))
}

/// Depth first, without recursion.
fn circle_in(successors: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut state = vec![0_u8; successors.len()];
    for start in 0..successors.len() {
        if state[start] != 0 {
            continue;
        }
        let mut path = vec![(start, 0)];
        state[start] = 1;
        while let Some((node, next)) = path.last_mut() {
            let Some(&successor) = successors[*node].get(*next) else {
                state[*node] = 2;
                path.pop();
                continue;
            };
            *next += 1;
            match state[successor] {
                0 => {
                    state[successor] = 1;
                    path.push((successor, 0));
                }
                1 => {
                    let from = path.iter().position(|(node, _)| *node == successor).unwrap_or(0);
                    return Some(path[from..].iter().map(|(node, _)| *node).collect());
                }
                _ => {}
            }
        }
    }
    None
}

/// Strongly connected components of more than one transaction: each has at least one circle.
fn components(count: usize, edges: &Edges) -> Vec<Vec<usize>> {
    let forward = successors(count, edges.iter().map(|(a, b, _)| (*a, *b)));
    let backward = successors(count, edges.iter().map(|(a, b, _)| (*b, *a)));
    let mut order = vec![];
    let mut seen = vec![false; count];
    for start in 0..count {
        let mut path = vec![(start, 0)];
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        while let Some((node, next)) = path.last_mut() {
            match forward[*node].get(*next) {
                Some(&successor) => {
                    *next += 1;
                    if !std::mem::replace(&mut seen[successor], true) {
                        path.push((successor, 0));
                    }
                }
                None => {
                    order.push(*node);
                    path.pop();
                }
            }
        }
    }
    let mut found = vec![];
    let mut taken = vec![false; count];
    for start in order.into_iter().rev() {
        let mut open = vec![start];
        let mut component = vec![];
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut taken[node], true) {
                component.push(node);
                open.extend(&backward[node]);
            }
        }
        if component.len() > 1 {
            found.push(component);
        }
    }
    found
}

fn describe(transactions: &[Transaction], circle: &[usize]) -> String {
    let one = |index: &usize| {
        let transaction = &transactions[*index];
        format!("\n  {index} (session {}, {:?}): {:?}", transaction.session, transaction.times, transaction.ops)
    };
    circle.iter().map(one).collect()
}

/// The checker finds each anomaly where there is one, and none where there is none.
pub fn self_test() -> Result<usize, String> {
    use Op::{Append, Read};
    let committed = |ops: Vec<Op>| Transaction { session: usize::MAX, ops, end: End::Committed, times: None };
    let sessions = |transactions: Vec<Transaction>| {
        transactions.into_iter().enumerate().map(|(session, t)| Transaction { session, ..t }).collect::<Vec<_>>()
    };
    let aborted = |ops| Transaction { end: End::Aborted, ..committed(ops) };
    let at = |times, ops| Transaction { times: Some(times), ..committed(ops) };
    // Name, history, lists in the end, what is forbidden (None: nothing), write skews.
    type Case = (&'static str, Vec<Transaction>, Vec<Vec<u64>>, Option<&'static str>, usize);
    let cases: Vec<Case> = vec![
        ("serial", vec![committed(vec![Append(0, 1)]), committed(vec![Read(0, vec![1])])], vec![vec![1]], None, 0),
        (
            "G0",
            vec![committed(vec![Append(0, 1), Append(1, 2)]), committed(vec![Append(0, 3), Append(1, 4)])],
            vec![vec![1, 3], vec![4, 2]],
            Some("G0"),
            1,
        ),
        ("G1a", vec![aborted(vec![Append(0, 1)]), committed(vec![Read(0, vec![1])])], vec![vec![1]], Some("G1a"), 0),
        (
            "G1b",
            vec![committed(vec![Append(0, 1), Append(0, 2)]), committed(vec![Read(0, vec![1])])],
            vec![vec![1, 2]],
            Some("G1b"),
            1,
        ),
        (
            "G1c",
            vec![committed(vec![Append(0, 1), Read(1, vec![2])]), committed(vec![Append(1, 2), Read(0, vec![1])])],
            vec![vec![1], vec![2]],
            Some("G1c"),
            1,
        ),
        (
            "lost update",
            vec![committed(vec![Read(0, vec![]), Append(0, 1)]), committed(vec![Read(0, vec![]), Append(0, 2)])],
            vec![vec![1, 2]],
            Some("G-single"),
            1,
        ),
        (
            "read skew",
            vec![committed(vec![Append(0, 1), Append(1, 2)]), committed(vec![Read(0, vec![1]), Read(1, vec![])])],
            vec![vec![1], vec![2]],
            Some("G-single"),
            1,
        ),
        (
            "write skew",
            vec![committed(vec![Read(0, vec![]), Append(1, 1)]), committed(vec![Read(1, vec![]), Append(0, 2)])],
            vec![vec![2], vec![1]],
            None,
            1,
        ),
        ("lost", vec![committed(vec![Append(0, 1)])], vec![vec![]], Some("lost"), 0),
        ("twice", vec![committed(vec![Append(0, 1)])], vec![vec![1, 1]], Some("twice"), 0),
        (
            "fork",
            vec![committed(vec![Append(0, 1)]), committed(vec![Append(0, 2)]), committed(vec![Read(0, vec![2])])],
            vec![vec![1, 2]],
            Some("incompatible"),
            1,
        ),
        (
            "stale",
            vec![at((1, 2), vec![Append(0, 1)]), at((3, 4), vec![Read(0, vec![])])],
            vec![vec![1]],
            Some("G-single"),
            0,
        ),
        (
            "half",
            vec![Transaction { end: End::Unknown, ..committed(vec![Append(0, 1), Append(1, 2)]) }],
            vec![vec![1], vec![]],
            Some("half"),
            0,
        ),
        ("own", vec![committed(vec![Append(0, 1), Read(0, vec![])])], vec![vec![1]], Some("own"), 0),
    ];
    let count = cases.len();
    for (name, transactions, last, forbidden, skews) in cases {
        let verdict = check(&sessions(transactions), &last);
        let as_expected = match forbidden {
            None => verdict.forbidden.is_empty(),
            Some(word) => verdict.forbidden.iter().any(|text| text.contains(word)),
        };
        if !as_expected || verdict.write_skews != skews {
            return Err(format!("the checker is wrong about {name}: {verdict:?}"));
        }
    }
    Ok(count)
}
