//! The command line as a user meets it: the built binary, its exit codes, stdout and stderr.
//!
//! One binary with all tests, because each one links the engine.
#![allow(clippy::unwrap_used, reason = "in tests a panic is the report")]

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// What a run of the binary left behind.
struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Runs `blueshift` on the warehouse in `dir` with this on stdin.
fn blueshift(dir: &Path, arguments: &[&str], stdin: &str) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_blueshift"))
        .args(arguments)
        .current_dir(dir)
        .env("BLUESHIFT_WAREHOUSE", dir.join("warehouse"))
        .env_remove("BLUESHIFT_S3_ROOT")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The child may end without reading all of it.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs statements with `sql --format csv`.
fn csv(dir: &Path, statements: &str) -> Run {
    blueshift(dir, &["sql", "--format", "csv", "-c", statements], "")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn results_are_csv_on_stdout_and_tags_go_to_stderr() {
    let dir = folder();
    let script = "create table t (id integer, name varchar(20), price numeric(8,2));
                  insert into t values (1, 'a, \"b\"', 0.99), (2, null, 12.5), (3, '', null);
                  select * from t order by id; select count(*) as n from t; select name from t where id > 1 order by id";
    let run = csv(dir.path(), script);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let expected = "id,name,price\n1,\"a, \"\"b\"\"\",0.99\n2,,12.50\n3,,\n\nn\n3\n\nname\n\"\"\n\"\"\n";
    assert_eq!(run.stdout, expected);
    assert_eq!(run.stderr, "CREATE TABLE\nINSERT 0 3\n");

    // The next process finds the table; NULL and the empty text can be told apart; -q is quiet.
    let arguments = [
        "sql",
        "-q",
        "--format",
        "csv",
        "--null",
        "NULL",
        "-c",
        "update t set price = 1 where id = 3; select name, price from t order by id",
    ];
    let run = blueshift(dir.path(), &arguments, "");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(run.stdout, "name,price\n\"a, \"\"b\"\"\",0.99\nNULL,12.50\n,1.00\n");
}

#[test]
fn the_first_error_stops_the_run_and_says_which_statement() {
    let dir = folder();
    let run = csv(dir.path(), "select 1 as one; select * from nowhere; select 2 as two");
    assert_eq!(run.code, 1);
    assert_eq!(run.stdout, "one\n1\n");
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(lines[0], "ERROR: relation \"nowhere\" does not exist");
    assert!(lines.contains(&"SQLSTATE: 42P01"), "{}", run.stderr);
    assert_eq!(lines.last(), Some(&"STATEMENT: 2"));
}

#[test]
fn statement_numbers_count_over_all_inputs() {
    let dir = folder();
    fs::write(dir.path().join("a.sql"), "select 2 as b;\nselect 3 as c;").unwrap();
    let run =
        blueshift(dir.path(), &["sql", "--format", "csv", "-c", "select 1 as a", "-f", "a.sql", "-c", "selec"], "");
    assert_eq!((run.code, run.stdout.as_str()), (1, "a\n1\n\nb\n2\n\nc\n3\n"));
    assert!(run.stderr.contains("SQLSTATE: 42601\n") && run.stderr.ends_with("STATEMENT: 4\n"), "{}", run.stderr);
}

#[test]
fn statements_come_from_stdin_and_share_a_session() {
    let dir = folder();
    let script = "create temp table s as select 5 as five; begin; insert into s values (6); rollback; select * from s;";
    let run = blueshift(dir.path(), &["sql", "--format", "csv", "-q"], script);
    assert_eq!((run.code, run.stdout.as_str()), (0, "five\n5\n"), "{}", run.stderr);
    let run = csv(dir.path(), "select * from s");
    assert!(run.stderr.contains("42P01"), "a temporary table ends with its session: {}", run.stderr);
}

#[test]
fn describe_prints_names_and_types_instead_of_rows() {
    let dir = folder();
    let script = "create table t (a varchar(20), b numeric(17,9), c timestamp, d boolean); select a, b, c, d, count(*) as n from t group by 1, 2, 3, 4";
    let run = blueshift(dir.path(), &["sql", "-q", "--format", "csv", "--describe", "-c", script], "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        run.stdout,
        "a,character varying(20)\nb,numeric(17,9)\nc,timestamp without time zone\nd,boolean\nn,bigint\n"
    );
}

#[test]
fn every_format_shows_the_rows() {
    let dir = folder();
    let show = |format: &str| {
        let statement = "select 1 as id, 'x' as name union all select 2, null order by 1";
        let run = blueshift(dir.path(), &["sql", "--format", format, "-c", statement], "");
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.stdout
    };
    assert_eq!(show("table"), " id | name\n----+------\n  1 | x\n  2 |\n(2 rows)\n");
    assert_eq!(show("tsv"), "id\tname\n1\tx\n2\t\n");
    assert_eq!(show("json"), "[{\"id\":1,\"name\":\"x\"},\n {\"id\":2,\"name\":null}\n]\n");
    assert_eq!(show("ndjson"), "{\"id\":1,\"name\":\"x\"}\n{\"id\":2,\"name\":null}\n");
    assert_eq!(show("expanded"), "-[ RECORD 1 ]\nid   | 1\nname | x\n-[ RECORD 2 ]\nid   | 2\nname |\n");
}

#[test]
fn wrong_usage_is_exit_code_two() {
    let dir = folder();
    for arguments in
        [&["nothing"][..], &["sql", "--format", "xml"], &["generate"], &["generate", "--dirty", "2", "out"]]
    {
        let run = blueshift(dir.path(), arguments, "");
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{arguments:?}");
    }
    assert!(!dir.path().join("warehouse").exists(), "wrong usage makes no warehouse");
    let run = blueshift(dir.path(), &["--help"], "");
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("Examples:"), "{}", run.stdout);
}

