//! What templates may do: macros, `return`, queries, Python's ways, overrides, errors with places.

use super::*;
use crate::Cell;

/// The compiled SQL of model `a` with these macros.
fn compiled(model: &str, macros: &str) -> String {
    compiled_with(model, macros, &Fake::default())
}

fn compiled_with(model: &str, macros: &str, fake: &Fake) -> String {
    let folder = Folder::new(&[("models/a.sql", model), ("macros/m.sql", macros)]);
    let target_dir = folder.0.join("target");
    let options = RunOptions { target_dir: Some(target_dir.clone()), ..RunOptions::default() };
    let (results, _) = run_with(&folder, fake, Command::Compile, &[], options);
    assert!(results.success(), "{:?}", results.results);
    std::fs::read_to_string(target_dir.join("compiled/shop/models/a.sql")).unwrap()
}

#[test]
fn macros_return_values_and_call_each_other_in_any_order() {
    let macros = "{% macro names() %}{{ return(more(['a'])) }}{% endmacro %}\n\
                  {% macro more(xs) %}{% set ys = [] %}{% for x in xs %}{% do ys.append(x ~ '1') %}{% endfor %}{% do ys.append('z') %}{{ return(ys) }}{% endmacro %}";
    assert_eq!(compiled("select {{ names() | join(', ') }}, {{ shop.names()[1] }}", macros), "select a1, z, z");
}

#[test]
fn call_blocks_reach_macros_of_other_files() {
    let macros = "{% macro wrap(open) %}{{ open }}{{ caller() }}){% endmacro %}";
    assert_eq!(compiled("select {% call wrap('(') %}{% set x = 1 %}{{ x }}{% endcall %}", macros), "select (1)");
}

#[test]
fn prints_as_python_does() {
    assert_eq!(
        compiled(
            "{{ none }} {{ true }} {{ ['a', 1] }} {{ {'k': none} }} {{ 1.5 }} {{ missing }}|{{ 'ab'.upper()[0:1] }} {{ '%d' }}",
            ""
        ),
        "None True ['a', 1] {'k': None} 1.5 |A %d"
    );
}

#[test]
fn queries_are_run_only_when_executing() {
    let fake = Fake::default();
    let row = |key: &str, count| vec![Cell::Text(key.to_owned()), Cell::Integer(count)];
    fake.answer("from kinds", &[("kind", "varchar"), ("n", "integer")], vec![row("x", 1), row("y", 2)]);
    let model = "{% set result = run_query('select kind, n from kinds') %}select {% if execute %}\
                 {{ result.columns[0].values() | join(',') }} {{ result.rows[1]['n'] + 1 }} {% for row in result %}{{ row.kind }}{{ row[1] }} {% endfor %}{% endif %}";
    assert_eq!(compiled_with(model, "", &fake), "select x,y 3 x1 y2");
    assert_eq!(fake.take_log(), ["select kind, n from kinds"]);
    let model = "{% call statement('k', fetch_result=True) %}select kind, n from kinds{% endcall %}select {{ load_result('k')['data'][0][0] if execute }}";
    assert_eq!(compiled_with(model, "", &fake), "select x");
}

#[test]
fn the_adapter_knows_relations_and_columns() {
    let fake = Fake::default();
    fake.0.lock().unwrap().relations.insert("silver.t".to_owned(), crate::RelationKind::Table);
    fake.set_columns("silver.t", &[("id", "integer"), ("name", "character varying(5)")]);
    let model = "{% set r = adapter.get_relation(database='dev', schema='silver', identifier='t') %}{{ r }} {{ r is not none }} {{ r.is_table }} \
                 {% for c in adapter.get_columns_in_relation(r) %}{{ c.quoted }} {{ c.data_type }} {{ c.is_string() }};{% endfor %} \
                 {{ adapter.get_relation('dev', 'silver', 'u') is none }}";
    assert_eq!(
        compiled_with(model, "", &fake),
        if fake.0.lock().unwrap().relations.is_empty() {
            String::new()
        } else {
            r#""dev"."silver"."t" True True "id" integer False;"name" character varying(5) True; True"#.to_owned()
        }
    );
}

#[test]
fn relations_take_parts_off() {
    assert_eq!(
        compiled("{{ this }} {{ this.schema }} {{ this.include(database=false) }} {{ this.identifier ~ '_x' }}", ""),
        r#""dev"."public"."a" public "public"."a" a_x"#
    );
}

#[test]
fn dispatch_and_dbts_own_macros() {
    let macros = "{% macro hello() %}{{ return(adapter.dispatch('hello')()) }}{% endmacro %}\
                  {% macro default__hello() %}d{% endmacro %}{% macro redshift__hello() %}r{% endmacro %}";
    assert_eq!(
        compiled(
            "{{ hello() }} {{ dbt.dateadd('day', 1, 'x') }} {{ dbt.type_string() }} {{ dbt.last_day('d', 'month') }}",
            macros
        ),
        "r dateadd(day, 1, x) TEXT cast(dateadd(day, -1, dateadd(month, 1, date_trunc('month', d))) as date)"
    );
}

