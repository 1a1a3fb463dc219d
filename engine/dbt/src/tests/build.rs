//! Statements and their order: tables, views, seeds, hooks, tests, failures.

use super::*;
use crate::{Cell, Status};

#[test]
fn a_table_is_swapped_in_within_one_transaction() {
    let folder =
        Folder::new(&[("models/a.sql", "{{ config(materialized='table', dist='even', sort=['x']) }}select 1 as x;\n")]);
    let fake = Fake::default();
    assert!(run(&folder, &fake, Command::Run).success());
    let create = r#"create table "dev"."public"."a__dbt_tmp" diststyle even compound sortkey(x) as ( select 1 as x )"#;
    assert_eq!(
        fake.take_log(),
        [
            "begin",
            create,
            r#"alter table "dev"."public"."a__dbt_tmp" rename to "a""#,
            "commit",
            "begin",
            r#"drop table if exists "dev"."public"."a__dbt_backup" cascade"#,
            "commit",
        ]
    );
    run(&folder, &fake, Command::Run);
    assert_eq!(
        fake.take_log(),
        [
            "begin",
            create,
            r#"alter table "dev"."public"."a" rename to "a__dbt_backup""#,
            r#"alter table "dev"."public"."a__dbt_tmp" rename to "a""#,
            "commit",
            "begin",
            r#"drop table if exists "dev"."public"."a__dbt_backup" cascade"#,
            "commit",
        ]
    );
}

