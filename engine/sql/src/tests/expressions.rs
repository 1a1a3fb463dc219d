//! How Redshift's expressions are read: precedence and the forms other databases lack.

use sqlparser::ast::{BinaryOperator, Expr, SelectItem, SetExpr, TableFactor, UnaryOperator};

use super::parsed;
use crate::ast::{Query, Statement};
use crate::{ParserOptions, parse_expression};

fn expression(text: &str) -> Expr {
    parse_expression(text, ParserOptions::default()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn query(text: &str) -> Box<Query> {
    match parsed(text) {
        Statement::Query(query) => query,
        other => panic!("not a query: {other}"),
    }
}

/// Every operator with its operands in brackets.
fn bracketed(expr: &Expr) -> String {
    match expr {
        Expr::BinaryOp { left, op, right } => format!("[{} {op} {}]", bracketed(left), bracketed(right)),
        Expr::UnaryOp { op, expr } => format!("[{op} {}]", bracketed(expr)),
        Expr::IsNull(expr) => format!("[{} isnull]", bracketed(expr)),
        Expr::IsNotNull(expr) => format!("[{} notnull]", bracketed(expr)),
        Expr::Cast { expr, data_type, .. } => format!("[{}::{data_type}]", bracketed(expr)),
        other => other.to_string(),
    }
}

#[test]
fn precedence() {
    for (text, expected) in [
        ("2 ^ 3 * 4", "[[2 ^ 3] * 4]"),
        ("2 ^ 3 ^ 2", "[[2 ^ 3] ^ 2]"),
        ("-2 ^ 2", "[[- 2] ^ 2]"),
        ("-a::int", "[- [a::INT]]"),
        ("1 + 2 || 3 * 4", "[[1 + 2] || [3 * 4]]"),
        ("a || b = c || d", "[[a || b] = [c || d]]"),
        ("1 # 2 + 3", "[1 # [2 + 3]]"),
        ("1 & 2 | 4", "[[1 & 2] | 4]"),
        ("@ -5 + 3", "[@ [[- 5] + 3]]"),
        ("|/ 25 = 5", "[[|/ 25] = 5]"),
        ("||/ 27", "[||/ 27]"),
        ("~ 1 + 2", "[~ [1 + 2]]"),
        ("not a = b and c", "[[NOT [a = b]] AND c]"),
        ("a or b and c or d", "[[a OR [b AND c]] OR d]"),
        ("a isnull and b notnull", "[[a isnull] AND [b notnull]]"),
        ("a is null = b", "[[a isnull] = b]"),
        ("a << 2 + 1", "[a << [2 + 1]]"),
        ("a !~ 'x' and b ~ 'y'", "[[a !~ 'x'] AND [b ~ 'y']]"),
    ] {
        assert_eq!(bracketed(&expression(text)), expected, "{text}");
    }
}

#[test]
fn long_chains_are_balanced() {
    let text = format!("a = 0{}", " or a = 1".repeat(1023));
    let mut depth = 0;
    let mut expr = &expression(&text);
    while let Expr::BinaryOp { left, op: BinaryOperator::Or, .. } = expr {
        depth += 1;
        expr = left;
    }
    assert_eq!(depth, 10);
}

#[test]
fn power_is_not_xor() {
    let Expr::BinaryOp { op, .. } = expression("2 ^ 3") else { panic!() };
    assert_eq!(op, BinaryOperator::PGExp);
    let Expr::BinaryOp { op, .. } = expression("2 # 3") else { panic!() };
    assert_eq!(op, BinaryOperator::PGBitwiseXor);
    let Expr::UnaryOp { op, .. } = expression("@ x") else { panic!() };
    assert_eq!(op, UnaryOperator::PGAbs);
}

#[test]
fn special_forms() {
    let Expr::Prefixed { prefix, value } = expression("APPROXIMATE COUNT(DISTINCT a)") else { panic!() };
    assert_eq!(prefix.value, "approximate");
    assert!(matches!(*value, Expr::Function(_)));
    assert!(matches!(expression("array(1, 'a', null)"), Expr::Function(_)));
    assert!(matches!(expression("array()"), Expr::Function(_)));
    assert!(matches!(expression("interval '1w, 1h, 1m, 1s'"), Expr::Interval(_)));
    assert!(matches!(expression("convert(integer, '5')"), Expr::Convert { .. }));
    assert!(matches!(expression("extract(qtr from d)"), Expr::Extract { .. }));
    assert!(matches!(expression("a.b[0].c"), Expr::CompoundFieldAccess { .. } | Expr::JsonAccess { .. }));
    assert!(matches!(expression("sysdate"), Expr::Identifier(_)));
    assert!(matches!(expression("current_user"), Expr::Function(_)));
}

#[test]
fn strings_hold_their_value() {
    for (text, value) in [(r"'a\\d'", r"a\d"), (r"'it\'s'", "it's"), ("$$x'y$$", "x'y"), (r"E'a\tb'", "a\tb")] {
        let Expr::Value(found) = expression(text) else { panic!() };
        assert_eq!(found.value.into_string().as_deref(), Some(value), "{text}");
    }
    for text in [r"'a\\d'", "'a''b'", "'a''''b'", "''''''", r"'\\'''", r"'x\\''''''y'"] {
        assert_eq!(crate::unparse::sql_text(&expression(text)), text);
    }
}

#[test]
fn names_fold() {
    let query = query(r#"select "MyCol" as "TheAlias", T.X from "MySchema".T"#);
    assert_eq!(query.to_string(), r#"SELECT "mycol" AS "thealias", t.x FROM "myschema".t"#);
    let options = ParserOptions { case_sensitive_identifiers: true, ..ParserOptions::default() };
    let kept = crate::parse_query(r#"select "MyCol", X from T"#, options).unwrap();
    assert_eq!(kept.to_string(), r#"SELECT "MyCol", x FROM t"#);
}

#[test]
fn object_unpivot_is_a_call() {
    let query = query("select attr, val from t, unpivot t.c[0] as val at attr where attr <> 'x'");
    let SetExpr::Select(select) = query.body.as_ref() else { panic!() };
    let TableFactor::Table { name, args: Some(args), alias: Some(alias), .. } = &select.from[1].relation else {
        panic!("{query}")
    };
    assert_eq!((name.to_string().as_str(), args.args.len(), alias.name.value.as_str()), ("unpivot", 1, "val"));
    assert_eq!(alias.at.as_ref().map(|at| at.value.as_str()), Some("attr"));
}

#[test]
fn outer_join_marks() {
    let query = query("select 1 from a, b where a.x = b.x(+)");
    let SetExpr::Select(select) = query.body.as_ref() else { panic!() };
    let Some(Expr::BinaryOp { right, .. }) = &select.selection else { panic!() };
    assert!(matches!(right.as_ref(), Expr::OuterJoin(_)));
}

#[test]
fn top_minus_qualify() {
    let top = query("select top 3 distinct a from t");
    let SetExpr::Select(select) = top.body.as_ref() else { panic!() };
    assert!(select.top.is_some() && select.distinct.is_some());
    let minus = query("select a from t minus select b from u");
    assert!(matches!(minus.body.as_ref(), SetExpr::SetOperation { .. }));
    let qualify = query("select a from t as t qualify row_number() over (partition by a order by b) = 1");
    let SetExpr::Select(select) = qualify.body.as_ref() else { panic!() };
    assert!(select.qualify.is_some() && matches!(select.projection[0], SelectItem::UnnamedExpr(_)));
}

#[test]
fn exclude_covers_the_select_list() {
    for (text, own, whole) in [
        ("select * exclude a, b from t", Some("EXCLUDE (a, b)"), None),
        ("select * exclude (a) from t", Some("EXCLUDE (a)"), None),
        ("select *, 4 as d exclude a, b from t", None, Some("EXCLUDE (a, b)")),
        ("select t.*, u.* exclude (a) from t, u", None, Some("EXCLUDE (a)")),
    ] {
        let query = query(text);
        let SetExpr::Select(select) = query.body.as_ref() else { panic!() };
        let found = match select.projection.last() {
            Some(SelectItem::Wildcard(options)) => options.opt_exclude.as_ref().map(ToString::to_string),
            _ => None,
        };
        assert_eq!(found.as_deref(), own, "{text}");
        assert_eq!(select.exclude.as_ref().map(ToString::to_string).as_deref(), whole, "{text}");
    }
}
