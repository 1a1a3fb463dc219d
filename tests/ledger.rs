//! Which documented cases do not pass yet: a list in the repository that must agree with what happens, so
//! that a case that begins to fail is noticed, and one that begins to pass is taken off.
//!
//! With `bless` the list is written anew.

use std::{collections::BTreeMap, fs, path::Path};

use crate::facts::{Fact, Verdict};

/// Compares the verdicts with the list at `path` and prints a summary; whether both agree.
///
/// Errors: the list cannot be read or written.
pub fn check(path: &Path, facts: &[Fact], verdicts: &[Verdict], bless: bool) -> Result<bool, String> {
    summarise(facts, verdicts);
    let mut lines: Vec<String> = facts
        .iter()
        .zip(verdicts)
        .filter(|(_, verdict)| !matches!(verdict, Verdict::Passed | Verdict::NotCounted))
        .map(|(fact, verdict)| format!("{} {}/{}", verdict.word(), fact.area, fact.id))
        .collect();
    lines.sort();
    if bless {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        return Ok(true);
    }
    let listed = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let listed: Vec<&str> = listed.lines().collect();
    let new: Vec<&String> = lines.iter().filter(|line| !listed.contains(&line.as_str())).collect();
    let gone: Vec<&&str> = listed.iter().filter(|line| !lines.iter().any(|other| other == **line)).collect();
    new.iter().for_each(|line| println!("not in facts/not_passed.txt: {line}"));
    gone.iter().for_each(|line| println!("no longer so, to be taken off facts/not_passed.txt: {line}"));
    if !new.is_empty() {
        for (fact, verdict) in facts.iter().zip(verdicts) {
            let line = format!("{} {}/{}", verdict.word(), fact.area, fact.id);
            if new.contains(&&line) {
                print_one(fact, verdict);
            }
        }
    }
    Ok(new.is_empty() && gone.is_empty())
}

/// Prints every case that did not pass; whether all passed.
pub fn print(facts: &[Fact], verdicts: &[Verdict]) -> bool {
    for (fact, verdict) in facts.iter().zip(verdicts) {
        print_one(fact, verdict);
    }
    summarise(facts, verdicts);
    verdicts.iter().all(|verdict| matches!(verdict, Verdict::Passed | Verdict::NotCounted))
}

fn print_one(fact: &Fact, verdict: &Verdict) {
    let (Verdict::Wrong(text) | Verdict::Error(text) | Verdict::Refused(text)) = verdict else { return };
    println!("\n---- {} facts/{}/{} ({})\n{}\n  {text}", verdict.word(), fact.area, fact.id, fact.page, fact.sql);
}

fn summarise(facts: &[Fact], verdicts: &[Verdict]) {
    if facts.is_empty() {
        return;
    }
    let mut areas: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for (fact, verdict) in facts.iter().zip(verdicts) {
        for area in [fact.area.as_str(), "~ all"] {
            *areas.entry(area).or_default().entry(verdict.word()).or_default() += 1;
        }
    }
    println!("\ndocumented cases");
    for (area, counts) in &areas {
        let count = |word| counts.get(word).copied().unwrap_or(0);
        println!(
            "{area:12} passed {:4}  wrong {:3}  error {:3}  refused {:3}  not counted {}",
            count("passed"),
            count("wrong"),
            count("error"),
            count("refused"),
            count("not counted")
        );
    }
}
