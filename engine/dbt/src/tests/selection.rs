//! `--select` and `--exclude` on a project; expected lists as `dbt ls` gives them.

use super::*;

fn folder() -> Folder {
    Folder::new(&[
        (
            "dbt_project.yml",
            "name: shop\nmodels:\n  shop:\n    gold:\n      +tags: nightly\n      +materialized: table\n",
        ),
        ("models/sources.yml", "sources:\n  - name: raw\n    tables: [{name: t}]\n"),
        ("models/silver/s1.sql", "select * from {{ source('raw', 't') }}"),
        ("models/silver/s2.sql", "select 1 as x"),
        ("models/gold/g1.sql", "select * from {{ ref('s1') }}"),
        ("models/gold/g2.sql", "select * from {{ ref('s2') }}, {{ ref('g1') }}"),
        ("models/gold/m.yml", "models:\n  - name: g1\n    columns: [{name: x, tests: [not_null]}]\n"),
        ("tests/t.sql", "select * from {{ ref('g2') }} where false"),
    ])
}

fn selected(select: &[&str], exclude: &[&str]) -> String {
    let folder = folder();
    let runner = Runner::new(Arc::new(folder.load().unwrap()), Arc::new(Fake::default()), RunOptions::default());
    let texts = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
    let ids = runner.list(Command::List, &Selection { select: texts(select), exclude: texts(exclude) }).unwrap();
    let mut names: Vec<&str> = ids.iter().map(|id| id.split('.').nth(2).unwrap()).collect();
    names.sort_unstable();
    names.join(" ")
}

#[test]
fn methods_and_operators() {
    for (select, expected) in [
        ("g1", "g1 not_null_g1_x"),
        ("s2 g1", "g1 not_null_g1_x s2"),
        ("+g1", "g1 not_null_g1_x s1"),
        ("s1+", "g1 g2 not_null_g1_x s1 t"),
        ("s1+1", "g1 not_null_g1_x s1"),
        ("1+g2", "g1 g2 not_null_g1_x s2 t"),
        ("@s1", "g1 g2 not_null_g1_x s1 s2 t"),
        ("tag:nightly", "g1 g2 not_null_g1_x t"),
        ("path:models/silver", "s1 s2"),
        ("models/gold/g2.sql", "g2 t"),
        ("gold", "g1 g2 not_null_g1_x t"),
        ("shop.gold.*", "g1 g2 not_null_g1_x t"),
        ("s*", "g1 g2 not_null_g1_x s1 s2 t"),
        ("g*", "g1 g2 not_null_g1_x t"),
        ("source:raw+", "g1 g2 not_null_g1_x s1 t"),
        ("config.materialized:table,+g1", "g1 not_null_g1_x"),
        ("resource_type:test", "not_null_g1_x t"),
        ("test_type:singular", "t"),
        ("test_name:not_null", "not_null_g1_x"),
        ("file:g1.sql", "g1 not_null_g1_x"),
    ] {
        assert_eq!(selected(&[select], &[]), expected, "{select}");
    }
    assert_eq!(selected(&[], &["gold"]), "s1 s2");
    assert_eq!(selected(&["s1+"], &["g2", "test_name:not_null"]), "g1 s1");
}

#[test]
fn what_matches_nothing_is_said_and_what_is_unknown_refused() {
    let folder = folder();
    let (results, lines) = run_with(&folder, &Fake::default(), Command::Run, &["nobody"], RunOptions::default());
    assert!(results.results.is_empty());
    assert!(lines[0].contains("'nobody' does not match any enabled nodes"), "{lines:?}");
    let runner = Runner::new(Arc::new(folder.load().unwrap()), Arc::new(Fake::default()), RunOptions::default());
    let select = |text: &str| Selection { select: vec![text.to_owned()], exclude: Vec::new() };
    let error = runner.run(Command::Run, &select("state:modified"), &crate::Silent).unwrap_err();
    assert!(error.to_string().contains("`state:`"), "{error}");
    assert!(runner.run(Command::Run, &select("+"), &crate::Silent).is_err());
}

#[test]
fn nodes_left_out_still_order_the_others() {
    let (results, _) = run_with(&folder(), &Fake::default(), Command::Run, &["s1 g2"], RunOptions::default());
    assert_eq!(statuses(&results), ["s1 success", "g2 success"]);
}
