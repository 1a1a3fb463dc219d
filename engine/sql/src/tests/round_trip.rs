//! What is printed parses to the same tree, and prints the same.

use super::{corpus, parse};

#[test]
fn corpus_survives_printing() {
    let mut wrong = Vec::new();
    for text in corpus::all() {
        let statement = match parse(text) {
            Ok(statement) => statement,
            Err(error) => {
                wrong.push(format!("{text}\n  {error}"));
                continue;
            }
        };
        let printed = statement.to_string();
        match parse(&printed) {
            Ok(again) if again == statement && again.to_string() == printed => {}
            Ok(again) => wrong.push(format!("{text}\n  printed {printed}\n  again   {again}")),
            Err(error) => wrong.push(format!("{text}\n  printed {printed}\n  {error}")),
        }
    }
    assert!(wrong.is_empty(), "{} statements change:\n{}", wrong.len(), wrong.join("\n"));
}