#[test]
fn leftovers_of_a_killed_run_are_dropped_first() {
    let folder = Folder::new(&[("models/a.sql", "select 1 as x")]);
    let fake = Fake::default();
    fake.0.lock().unwrap().relations.insert("public.a__dbt_tmp".to_owned(), crate::RelationKind::Table);
    run(&folder, &fake, Command::Run);
    let log = fake.take_log();
    assert_eq!(log[..3], ["begin", r#"drop table if exists "dev"."public"."a__dbt_tmp" cascade"#, "commit"]);
    assert_eq!(log[4], r#"create view "dev"."public"."a__dbt_tmp" as ( select 1 as x )"#);
}

#[test]
fn views_may_be_late_binding_and_have_hooks_grants_and_comments() {
    let model = "{{ config(bind=false, pre_hook='set x to 1', post_hook=[{'sql': 'vacuum', 'transaction': false}, 'analyze {{ this }}'], \
                 grants={'select': ['ann']}, persist_docs={'relation': true, 'columns': true}) }}select 1 as x";
    let yaml = "models:\n  - name: a\n    description: \"{{ doc('about_a') }}\"\n";
    let docs = "{% docs about_a %}\nAll about a.\n{% enddocs %}\n";
    let folder = Folder::new(&[("models/a.sql", model), ("models/a.yml", yaml), ("models/a.md", docs)]);
    let fake = Fake::default();
    assert!(run(&folder, &fake, Command::Run).success());
    let log = fake.take_log();
    assert_eq!(
        log,
        [
            "begin",
            "set x to 1",
            r#"create view "dev"."public"."a__dbt_tmp" as ( select 1 as x ) with no schema binding"#,
            r#"alter table "dev"."public"."a__dbt_tmp" rename to "a""#,
            r#"grant select on "dev"."public"."a" to "ann""#,
            r#"comment on view "dev"."public"."a" is $dbt_comment_literal_block$All about a.$dbt_comment_literal_block$"#,
            r#"analyze "dev"."public"."a""#,
            "commit",
            "begin",
            r#"drop view if exists "dev"."public"."a__dbt_backup" cascade"#,
            "commit",
            "vacuum",
        ]
    );
}

#[test]
fn a_model_that_meets_another_transaction_is_built_again() {
    let folder = Folder::new(&[("models/a.sql", "{{ config(materialized='table') }} select 1 as x")]);
    let fake = Fake::default();
    fake.conflict_on("commit", 2);
    let (results, _) = run_with(&folder, &fake, Command::Run, &[], RunOptions::default());
    assert_eq!(statuses(&results), ["a success"]);
    let log = fake.take_log();
    assert_eq!(log.iter().filter(|line| line.contains("__dbt_tmp")).count(), 6, "{log:?}");
    fake.conflict_on("commit", 100);
    let (results, _) = run_with(&folder, &fake, Command::Run, &[], RunOptions::default());
    assert_eq!(statuses(&results), ["a error"]);
}

#[test]
fn a_backup_whose_drop_meets_another_transaction_is_dropped_again() {
    let folder = Folder::new(&[("models/a.sql", "{{ config(materialized='table') }} select 1 as x")]);
    let fake = Fake::default();
    fake.conflict_on("a__dbt_backup", 2);
    let (results, _) = run_with(&folder, &fake, Command::Run, &[], RunOptions::default());
    assert_eq!(statuses(&results), ["a success"]);
    let log = fake.take_log();
    assert_eq!(log.iter().filter(|line| line.starts_with("drop table")).count(), 3, "{log:?}");
    assert_eq!(log.iter().filter(|line| line.starts_with("create table")).count(), 1, "{log:?}");
}

#[test]
fn a_model_that_is_durable_is_not_built_again() {
    let folder = Folder::new(&[(
        "models/a.sql",
        "{{ config(materialized='table', post_hook='commit; begin; update t') }} select 1 as x",
    )]);
    let fake = Fake::default();
    fake.conflict_on("update t", 1);
    let (results, _) = run_with(&folder, &fake, Command::Run, &[], RunOptions::default());
    assert_eq!(statuses(&results), ["a error"]);
    assert_eq!(fake.take_log().iter().filter(|line| line.contains("__dbt_tmp\" as")).count(), 1);
}

#[test]
fn a_failing_model_is_rolled_back_and_its_descendants_are_skipped() {
    let folder = Folder::new(&[
        ("models/bad.sql", "select 1/0 as x"),
        ("models/child.sql", "select * from {{ ref('bad') }}"),
        ("models/grandchild.sql", "select * from {{ ref('child') }}"),
        ("models/other.sql", "select 2 as x"),
    ]);
    let fake = Fake::default();
    fake.fail_on("1/0");
    let (results, lines) = run_with(&folder, &fake, Command::Run, &[], RunOptions::default());
    assert_eq!(statuses(&results), ["bad error", "child skipped", "grandchild skipped", "other success"]);
    let message = results.results[0].message.as_deref().unwrap();
    assert!(message.starts_with("Database Error in models/bad.sql: division by zero"), "{message}");
    assert_eq!(
        fake.take_log()[..3],
        ["begin", r#"create view "dev"."public"."bad__dbt_tmp" as ( select 1/0 as x )"#, "rollback"]
    );
    assert_eq!(lines[0], "Found 4 models");
    assert!(lines[1].starts_with("1 of 4 ERROR creating sql view model public.bad ..."), "{}", lines[1]);
    assert_eq!(results.summary(), "Done. PASS=1 WARN=0 ERROR=1 SKIP=2 NO-OP=0 TOTAL=4");
}

#[test]
fn build_waits_for_tests_and_a_failing_one_skips_what_is_behind() {
    let yaml = "models:\n  - name: a\n    columns:\n      - name: x\n        data_tests: [not_null, {unique: {config: {severity: warn}}}]\n";
    let folder = Folder::new(&[
        ("models/a.sql", "select 1 as x"),
        ("models/b.sql", "select * from {{ ref('a') }}"),
        ("models/a.yml", yaml),
    ]);
    let fake = Fake::default();
    assert_eq!(
        statuses(&run(&folder, &fake, Command::Build)),
        ["a success", "not_null_a_x pass", "unique_a_x pass", "b success"]
    );
    let found = |count| vec![vec![Cell::Integer(count), Cell::Boolean(true), Cell::Boolean(true)]];
    fake.answer("n_records", &[], found(2));
    let results = run(&folder, &fake, Command::Build);
    assert_eq!(statuses(&results), ["a success", "not_null_a_x pass", "unique_a_x warn", "b success"]);
    assert_eq!(results.results[2].message.as_deref(), Some("Got 2 results, configured to warn if != 0"));
    fake.answer("where x is null", &[], found(1));
    let results = run(&folder, &fake, Command::Build);
    assert_eq!(statuses(&results), ["a success", "not_null_a_x fail", "unique_a_x warn", "b skipped"]);
    assert_eq!((results.results[1].status, results.results[1].failures), (Status::Fail, Some(1)));
    // `test` alone skips nothing.
    assert_eq!(statuses(&run(&folder, &fake, Command::Test)), ["not_null_a_x fail", "unique_a_x warn"]);
}

#[test]
fn test_sql_with_where_limit_and_thresholds() {
    let yaml = "models:\n  - name: a\n    columns:\n      - name: x\n        tests:\n          - accepted_values:\n              values: ['b', 'c']\n              \
                config: {where: 'y > 1', limit: 10, error_if: '> 5', warn_if: '> 1'}\n";
    let folder = Folder::new(&[("models/a.sql", "select 'b' as x"), ("models/a.yml", yaml)]);
    let fake = Fake::default();
    run(&folder, &fake, Command::Test);
    assert_eq!(
        fake.take_log(),
        [
            "select count(*) as failures, count(*) > 1 as should_warn, count(*) > 5 as should_error from ( with all_values as ( \
          select x as value_field, count(*) as n_records from (select * from \"dev\".\"public\".\"a\" where y > 1) dbt_subquery \
          group by x ) select * from all_values where value_field not in ( 'b', 'c' ) limit 10 ) dbt_internal_test"
        ]
    );
}

#[test]
fn seeds_are_created_then_truncated_then_rebuilt() {
    let folder = Folder::new(&[
        ("seeds/s.csv", "id,name,day\n1,O'Neil,2024-01-31\n2,,\n"),
        (
            "seeds/s.yml",
            "seeds:\n  - name: s\n    config:\n      schema: ref\n      column_types: {name: varchar(20)}\n",
        ),
    ]);
    let fake = Fake::default();
    let results = run(&folder, &fake, Command::Seed);
    assert_eq!(results.results[0].message.as_deref(), Some("INSERT 2"));
    let create = r#"create table "dev"."public_ref"."s" ("id" integer,"name" varchar(20),"day" date)"#;
    let insert =
        r#"insert into "dev"."public_ref"."s" ("id", "name", "day") values (1,'O''Neil','2024-01-31'), (2,null,null)"#;
    assert_eq!(fake.take_log(), [r#"create schema if not exists "public_ref""#, "begin", create, insert, "commit"]);
    run(&folder, &fake, Command::Seed);
    assert_eq!(fake.take_log()[1..], ["begin", r#"truncate table "dev"."public_ref"."s""#, insert, "commit"]);
    run_with(&folder, &fake, Command::Seed, &[], RunOptions { full_refresh: true, ..RunOptions::default() });
    let log = fake.take_log();
    assert!(log.contains(&r#"drop table if exists "dev"."public_ref"."s" cascade"#.to_owned()), "{log:?}");
    assert_eq!(log[log.len() - 3..], [create, insert, "commit"]);
}

#[test]
fn ephemeral_models_become_ctes() {
    let folder = Folder::new(&[
        ("models/e1.sql", "{{ config(materialized='ephemeral') }}select 1 as x"),
        ("models/e2.sql", "{{ config(materialized='ephemeral') }}select * from {{ ref('e1') }}"),
        ("models/a.sql", "with own as (select * from {{ ref('e2') }}) select * from own"),
    ]);
    let fake = Fake::default();
    assert_eq!(statuses(&run(&folder, &fake, Command::Run)), ["a success"]);
    assert_eq!(
        fake.take_log()[1],
        r#"create view "dev"."public"."a__dbt_tmp" as ( with __dbt__cte__e1 as ( select 1 as x ), __dbt__cte__e2 as ( select * from __dbt__cte__e1 ), own as (select * from __dbt__cte__e2) select * from own )"#
    );
}

#[test]
fn many_threads_run_everything_once() {
    let mut files = vec![("models/root.sql".to_owned(), "select 1 as x".to_owned())];
    for index in 0..40 {
        files.push((format!("models/m{index}.sql"), "select * from {{ ref('root') }}".to_owned()));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let folder = Folder::new(&files);
    let fake = Fake::default();
    let options = RunOptions { threads: Some(8), ..RunOptions::default() };
    let (results, _) = run_with(&folder, &fake, Command::Build, &[], options);
    assert_eq!((results.results.len(), results.count(Status::Success)), (41, 41));
    assert_eq!(results.results[0].name, "root");
}

#[test]
fn hooks_of_the_run_and_what_is_left_in_the_target_folder() {
    let folder = Folder::new(&[
        (
            "dbt_project.yml",
            "name: shop\non-run-start: [\"{{ log('hello', info=true) }}\", 'select 1']\non-run-end: 'select {{ schemas | length }}'\n",
        ),
        ("models/a.sql", "select 1 as x"),
    ]);
    let fake = Fake::default();
    let target_dir = folder.0.join("target");
    let options = RunOptions { target_dir: Some(target_dir.clone()), ..RunOptions::default() };
    let (results, lines) = run_with(&folder, &fake, Command::Run, &[], options);
    assert_eq!(statuses(&results), ["a success", "shop-on-run-end-0 success"]);
    assert!(lines.contains(&"hello".to_owned()), "{lines:?}");
    let log = fake.take_log();
    assert_eq!((log.first().unwrap().as_str(), log.last().unwrap().as_str()), ("select 1", "select 1"));
    let compiled = std::fs::read_to_string(target_dir.join("compiled/shop/models/a.sql")).unwrap();
    assert_eq!(compiled, "select 1 as x");
    let document: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(target_dir.join("run_results.json")).unwrap()).unwrap();
    assert_eq!(document["results"][0]["unique_id"], "model.shop.a");
}

#[test]
fn fail_fast_stops_starting() {
    let folder = Folder::new(&[("models/a.sql", "select 1/0"), ("models/b.sql", "select 1")]);
    let fake = Fake::default();
    fake.fail_on("1/0");
    let (results, _) =
        run_with(&folder, &fake, Command::Run, &[], RunOptions { fail_fast: true, ..RunOptions::default() });
    assert_eq!(statuses(&results), ["a error", "b skipped"]);
}
