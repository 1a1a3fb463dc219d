//! Loading: config precedence, sources, generic tests and their names, the graph's errors.

use super::*;

#[test]
fn config_of_the_file_goes_before_yaml_and_project() {
    let folder = Folder::new(&[
        (
            "dbt_project.yml",
            "name: shop\nmodels:\n  shop:\n    +tags: project\n    gold:\n      +materialized: table\n      +schema: \"{{ 'go' ~ 'ld' }}\"\n",
        ),
        ("models/gold/a.sql", "{{ config(tags=['file'], dist='all') }}select 1"),
        ("models/gold/b.sql", "select 1"),
        (
            "models/gold/m.yml",
            "models:\n  - name: a\n    config: {dist: even, tags: yaml, sort: x}\n  - name: b\n    config: {enabled: false}\n",
        ),
    ]);
    let project = folder.load().unwrap();
    let config = &project.nodes["model.shop.a"].config;
    assert_eq!(
        serde_json::Value::Object(config.0.clone()),
        serde_json::json!({
            "tags": ["project", "yaml", "file"], "materialized": "table", "schema": "gold", "dist": "all", "sort": "x",
        })
    );
    assert!(!project.nodes.contains_key("model.shop.b"));
}

#[test]
fn test_names_and_ids_are_dbts() {
    let yaml = "sources:\n  - name: raw\n    schema: bronze\n    tables:\n      - name: t\n        columns: [{name: id, tests: [unique]}]\n\
                models:\n  - name: a\n    columns:\n      - name: id\n        data_tests:\n          - relationships: {to: ref('b'), field: id}\n          \
                - accepted_values: {name: short, values: [1]}\n          - accepted_values:\n              arguments: {values: ['a b', 'c'], quote: true}\n              config: {tags: x}\n";
    let folder = Folder::new(&[
        ("models/a.sql", "select * from {{ source('raw', 't') }}"),
        ("models/b.sql", "select 1 as id"),
        ("models/m.yml", yaml),
    ]);
    let project = folder.load().unwrap();
    let tests: Vec<&str> = project.nodes.keys().filter_map(|id| id.strip_prefix("test.shop.")).collect();
    // As `dbt parse` of dbt-core 1.10 prints them for this very project.
    assert_eq!(
        tests,
        [
            "accepted_values_a_id__True__a_b__c.91be3099a8",
            "relationships_a_id__id__ref_b_.dcfe42f192",
            "short.0db4cc5e3c",
            "source_unique_raw_t_id.2fc627af8f",
        ]
    );
    assert_eq!(project.nodes[&format!("test.shop.{}", tests[1])].depends_on, ["model.shop.a", "model.shop.b"]);
    assert_eq!(project.nodes[&format!("test.shop.{}", tests[3])].depends_on, ["source.shop.raw.t"]);
    assert_eq!(project.source_tables(), [("bronze".to_owned(), "t".to_owned())]);
}

#[test]
fn references_that_lead_nowhere_and_cycles() {
    let text = Folder::new(&[("models/a.sql", "select 1\nfrom {{ ref('nope') }}")]).load_error();
    assert_eq!(text, "Dependency Error in models/a.sql:2: ref('nope') points to a node that was not found");
    let text = Folder::new(&[("models/a.sql", "from {{ source('x', 'y') }}")]).load_error();
    assert_eq!(text, "Dependency Error in models/a.sql:1: source('x', 'y') points to a source that was not found");
    let folder = Folder::new(&[("models/a.sql", "{{ ref('b') }}"), ("models/b.sql", "{{ ref('a') }}")]);
    let runner = Runner::new(Arc::new(folder.load().unwrap()), Arc::new(Fake::default()), RunOptions::default());
    let error = runner.run(Command::Run, &Selection::default(), &crate::Silent).unwrap_err();
    assert!(error.to_string().contains("Found a cycle: model.shop.a --> model.shop.b --> model.shop.a"), "{error}");
}

#[test]
fn mistakes_in_yaml_name_the_line() {
    for (yaml, expected) in [
        (
            "models:\n  - name: a\n    columns:\n      - name: x\n        tests:\n          - nope\n",
            "models/m.yml:6: there is no test `nope`",
        ),
        (
            "models:\n  - name: a\n    columns:\n      - {description: x}\n",
            "models/m.yml:2: an entry of `a` has no `name`",
        ),
        ("models:\n  - name: a\n  - name: a\n", "`a` is described twice"),
        ("wrong:\n  - name: a\n", "models/m.yml:1: unknown section `wrong`"),
        (
            "models:\n  - name: a\n    columns:\n      - name: x\n        constraints: [{type: odd}]\n",
            "models/m.yml:4: unknown constraint type 'odd'",
        ),
        ("models: [\n", "models/m.yml:"),
    ] {
        let text = Folder::new(&[("models/a.sql", "select 1 as x"), ("models/m.yml", yaml)]).load_error();
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn strangers_and_ignored_sections_are_warned_about() {
    let yaml = "models:\n  - name: nobody\nexposures:\n  - name: e\n";
    let project = Folder::new(&[("models/m.yml", yaml)]).load().unwrap();
    assert_eq!(
        project.warnings(),
        [
            "models/m.yml:2: did not find a node named `nobody` to describe",
            "models/m.yml: `exposures` are ignored by the native dbt runner"
        ]
    );
}

#[test]
fn references_hidden_from_parsing_are_refused() {
    let model =
        "{{ config(materialized='incremental') }}select 1 as x {% if is_incremental() %}from {{ ref('b') }}{% endif %}";
    let folder = Folder::new(&[("models/a.sql", model), ("models/b.sql", "select 1 as x")]);
    let fake = Fake::default();
    assert!(run(&folder, &fake, Command::Run).success());
    let results = run(&folder, &fake, Command::Run);
    let message = results
        .results
        .iter()
        .find_map(|result| result.message.as_deref().filter(|text| text.contains("Error")))
        .unwrap();
    assert!(message.contains("-- depends_on: {{ ref('b') }}"), "{message}");
}

#[test]
fn custom_generic_tests_and_singular_tests() {
    let folder = Folder::new(&[
        ("models/a.sql", "select 1 as x"),
        ("models/a.yml", "models:\n  - name: a\n    columns: [{name: x, tests: [{above: {limit_value: 3}}]}]\n"),
        (
            "tests/generic/above.sql",
            "{% test above(model, column_name, limit_value) %}{{ config(severity='warn') }}select * from {{ model }} where {{ column_name }} <= {{ limit_value }}{% endtest %}",
        ),
        ("tests/single.sql", "select * from {{ ref('a') }} where x > 5;\n"),
    ]);
    let fake = Fake::default();
    assert_eq!(statuses(&run(&folder, &fake, Command::Test)), ["above_a_x__3 pass", "single pass"]);
    let log = fake.take_log();
    assert!(
        log[0].ends_with(r#"from ( select * from "dev"."public"."a" where x <= 3 ) dbt_internal_test"#),
        "{}",
        log[0]
    );
    assert!(
        log[1].ends_with(r#"from ( select * from "dev"."public"."a" where x > 5 ) dbt_internal_test"#),
        "{}",
        log[1]
    );
}
