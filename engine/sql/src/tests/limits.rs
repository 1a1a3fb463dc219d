//! Deep and long texts give an error or a tree, never a stack overflow. The threads have 2 MB of stack, as tokio's do.

use super::parse;

/// Parses, prints, clones, compares and drops on a small stack; whether the text is a statement.
fn survives(text: String) -> Result<(), String> {
    let worker = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(move || match parse(&text) {
        Ok(statement) => {
            let copy = crate::limits::on_deep_stack(|| statement.clone());
            assert!(copy == statement);
            assert!(!statement.to_string().is_empty());
            Ok(())
        }
        Err(error) => Err(error.message),
    });
    worker.unwrap().join().unwrap()
}

fn nested(open: &str, inner: &str, close: &str, depth: usize) -> String {
    format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn too_deep_is_an_error() {
    for depth in [2_000, 20_000] {
        for text in [
            format!("select {}", nested("(", "1", ")", depth)),
            format!("select {}", nested("- ", "1", "", depth)),
            format!("select {}", nested("not ", "true", "", depth)),
            format!("select {}", nested("abs(", "1", ")", depth)),
            format!("select {}", nested("case when true then ", "1", " end", depth)),
            format!("select {}", nested("cast(", "1", " as int)", depth)),
            format!("select {}", nested("(select ", "1", ")", depth)),
            format!("select * from {}", nested("(select * from ", "t", ") x", depth)),
            format!("select * from {}", nested("(", "t", ")", depth)),
            format!("select a{}", "[0]".repeat(depth) + &"::int".repeat(depth)),
            format!("select 1{}", " + 1".repeat(depth)),
            format!("select 'a'{}", " || 'a'".repeat(depth)),
            format!("select a{}", " is null".repeat(depth)),
            format!("select a{}", " between 1 and 2".repeat(depth)),
            format!("select a{}", " in (1)".repeat(depth)),
            format!("select 1{}", " union all select 1".repeat(depth)),
            format!("create table t (a {})", nested("array<", "int", ">", depth)),
            format!("create external table t (a {})", nested("array<", "int", ">", depth)),
            format!("{} select 1", "explain".to_string() + &" explain".repeat(depth)),
            nested("(", "select 1", ")", depth),
            nested("with a as (", "select 1", ") select 1", depth),
        ] {
            let result = survives(text.clone());
            let start: String = text.chars().take(60).collect();
            assert!(result.is_err(), "{start} {depth}");
        }
    }
}

#[test]
fn incomplete_nests_end_soon() {
    for depth in [50, 10_000] {
        for piece in
            ["(", "((", "(select * from ((", "case when ", "not ", "abs((", "[", "select (", "a and (", "with a as ("]
        {
            for start in ["select ", "select * from ", ""] {
                assert!(survives(format!("{start}{}", piece.repeat(depth))).is_err(), "{start}{piece} {depth}");
            }
        }
    }
}

#[test]
fn long_is_fine() {
    for text in [
        format!("select a from t where a = 1{}", " or a = 2".repeat(20_000)),
        format!("select a from t where a = 1{}", " and a <> 2".repeat(20_000)),
        format!("select a from t where a in (0{})", ", 1".repeat(100_000)),
        format!("select 0{}", ", a + 1".repeat(20_000)),
        format!("insert into t values (0){}", ", (1)".repeat(50_000)),
        format!("select 1 {}", "/* a */".repeat(10_000)),
        format!("select {} 1", nested("/*", "x", "*/", 10_000)),
        format!("select 1 from a{}", " join b using (c)".repeat(1_000)),
        format!("select 1{}", " union all select 1".repeat(250)),
        format!("select '{}'", "x".repeat(1_000_000)),
        format!("select {}", nested("(", "1", ")", 100)),
        format!("select {}", nested("coalesce(", "1", ", 1 + 2 * 3)", 100)),
        format!("select 'a'{}", " || 'a'".repeat(400)),
        format!("select case{} end", " when a = 1 then 2".repeat(5_000)),
    ] {
        let start: String = text.chars().take(60).collect();
        assert_eq!(survives(text), Ok(()), "{start}");
    }
}

#[test]
fn too_long_is_an_error() {
    let text = format!("select '{}'", "x".repeat(crate::limits::STATEMENT_BYTES_MAX));
    let error = parse(&text).unwrap_err();
    assert!(error.limit && error.message.contains("longer"));
}