#[test]
fn unreadable_input_is_noticed_before_anything_runs() {
    let dir = folder();
    fs::write(dir.path().join("latin1.sql"), b"select '\xE9'").unwrap();
    for (file, state) in [("missing.sql", "58P01"), ("latin1.sql", "22021")] {
        let run = blueshift(dir.path(), &["sql", "-c", "create table t (a integer)", "-f", file], "");
        assert_eq!((run.code, run.stdout.as_str()), (1, ""));
        assert!(
            run.stderr.starts_with("ERROR: ") && run.stderr.contains(&format!("SQLSTATE: {state}\n")),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains(file), "{}", run.stderr);
    }
    assert!(csv(dir.path(), "select * from t").stderr.contains("42P01"));
}

#[test]
fn a_piped_repl_goes_on_after_errors() {
    let dir = folder();
    fs::write(dir.path().join("more.sql"), "select 'from a file' as origin;\n").unwrap();
    let script = "create table t (id integer not null, name varchar(10));\nselect *\n  from nowhere;\n\
                  \\d t\n\\dt\n\\i more.sql\n\\x\nselect 1 as a\n;\nselect 2 as last";
    let run = blueshift(dir.path(), &[], script);
    assert_eq!(run.code, 1, "a statement failed");
    for expected in [
        "Table \"public.t\"\n",
        " id     | integer               | not null |\n",
        " name   | character varying(10) |          |\n",
        "List of relations\n",
        " public | t    | table\n",
        " from a file\n",
        "-[ RECORD 1 ]\na | 1\n",
        "last | 2\n",
    ] {
        assert!(run.stdout.contains(expected), "no {expected:?} in\n{}", run.stdout);
    }
    assert!(run.stderr.contains("ERROR:  relation \"nowhere\" does not exist"), "{}", run.stderr);
    assert_eq!(blueshift(dir.path(), &[], "select 1;\n\\q\nselect nothing;").code, 0);
}

