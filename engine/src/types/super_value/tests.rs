//! Values there and back, equality and order.

use std::cmp::Ordering;

use super::{
    Super,
    compare::{compare, equal, order},
    parse::{ParseOptions, parse},
    text::to_json,
};

fn value(json: &str) -> Vec<u8> {
    let mut out = Vec::new();
    parse(json, ParseOptions::default(), &mut out).unwrap();
    out
}

#[test]
fn json_comes_back() {
    for json in [
        "null",
        "true",
        "[]",
        "{}",
        "-12",
        "1.50",
        "9223372036854775807",
        "9223372036854775808",
        "\"a\\\"b\\\\c\\n\u{e9}\"",
        "[1,[2,[3,[]]],{\"a\":{\"b\":null}}]",
        "{\"z\":1,\"a\":2.30,\"m\":\"x\"}",
    ] {
        assert_eq!(to_json(&value(json)), json);
    }
    assert_eq!(to_json(&value(" [ 1 , \"\\u00e9\\ud83d\\ude00\\/\" ] ")), "[1,\"\u{e9}\u{1f600}/\"]");
    assert_eq!(to_json(&value("[1e3, 2.5E-3]")), "[1e+3,2.5e-3]");
}

#[test]
fn what_is_no_json_is_refused() {
    for text in
        ["", "{", "[1,]", "{\"a\":}", "01", "1.", "nul", "\"a", "\"\\x\"", "[1] 2", "{\"a\":1,\"a\":2}", "\"\\ud800\""]
    {
        assert!(parse(text, ParseOptions::default(), &mut Vec::new()).is_err(), "{text}");
    }
    let deep = "[".repeat(100_000);
    assert!(parse(&deep, ParseOptions::default(), &mut Vec::new()).is_err());
    let options = ParseOptions { dedup_attributes: true, ..ParseOptions::default() };
    let mut out = Vec::new();
    parse("{\"a\":1,\"b\":2,\"a\":3}", options, &mut out).unwrap();
    assert_eq!(to_json(&out), "{\"a\":3,\"b\":2}");
}

#[test]
fn parts_are_found() {
    let document = value("{\"a\":[10,{\"b\":\"x\"}],\"ab\":2}");
    let Super::Object(attributes) = Super::of(&document) else { panic!("no object") };
    assert_eq!(attributes.find("ab").map(to_json).as_deref(), Some("2"));
    assert_eq!(attributes.find("c"), None);
    let Super::Array(elements) = Super::of(attributes.find("a").unwrap()) else { panic!("no array") };
    assert_eq!(elements.element(1).map(to_json).as_deref(), Some("{\"b\":\"x\"}"));
    assert_eq!(elements.element(2), None);
    assert_eq!(Super::of(&[7, 200, 0, 0, 0]), Super::Null);
}

#[test]
fn equality_is_by_value() {
    for (left, right, same) in [
        ("1", "1.0", true),
        ("0.1", "1e-1", true),
        ("100", "1e2", true),
        ("-0.0", "0", true),
        ("1", "\"1\"", false),
        ("\"a\"", "\"a  \"", true),
        ("[1,2]", "[1.0,2]", true),
        ("[1,2]", "[2,1]", false),
        ("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true),
        ("{\"a\":1}", "{\"a\":1,\"b\":2}", false),
        ("9007199254740993", "9007199254740992", false),
    ] {
        assert_eq!(equal(&value(left), &value(right)), same, "{left} {right}");
    }
}

#[test]
fn order_is_total_and_comparison_is_not() {
    let sorted = [
        "false",
        "true",
        "-1e300",
        "-10",
        "-9.5",
        "-0.001",
        "0",
        "0.001",
        "1",
        "1.5",
        "9",
        "10",
        "1e300",
        "\"\"",
        "\"a\"",
        "\"ab\"",
        "\"b\"",
        "[]",
        "[1]",
        "[1,2]",
        "[2]",
        "{}",
        "{\"a\":1}",
        "{\"a\":2}",
    ];
    for (left_index, left) in sorted.iter().enumerate() {
        for (right_index, right) in sorted.iter().enumerate() {
            assert_eq!(order(&value(left), &value(right)), left_index.cmp(&right_index), "{left} {right}");
        }
    }
    assert_eq!(compare(&value("1"), &value("\"a\"")), None);
    assert_eq!(compare(&value("1"), &value("2.5")), Some(Ordering::Less));
    assert_eq!(compare(&value("null"), &value("null")), None);
}