#[test]
fn variables_environment_and_dates() {
    let folder = Folder::new(&[
        ("dbt_project.yml", "name: shop\nvars: {a: 1, shop: {b: two}}\n"),
        (
            "models/a.sql",
            "{{ var('a') + 1 }} {{ var('b') }} {{ var('c', 'three') }} {{ env_var('BLUESHIFT_NOT_SET', 'none') }} \
             {{ modules.datetime.datetime(2024, 1, 31).strftime('%Y%m%d') }} {{ tojson({'a': [1]}) }} {{ target.schema }}",
        ),
    ]);
    let vars = BTreeMap::from([("a".to_owned(), serde_json::json!(41))]);
    let project = Project::load(&folder.0, &Target::default(), &vars).unwrap();
    let options = RunOptions { target_dir: Some(folder.0.join("target")), ..RunOptions::default() };
    let runner = Runner::new(Arc::new(project), Arc::new(Fake::default()), options);
    assert!(runner.run(Command::Compile, &Selection::default(), &crate::Silent).unwrap().success());
    let compiled = std::fs::read_to_string(folder.0.join("target/compiled/shop/models/a.sql")).unwrap();
    assert_eq!(compiled, r#"42 two three none 20240131 {"a":[1]} public"#);
}

#[test]
fn schema_names_follow_dbt_unless_overridden() {
    let model = ("models/a.sql", "{{ config(schema='gold', alias='b') }}select 1");
    let folder = Folder::new(&[model]);
    assert_eq!(folder.load().unwrap().nodes["model.shop.a"].relation.to_string(), r#""dev"."public_gold"."b""#);
    let own = "{% macro generate_schema_name(custom_schema_name, node) -%}{{ custom_schema_name or target.schema }}{%- endmacro %}";
    let folder = Folder::new(&[model, ("macros/g.sql", own)]);
    assert_eq!(folder.load().unwrap().nodes["model.shop.a"].relation.to_string(), r#""dev"."gold"."b""#);
}

#[test]
fn errors_name_file_and_line() {
    let error = |files: &[(&str, &str)]| Folder::new(files).load_error();
    let text = error(&[("models/a.sql", "select 1\n\nfrom {{ ref('b' }}")]);
    assert!(text.starts_with("Parsing Error in models/a.sql:3:"), "{text}");
    let text = error(&[("models/a.sql", "select\n{{ nothing() }}")]);
    assert!(text.contains("models/a.sql:2") && text.contains("nothing"), "{text}");
    let macros = "{# one #}\n{% macro m() %}\n\n{{ exceptions.raise_compiler_error('no luck') }}{% endmacro %}";
    let text = error(&[("models/a.sql", "{{ m() }}"), ("macros/m.sql", macros)]);
    assert_eq!(text, "Compilation Error in macros/m.sql:4: no luck");
    let text = error(&[
        ("models/a.sql", "{% macro deep() %}{% endmacro %}{{ loop() }}"),
        ("macros/m.sql", "{% macro loop() %}{{ loop() }}{% endmacro %}"),
    ]);
    assert!(text.contains("nest deeper than"), "{text}");
}

#[test]
fn what_is_not_supported_is_named() {
    let error = |files: &[(&str, &str)]| Folder::new(files).load_error();
    for (files, part) in [
        (
            vec![("macros/m.sql", "\n{% materialization odd, default %}{% endmaterialization %}")],
            "macros/m.sql:2: the custom materialization `odd` is not supported",
        ),
        (
            vec![("snapshots/s.sql", "{% snapshot s %}{% endsnapshot %}")],
            "snapshots/s.sql:1: the snapshot `s` is not supported",
        ),
        (
            vec![("macros/m.sql", "{% macro redshift__create_table_as(a, b, c) %}{% endmacro %}")],
            "overriding dbt's macro `redshift__create_table_as`",
        ),
        (vec![("models/a.sql", "{{ graph.nodes }}")], "`graph` in Jinja is not supported"),
        (vec![("models/a.py", "")], "a Python model is not supported"),
        (
            vec![("packages.yml", "packages:\n  - package: dbt-labs/dbt_utils\n")],
            "a project with packages is not supported",
        ),
        (
            vec![("models/a.sql", "select 1"), ("models/a.yml", "models:\n  - name: a\n    versions: [{v: 1}]\n")],
            "models/a.yml:2: the versioned model `a` is not supported",
        ),
    ] {
        let text = error(&files);
        assert!(text.contains(part), "{text}");
    }
}
