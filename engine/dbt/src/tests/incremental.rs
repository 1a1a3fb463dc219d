//! Incremental models: first run, later runs, full refresh, schema changes.

use super::*;

fn folder(config: &str) -> Folder {
    let model = format!(
        "{{{{ config(materialized='incremental', {config}) }}}}\nselect 1 as id, 2 as v{{% if is_incremental() %}} where id > (select max(id) from {{{{ this }}}}){{% endif %}}"
    );
    Folder::new(&[("models/t.sql", &model)])
}

fn temporary(log: &[String]) -> String {
    let create = log.iter().find(|line| line.starts_with("create temporary table")).expect("a temporary table");
    create.split('"').nth(1).unwrap().to_owned()
}

#[test]
fn delete_and_insert_through_a_temporary_table() {
    let folder = folder("unique_key='id'");
    let fake = Fake::default();
    run(&folder, &fake, Command::Run);
    assert_eq!(
        fake.take_log(),
        ["begin", r#"create table "dev"."public"."t" as ( select 1 as id, 2 as v )"#, "commit"]
    );
    fake.set_columns("public.t", &[("id", "integer"), ("v", "integer")]);
    let results = run(&folder, &fake, Command::Run);
    assert_eq!(
        (results.results[0].rows_affected, results.results[0].message.as_deref()),
        (Some(3), Some("INSERT 0 3"))
    );
    let log = fake.take_log();
    let name = temporary(&log);
    assert_eq!(
        log,
        [
            "begin".to_owned(),
            format!(
                r#"create temporary table "{name}" as ( select 1 as id, 2 as v where id > (select max(id) from "dev"."public"."t") )"#
            ),
            format!(
                r#"delete from "dev"."public"."t" where (id) in ( select distinct id from "{name}" as DBT_INTERNAL_SOURCE )"#
            ),
            format!(r#"insert into "dev"."public"."t" ("id", "v") ( select "id", "v" from "{name}" )"#),
            "commit".to_owned(),
            format!(r#"drop table if exists "{name}""#),
        ]
    );
}

#[test]
fn a_full_refresh_rebuilds_beside_the_old_table() {
    let folder = folder("incremental_strategy='append'");
    let fake = Fake::default();
    run(&folder, &fake, Command::Run);
    fake.take_log();
    let options = RunOptions { full_refresh_models: ["t".to_owned()].into(), ..RunOptions::default() };
    run_with(&folder, &fake, Command::Run, &[], options);
    assert_eq!(
        fake.take_log(),
        [
            "begin",
            r#"create table "dev"."public"."t__dbt_tmp" as ( select 1 as id, 2 as v )"#,
            r#"alter table "dev"."public"."t" rename to "t__dbt_backup""#,
            r#"alter table "dev"."public"."t__dbt_tmp" rename to "t""#,
            "commit",
            "begin",
            r#"drop table if exists "dev"."public"."t__dbt_backup" cascade"#,
            "commit",
        ]
    );
}

#[test]
fn schema_changes() {
    for (mode, expected) in [
        ("append_new_columns", vec![r#"alter table "dev"."public"."t" add column "v" integer"#]),
        (
            "sync_all_columns",
            vec![
                r#"alter table "dev"."public"."t" add column "v" integer"#,
                r#"alter table "dev"."public"."t" drop column "old""#,
            ],
        ),
        ("ignore", vec![]),
    ] {
        let folder = folder(&format!("on_schema_change='{mode}'"));
        let fake = Fake::default();
        run(&folder, &fake, Command::Run);
        fake.take_log();
        fake.set_columns("public.t", &[("id", "integer"), ("old", "date")]);
        fake.set_columns("temp t", &[("id", "integer"), ("v", "integer")]);
        assert!(run(&folder, &fake, Command::Run).success());
        let log = fake.take_log();
        let alter: Vec<&String> = log.iter().filter(|line| line.starts_with("alter")).collect();
        assert_eq!(alter, expected.iter().collect::<Vec<_>>(), "{mode}");
        let columns = if mode == "ignore" { r#"("id", "old")"# } else { r#"("id", "v")"# };
        assert!(log.iter().any(|line| line.starts_with("insert") && line.contains(columns)), "{log:?}");
    }
}

#[test]
fn a_schema_change_can_be_an_error_and_nothing_stays_open() {
    let folder = folder("on_schema_change='fail'");
    let fake = Fake::default();
    run(&folder, &fake, Command::Run);
    fake.take_log();
    fake.set_columns("public.t", &[("id", "integer")]);
    fake.set_columns("temp t", &[("id", "integer"), ("v", "integer")]);
    let results = run(&folder, &fake, Command::Run);
    let message = results.results[0].message.as_deref().unwrap();
    assert!(
        message.contains("models/t.sql") && message.contains("Source columns not in target: [v integer]"),
        "{message}"
    );
    assert_eq!(fake.take_log().last().unwrap(), "rollback");
}

#[test]
fn longer_texts_widen_the_column() {
    let folder = folder("unique_key=['id', 'v']");
    let fake = Fake::default();
    run(&folder, &fake, Command::Run);
    fake.take_log();
    fake.set_columns("public.t", &[("id", "character varying(5)")]);
    fake.set_columns("temp t", &[("id", "character varying(9)")]);
    run(&folder, &fake, Command::Run);
    let log = fake.take_log();
    assert!(
        log.contains(&r#"alter table "dev"."public"."t" add column "id__dbt_alter" character varying(9)"#.to_owned()),
        "{log:?}"
    );
    assert!(log.iter().any(|line| line.contains("where (id, v) in ( select distinct id, v from")), "{log:?}");
}

#[test]
fn an_unknown_strategy_is_named() {
    let results = run(&folder("incremental_strategy='insert_overwrite'"), &Fake::default(), Command::Run);
    let message = results.results[0].message.as_deref().unwrap();
    assert!(message.contains("the incremental strategy `insert_overwrite` is not supported"), "{message}");
}