#[test]
fn generate_writes_the_tables() {
    let dir = folder();
    let run = blueshift(dir.path(), &["generate", "--scale", "0.1", "--dirty", "0.5", "raw"], "");
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    assert!(run.stderr.contains("InvoiceLine"), "{}", run.stderr);
    let header = fs::read_to_string(dir.path().join("raw/InvoiceLine/InvoiceLine.csv")).unwrap();
    assert!(header.starts_with("InvoiceLineId,InvoiceId,TrackId,UnitPrice,Quantity\n"));
    let run = blueshift(dir.path(), &["-q", "generate", "--scale", "0.1", "raw"], "");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

#[test]
fn a_pipeline_without_project_or_source_says_so() {
    let dir = folder();
    let run = blueshift(dir.path(), &["run-pipeline", "nowhere"], "");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.starts_with("ERROR: no dbt project in nowhere\n"), "{}", run.stderr);
    let project = dir.path().join("project");
    fs::create_dir(&project).unwrap();
    fs::write(project.join("dbt_project.yml"), "name: p\nversion: '1'\nprofile: p\n").unwrap();
    let run = blueshift(dir.path(), &["run-pipeline", "project", "--source", "no/raw"], "");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("no/raw") && run.stderr.contains("SQLSTATE: 58P01\n"), "{}", run.stderr);
}

/// A project with one model over bronze, and a test that holds if `genres` is right.
fn write_project(dir: &Path, genres: &str) {
    let files = [
        ("raw/Genre/Genre.csv", "GenreId,Name\n1,Rock\n2,Jazz\n".to_owned()),
        (
            "dbt_project.yml",
            "name: small\nversion: '1'\nconfig-version: 2\nprofile: small\nmodel-paths: [models]\n".to_owned(),
        ),
        (
            "models/sources.yml",
            "version: 2\nsources:\n  - name: bronze\n    schema: bronze\n    tables:\n      - name: genre\n".to_owned(),
        ),
        (
            "models/genres.sql",
            "{{ config(materialized='table') }}\nselect genreid as genre_id, name from {{ source('bronze', 'genre') }}\n"
                .to_owned(),
        ),
        (
            "models/models.yml",
            format!(
                "version: 2\nmodels:\n  - name: genres\n    columns:\n      - name: name\n        tests:\n\
                 \x20         - unique\n          - accepted_values:\n              values: [{genres}]\n"
            ),
        ),
    ];
    for (name, content) in files {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

#[test]
fn a_pipeline_tells_its_steps_and_ends_with_tables() {
    let dir = folder();
    write_project(&dir.path().join("small"), "Rock, Jazz");
    let run = blueshift(dir.path(), &["run-pipeline", "small", "--report", "report.html"], "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("glue job   ok     2 rows, 1 file, "), "{}", run.stderr);
    assert!(run.stderr.contains("OK created sql table model public.genres"), "{}", run.stderr);
    for expected in ["Steps\n", "dbt build", "Tests\n", "accepted_values", "Done in "] {
        assert!(run.stdout.contains(expected), "no {expected:?} in\n{}", run.stdout);
    }
    let page = fs::read_to_string(dir.path().join("report.html")).unwrap();
    assert!(page.contains("Pipeline run: success") && page.contains("glue job"), "{page}");
    let rows = csv(dir.path(), "select name from public.genres order by genre_id");
    assert_eq!(rows.stdout, "name\nRock\nJazz\n");

    let again = blueshift(dir.path(), &["run-pipeline", "small"], "");
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stderr.contains("(nothing new)"), "{}", again.stderr);
    let quiet = blueshift(dir.path(), &["-q", "run-pipeline", "small"], "");
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
}

#[test]
fn a_failing_test_fails_the_pipeline() {
    let dir = folder();
    write_project(&dir.path().join("small"), "Rock");
    let run = blueshift(dir.path(), &["run-pipeline", "small"], "");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("FAIL: test accepted_values_genres_name"), "{}", run.stderr);
    assert!(run.stdout.contains("FAILED in "), "{}", run.stdout);
}
