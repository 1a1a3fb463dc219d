//! Runs documented cases (JSON lines) and prints what fails; a stand-in until the conformance runner.
use blueshift_engine::{Config, Engine, session::StatementResult, types::text::format_value};
use std::collections::BTreeMap;

fn main() {
    let path = std::env::args().nth(1).expect("facts file");
    let only = std::env::args().nth(2);
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for line in std::fs::read_to_string(path).expect("read").lines() {
        let fact: serde_json::Value = serde_json::from_str(line).expect("json");
        let area = fact["area"].as_str().unwrap_or("").to_owned();
        if let Some(only) = &only && *only != area { continue }
        let folder = tempfile::tempdir().expect("tempdir");
        let engine = Engine::open(Config::new(folder.path().join("w"))).expect("open");
        let mut session = engine.session();
        let mut failure = None;
        for setup in fact["setup"].as_array().into_iter().flatten() {
            if let Err(e) = runtime.block_on(session.run(setup.as_str().unwrap_or(""))) {
                failure = Some(format!("setup: {:?}", e.error));
                break;
            }
        }
        let sql = fact["sql"].as_str().unwrap_or("");
        let outcome = if failure.is_none() { Some(runtime.block_on(session.run(sql))) } else { None };
        if let Some(outcome) = outcome {
            failure = judge(&fact, outcome);
        }
        let entry = counts.entry(area.clone()).or_default();
        entry.1 += 1;
        match failure {
            None => entry.0 += 1,
            Some(why) => println!("{area} {} | {} | {}", fact["id"].as_str().unwrap_or(""), sql.replace('\n', " "), why.replace('\n', " ")),
        }
    }
    println!("{counts:?}");
    println!("total {}/{}", counts.values().map(|c| c.0).sum::<usize>(), counts.values().map(|c| c.1).sum::<usize>());
}

fn judge(fact: &serde_json::Value, outcome: Result<Vec<StatementResult>, blueshift_engine::session::StatementError>) -> Option<String> {
    if fact["error"].is_string() {
        return match outcome {
            Ok(_) => Some("WRONG: expected an error".into()),
            Err(e) if ["42601", "0A000", "XX000"].contains(&e.error.state().0) && fact["error"] == "." => Some(format!("error but {:?}", e.error)),
            Err(_) => None,
        };
    }
    let results = match outcome {
        Err(e) => return Some(format!("{:?}", e.error)),
        Ok(results) => results,
    };
    let expected = fact["rows"].as_array()?;
    let mut rows: Vec<Vec<String>> = vec![];
    if let Some(StatementResult::Rows { batches, .. }) = results.last() {
        for batch in batches {
            for row in 0..batch.num_rows() {
                rows.push(batch.columns().iter().map(|c| {
                    let mut t = String::new();
                    format_value(c.as_ref(), row, &mut t).unwrap_or(());
                    if c.is_null(row) { "∅".into() } else { t }
                }).collect());
            }
        }
    }
    let mut want: Vec<Vec<String>> = expected.iter().map(|r| r.as_array().into_iter().flatten().map(|v| v.as_str().map_or("∅".to_owned(), str::to_owned)).collect()).collect();
    if fact["ordered"] != true { rows.sort(); want.sort(); }
    let same = rows.len() == want.len() && rows.iter().zip(&want).all(|(a, b)| a.len() == b.len() && a.iter().zip(b).all(|(x, y)| {
        x == y || match (x.parse::<f64>(), y.parse::<f64>()) { (Ok(x), Ok(y)) => fact["cmp"].is_string() && (x - y).abs() <= 1e-6 * y.abs().max(1.0), _ => fact["cmp"].is_string() && x.split_whitespace().eq(y.split_whitespace()) }
    }));
    if same { None } else { Some(format!("WRONG: got {rows:?} want {want:?}")) }
}
