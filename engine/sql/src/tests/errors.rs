//! Messages and places of errors.

use super::parse;
use crate::{parse_script, split};

#[test]
fn messages_and_places() {
    for (text, message, position) in [
        ("", "syntax error at end of input", 1),
        ("selec 1", "syntax error at or near \"selec\"", 1),
        ("select 1 from", "syntax error at end of input", 14),
        ("select * from t where", "syntax error at end of input", 22),
        ("select a b c from t", "syntax error at or near \"c\"", 12),
        ("select\n  (1 + ) from t", "syntax error at or near \")\"", 15),
        ("create table t (a int b)", "syntax error at or near \"b\"", 23),
        ("create table select (a int)", "syntax error at or near \"select\"", 14),
        ("create table t (ä int, MyCol foo(", "syntax error at end of input", 34),
        ("insert t values (1)", "syntax error at or near \"t\"", 8),
        ("drop tabel t", "syntax error at or near \"tabel\"", 6),
        ("vacuum t to x percent", "syntax error at or near \"x\"", 13),
        ("copy t from 's3://b/k' ORK", "syntax error at or near \"ORK\"", 24),
        ("select 'abc", "unterminated quoted string at or near \"'abc\"", 8),
        ("unload ('select 1 +') to 's3://b/k'", "syntax error at end of input", 9),
        ("select 1; select 2", "syntax error at or near \";\"", 9),
        ("begin savepoint a", "syntax error at or near \"savepoint\"", 7),
        ("select a from t fetch first 3 rows only", "syntax error: FETCH FIRST is not supported in a query", 40),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!((error.message.as_str(), error.position), (message, position), "{text}");
        assert!(!error.limit);
    }
}

#[test]
fn places_in_scripts() {
    let script = "select 1;\n  select ö;\n  drop\n  tabel t;";
    let error = parse_script(script).unwrap_err();
    assert_eq!((error.position, error.line, error.column), (32, 4, 3));
    let error = parse_script("select 1; drop tabel t").unwrap_err();
    assert_eq!((error.position, error.line, error.column), (16, 1, 16));
}

#[test]
fn a_late_error_leaves_earlier_statements() {
    let script = "create table t (a int); insert into t values (1); selec";
    let results: Vec<bool> =
        split(script).iter().map(|part| crate::parse_statement(part, Default::default()).is_ok()).collect();
    assert_eq!(results, [true, true, false]);
}

/// Not Redshift: must not be accepted.
#[test]
fn refused() {
    for text in [
        "create index i on t (a)",
        "create sequence s",
        "create trigger x before insert on t execute procedure p()",
        "create table t (a int check (a > 0))",
        "create table t (a int, a2 int) inherits (b)",
        "create table t (a int) partition by range (a)",
        "create or replace table t (a int)",
        "create table t (a int default 1 default 2)",
        "create type x as (a int)",
        "create extension x",
        "insert into t values (1) on conflict do nothing",
        "insert into t values (1) returning a",
        "update t set a = 1 returning a",
        "update t set",
        "delete from t limit 1",
        "merge into t using s on t.a = s.a",
        "merge into t using s on t.a = s.a when matched then delete when matched then delete",
        "select * from t for update",
        "select * from t tablesample (10)",
        "select a from t lateral view explode(b) x",
        "with x as (insert into t values (1)) select 1",
        "select from t",
        "select a 'b' from t",
        "select t.'b' from t",
        "select * exclude a, 1 from t",
        "select a, from t",
        "select * from where",
        "select a from t 'x'",
        "savepoint a",
        "rollback to savepoint a",
        "release savepoint a",
        "do $$ begin end $$",
        "listen x",
        "grant select on t",
        "grant on t to u",
        "set x",
        "lock",
        "comment on column c is 'x'",
        "alter table t",
        "alter table t alter column a",
        "create view v as",
        "create procedure p() as $$ begin end $$",
        "values",
        "(select 1",
        "select 1)",
        "analyze t (",
        "copy t",
        "create external schema s from nowhere",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}
