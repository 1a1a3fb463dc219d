//! Deterministic mutations of the corpus: tokens cut, doubled, swapped and replaced. Nothing may panic, and what
//! still parses must print and parse again.

use super::{corpus, parse};
use crate::lexer::tokenize;
use crate::{ParserOptions, parse_expression, parse_query, split};

/// A small generator of numbers (xorshift), so that failures repeat.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

const STRAYS: &[&str] = &[
    "(",
    ")",
    "'",
    "\"",
    "$$",
    "/*",
    "--\n",
    ",",
    ";",
    ".",
    "::",
    "[",
    "]",
    "#",
    "(+)",
    "select",
    "from",
    "null",
    "as",
    "1e",
    "\\",
    "é",
    "*",
    "<",
    ">>",
    "unpivot",
    "approximate",
    "interval",
    "array(",
    "case",
    "end",
    "not",
    "and",
    "{",
    "$1",
];

fn mutate(text: &str, numbers: &mut Numbers) -> String {
    let Ok(tokens) = tokenize(text, ParserOptions::default()) else { return text.to_string() };
    let mut words: Vec<&str> = tokens.ranges.iter().map(|&(start, end)| &text[start..end]).collect();
    for _ in 0..=numbers.below(3) {
        if words.is_empty() {
            break;
        }
        let at = numbers.below(words.len());
        let other = numbers.below(words.len());
        match numbers.below(6) {
            0 => words.truncate(at),
            1 => words.insert(at, words[other]),
            2 => words.swap(at, other),
            3 => {
                words.remove(at);
            }
            4 => words[at] = STRAYS[numbers.below(STRAYS.len())],
            _ => words.insert(at, STRAYS[numbers.below(STRAYS.len())]),
        }
    }
    words.join(" ")
}

#[test]
fn mutations_do_not_panic() {
    let mut numbers = Numbers(SEED);
    let (mut cases, mut accepted, mut unstable) = (0, 0, Vec::new());
    for round in 0..ROUNDS {
        for text in corpus::all() {
            let mutant = mutate(text, &mut numbers);
            cases += 1;
            // The splitter and the smaller entry points see everything too.
            assert!(split(&mutant).iter().all(|part| mutant.contains(part.text)));
            if round == 0 {
                let _ = parse_query(&mutant, ParserOptions::default());
                let _ = parse_expression(
                    &mutant,
                    ParserOptions { case_sensitive_identifiers: true, ..ParserOptions::default() },
                );
            }
            if let Ok(statement) = parse(&mutant) {
                accepted += 1;
                let printed = statement.to_string();
                if parse(&printed).as_ref() != Ok(&statement) {
                    unstable.push(format!("{mutant}\n    {printed}"));
                }
            }
        }
    }
    assert!(cases >= CASES_MIN, "{cases}");
    assert!(accepted > 0 && accepted < cases);
    assert!(unstable.is_empty(), "{} of {accepted} change:\n{}", unstable.len(), unstable.join("\n"));
}

const SEED: u64 = 0x5eed_1234_abcd_0001;
/// Try many more after changes of the grammar: 400 rounds were clean.
const ROUNDS: usize = 12;
const CASES_MIN: usize = 4_000;
