//! Tokens of small texts.

use super::*;

fn words(text: &str) -> Vec<String> {
    let tokens = tokenize(text, ParserOptions::default()).unwrap();
    assert_eq!(tokens.tokens.len(), tokens.ranges.len());
    tokens.tokens.iter().map(|t| format!("{:?}", t.token).chars().take(60).collect()).collect()
}

fn string(text: &str) -> String {
    match tokenize(text, ParserOptions::default()).unwrap().tokens.remove(0).token {
        Token::SingleQuotedString(text) => text,
        other => panic!("not a string: {other:?}"),
    }
}

#[test]
fn strings() {
    for (text, expected) in [
        ("'it''s'", "it's"),
        (r"'it\'s'", "it's"),
        (r"'a\\b'", r"a\b"),
        (r"'\d\%\n\t'", "d%\n\t"),
        (r"'\101\x'", "Ax"),
        (r"E'a\nb'", "a\nb"),
        ("N'n'", "n"),
        ("'a' \n 'b'", "ab"),
        ("'a' -- why\n'b'", "ab"),
        ("$$it's$$", "it's"),
        ("$t$$t$", ""),
        ("$t$a $$ b$t$", "a $$ b"),
        ("'für'", "für"),
    ] {
        assert_eq!(string(text), expected, "{text}");
    }
    assert_eq!(words("'a' 'b'").len(), 2);
}

#[test]
fn identifiers_fold() {
    let names = |text: &str, case_sensitive_identifiers| -> Vec<String> {
        let options = ParserOptions { case_sensitive_identifiers, ..ParserOptions::default() };
        let tokens = tokenize(text, options).unwrap().tokens;
        tokens.into_iter().map(|t| t.token.to_string()).collect()
    };
    assert_eq!(names(r#"Select "MyCol" ÄB "a""b""#, false), ["select", r#""mycol""#, "Äb", r#""a"b""#]);
    assert_eq!(names(r#"Select "MyCol""#, true), ["select", r#""MyCol""#]);
    let long = "x".repeat(200);
    assert_eq!(names(&long, false), ["x".repeat(127)]);
}

#[test]
fn sharp_is_name_or_operator() {
    assert_eq!(names_of("from #tmp"), ["from", "#tmp"]);
    assert_eq!(names_of("1 # 2"), ["1", "#", "2"]);
    assert_eq!(names_of("1#2"), ["1", "#", "2"]);
    assert_eq!(names_of("(a)#b"), ["(", "a", ")", "#", "b"]);
    assert_eq!(names_of("col#b"), ["col", "#", "b"]);
}

fn names_of(text: &str) -> Vec<String> {
    tokenize(text, ParserOptions::default()).unwrap().tokens.iter().map(|t| t.token.to_string()).collect()
}

#[test]
fn numbers_and_operators() {
    assert_eq!(names_of("1.5e-3 .5 1. 2e 1..2"), ["1.5e-3", ".5", "1.", "2", "e", "1", ".", ".2"]);
    assert_eq!(
        names_of("a||b|/4||/8!=x<>y::int"),
        ["a", "||", "b", "|/", "4", "||/", "8", "<>", "x", "<>", "y", "::", "int"]
    );
    assert_eq!(names_of("$1+$22"), ["$1", "+", "$22"]);
}

#[test]
fn comments_nest() {
    assert_eq!(names_of("a /* x /* y */ z */ b -- c\n d"), ["a", "b", "d"]);
    let deep = format!("{}{} a", "/*".repeat(10_000), "*/".repeat(10_000));
    assert_eq!(names_of(&deep), ["a"]);
}

#[test]
fn errors() {
    for (text, message, position) in [
        ("select 'abc", "unterminated quoted string at or near \"'abc\"", 8),
        ("select \"abc", "unterminated quoted identifier at or near \"\"abc\"", 8),
        ("select $$abc", "unterminated dollar-quoted string at or near \"$$abc\"", 8),
        ("ä /* x", "unterminated /* comment", 3),
        ("select \"\"", "zero-length delimited identifier at or near \"\"\"\"", 8),
        (
            "select \"a\"\"\"\"b\"",
            "names with two quotes in a row, or with a backslash before a quote, are not supported",
            8,
        ),
        ("a `b", "syntax error at or near \"`\"", 3),
    ] {
        let error = tokenize(text, ParserOptions::default()).unwrap_err();
        assert_eq!((error.message.as_str(), error.position), (message, position), "{text}");
    }
}
