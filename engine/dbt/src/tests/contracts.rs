//! Contracts: declared columns and constraints, and queries that do not keep them.

use super::*;

const YAML: &str = "
models:
  - name: dim
    config: {materialized: table}
  - name: fact
    config: {materialized: table, contract: {enforced: true}, dist: id}
    constraints:
      - {type: foreign_key, columns: [dim_id], to: ref('dim'), to_columns: [id]}
    columns:
      - name: id
        data_type: integer
        constraints: [{type: not_null}, {type: primary_key}]
      - {name: dim_id, data_type: bigint}
      - {name: name, data_type: varchar(20)}
";

fn folder() -> Folder {
    Folder::new(&[
        ("models/dim.sql", "select 1 as id"),
        ("models/fact.sql", "select 1 as id, 2::bigint as dim_id, 'x' as name"),
        ("models/m.yml", YAML),
    ])
}

#[test]
fn a_contract_becomes_ddl_and_an_insert() {
    let fake = Fake::default();
    let columns = [("id", "integer"), ("dim_id", "bigint"), ("name", "character varying(1)")];
    fake.answer("__dbt_sbq", &columns, Vec::new());
    let (results, _) = run_with(&folder(), &fake, Command::Run, &["fact"], RunOptions::default());
    assert!(results.success(), "{:?}", results.results);
    let log = fake.take_log();
    let query = "select 1 as id, 2::bigint as dim_id, 'x' as name";
    assert_eq!(
        log[1..4],
        [
            format!("select * from ( {query} ) as __dbt_sbq where false limit 0"),
            r#"create table "dev"."public"."fact__dbt_tmp" ( id integer not null primary key, dim_id bigint, name varchar(20), foreign key (dim_id) references "dev"."public"."dim" (id) ) diststyle key distkey (id)"#.to_owned(),
            format!(r#"insert into "dev"."public"."fact__dbt_tmp" ( select id, dim_id, name from ( {query} ) as model_subq )"#),
        ]
    );
    assert_eq!(results.results[0].rows_affected, Some(3));
}

#[test]
fn a_foreign_key_orders_the_models() {
    let results = run(&folder(), &Fake::default(), Command::Run);
    assert_eq!(results.results[0].name, "dim");
    let project = folder().load().unwrap();
    assert_eq!(project.nodes["model.shop.fact"].depends_on, ["model.shop.dim"]);
}

#[test]
fn a_broken_contract_names_the_columns() {
    let fake = Fake::default();
    fake.answer("__dbt_sbq", &[("id", "bigint"), ("other", "date"), ("name", "character varying(9)")], Vec::new());
    let (results, _) = run_with(&folder(), &fake, Command::Run, &["fact"], RunOptions::default());
    let message = results.results[0].message.as_deref().unwrap();
    for part in [
        "models/fact.sql",
        "enforced contract that failed",
        "id: data type mismatch: definition has bigint, contract has integer",
        "other: missing in contract",
        "dim_id: missing in definition",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(fake.take_log().last().unwrap(), "rollback");
}
