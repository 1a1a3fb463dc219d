use super::*;
use crate::{Config, Engine, types::text::format_value};

fn engine() -> (tempfile::TempDir, Engine) {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(Config::new(folder.path().join("warehouse"))).unwrap();
    (folder, engine)
}

/// The rows of the last statement, cells separated by `|`, NULL as `∅`.
async fn rows(session: &mut Session, sql: &str) -> Vec<String> {
    let results = session.run(sql).await.unwrap_or_else(|error| panic!("{sql}\n{:?}", error.error));
    let Some(StatementResult::Rows { batches, .. }) = results.last() else { return vec![] };
    let mut lines = vec![];
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cells: Vec<String> = batch
                .columns()
                .iter()
                .map(|column| {
                    let mut text = String::new();
                    format_value(column.as_ref(), row, &mut text).unwrap();
                    if column.is_null(row) { "∅".to_owned() } else { text }
                })
                .collect();
            lines.push(cells.join("|"));
        }
    }
    lines
}

async fn state_of(session: &mut Session, sql: &str) -> &'static str {
    session.run(sql).await.unwrap_err().error.state().0
}

#[tokio::test(flavor = "multi_thread")]
async fn expressions_have_redshift_types() {
    let (_folder, engine) = engine();
    let mut session = engine.session();
    let described = session.describe("select 1, 2.50 as d, 1 + 2.5, 7/2, 8.00::numeric(8,2) / 3.00::numeric(8,2) as q, 'x'::varchar(20), date '2020-01-01' + 1").await.unwrap();
    let types: Vec<String> = described.iter().map(|c| format!("{} {}", c.name, c.type_name)).collect();
    assert_eq!(
        types,
        [
            "?column? integer",
            "d numeric(3,2)",
            "?column? numeric(12,1)",
            "?column? integer",
            "q numeric(17,9)",
            "varchar character varying(20)",
            "?column? date"
        ]
    );
    assert_eq!(
        rows(
            &mut session,
            "select 7/2, -7/2, 2 ^ 3, 1.0/3, 'a' || 1, null || 'a', inner_rows.x from (select 5 as x) as inner_rows"
        )
        .await,
        ["3|-3|8|0.333333333333|a1|∅|5"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_live_and_change() {
    let (_folder, engine) = engine();
    let mut session = engine.session();
    rows(&mut session, "create table t (a int not null, b varchar(5), c numeric(10,2) default 1.5)").await;
    assert_eq!(session.run("insert into t values (1, 'x', 2), (2, null, 3.456)").await.unwrap()[0].tag(), "INSERT 0 2");
    rows(&mut session, "insert into t (a) values (3)").await;
    assert_eq!(rows(&mut session, "select * from t order by a").await, ["1|x|2.00", "2|∅|3.46", "3|∅|1.50"]);
    assert_eq!(session.run("update t set b = 'up', c = c + 1 where a >= 2").await.unwrap()[0].tag(), "UPDATE 2");
    assert_eq!(session.run("delete from t where a = 1").await.unwrap()[0].tag(), "DELETE 1");
    assert_eq!(rows(&mut session, "select * from t order by a").await, ["2|up|4.46", "3|up|2.50"]);
    assert_eq!(state_of(&mut session, "insert into t values (null, 'a', 1)").await, "23502");
    assert_eq!(state_of(&mut session, "insert into t values (1, 'too long', 1)").await, "22001");
    assert_eq!(state_of(&mut session, "select * from missing").await, "42P01");
    assert_eq!(state_of(&mut session, "select nope from t").await, "42703");
    assert_eq!(state_of(&mut session, "select 1/0").await, "22012");
    assert_eq!(state_of(&mut session, "select 2147483647 + 1").await, "22003");
    assert_eq!(rows(&mut session, "select count(*) from t").await, ["2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_roll_back_and_swap() {
    let (_folder, engine) = engine();
    let mut session = engine.session();
    rows(&mut session, "create schema s; create table s.t as select 1 as a").await;
    rows(
        &mut session,
        "begin; create table s.t2 as select 2 as a; alter table s.t rename to t_backup; alter table s.t2 rename to t;",
    )
    .await;
    assert_eq!(rows(&mut session, "select a from s.t").await, ["2"]);
    let mut other = engine.session();
    assert_eq!(rows(&mut other, "select a from s.t").await, ["1"]);
    rows(&mut session, "drop table s.t_backup cascade; commit").await;
    assert_eq!(rows(&mut other, "select a from s.t").await, ["2"]);
    rows(&mut session, "begin; delete from s.t; create table s.gone (x int)").await;
    assert_eq!(state_of(&mut session, "select * from nowhere").await, "42P01");
    assert_eq!(state_of(&mut session, "select 1").await, "25P02");
    rows(&mut session, "rollback").await;
    assert_eq!(rows(&mut session, "select a from s.t").await, ["2"]);
    assert_eq!(state_of(&mut session, "select * from s.gone").await, "42P01");
}

#[tokio::test(flavor = "multi_thread")]
async fn views_temp_tables_and_merge() {
    let (_folder, engine) = engine();
    let mut session = engine.session();
    rows(&mut session, "create table t (id int, v varchar(10)); insert into t values (1, 'a'), (2, 'b')").await;
    rows(&mut session, "create view v as select id, upper(v) as v from t where id < 10").await;
    assert_eq!(rows(&mut session, "select * from v order by id").await, ["1|A", "2|B"]);
    assert_eq!(state_of(&mut session, "drop table t").await, "2BP01");
    rows(&mut session, "create temp table src as select 2 as id, 'bb'::varchar(10) as v union all select 3, 'c'").await;
    rows(&mut session, "merge into t using src on t.id = src.id when matched then update set v = src.v when not matched then insert values (src.id, src.v)").await;
    assert_eq!(rows(&mut session, "select * from t order by id").await, ["1|a", "2|bb", "3|c"]);
    rows(&mut session, "delete from t using src where t.id = src.id").await;
    assert_eq!(rows(&mut session, "select * from v").await, ["1|A"]);
    let mut other = engine.session();
    assert_eq!(state_of(&mut other, "select * from src").await, "42P01");
    rows(&mut session, "drop table t cascade").await;
    assert_eq!(state_of(&mut session, "select * from v").await, "42P01");
}

/// Found by the Chinook project's own test: nine rows came back where one belongs.
#[tokio::test(flavor = "multi_thread")]
async fn constant_filter_stays_above_a_global_aggregate() {
    let (_folder, engine) = engine();
    let mut session = engine.session();
    rows(&mut session, "create table t (a int); insert into t values (1), (2)").await;
    assert_eq!(
        rows(&mut session, "select * from (select sum(a) as s from t) x where 1 = 2").await,
        Vec::<String>::new()
    );
    let union = "with u as (select 'a'::varchar(5) as k, sum(a) as s from t union all select 'b', max(a) from t) \
                 select l.k, l.s, r.s from u l join u r on r.k = 'b' order by 1";
    assert_eq!(rows(&mut session, union).await, ["a|3|2", "b|2|2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ordered_aggregates() {
    let (_folder, engine) = engine();
    let mut session = engine.session();
    rows(&mut session, "create table t (g int, v varchar(5), n int)").await;
    rows(&mut session, "insert into t values (1, 'b', 1), (1, 'a', 2), (2, 'c', 4), (1, 'c', 10)").await;
    let listagg = "select g, listagg(v, '-') within group (order by n desc) as l from t group by g order by g";
    assert_eq!(rows(&mut session, listagg).await, ["1|c-a-b", "2|c"]);
    let median =
        "select median(n), percentile_cont(0.5) within group (order by n), approximate count(distinct g) from t";
    assert_eq!(rows(&mut session, median).await, ["3.0|3.0|2"]);
    assert_eq!(
        rows(&mut session, "select extract(year from date '2020-05-06'), date_part(month, date '2020-05-06')").await,
        ["2020|5"]
    );
}

/// Found by the benchmark's daily sales: an internal error on columns that are NOT NULL.
#[tokio::test(flavor = "multi_thread")]
async fn casts_of_not_null_columns_are_grouped() {
    let (_folder, engine) = engine();
    let mut session = engine.session();
    rows(&mut session, "create table t (ts timestamp not null, i int not null, j int)").await;
    rows(
        &mut session,
        "insert into t values ('2021-01-02', 1, 7), ('2021-01-02 10:00', 1, null), ('2021-01-03', 3, 8)",
    )
    .await;
    let days = "select cast(ts as date), count(distinct i), sum(j) from t group by 1 order by 1";
    assert_eq!(rows(&mut session, days).await, ["2021-01-02|1|7", "2021-01-03|1|8"]);
    let widened = "select cast(i as bigint) as k, count(distinct j) from t group by 1 order by 1";
    assert_eq!(rows(&mut session, widened).await, ["1|1", "3|1"]);
    // The filter makes an inner join of the outer one, and the column NOT NULL.
    let joined = "select cast(b.ts as date), count(distinct a.i) from t a left join t b on b.i = a.j - 5 \
                  where b.ts > '2021-01-01' group by 1";
    assert_eq!(rows(&mut session, joined).await, ["2021-01-03|1"]);
    // And here it stays nullable.
    let outer = "select cast(b.ts as date), count(distinct a.i) from t a left join t b on b.i = a.j - 5 \
                 group by 1 order by 1";
    assert_eq!(rows(&mut session, outer).await, ["2021-01-03|1", "∅|1"]);
}

/// Two sessions on a table that the first has changed in a block.
async fn with_open_update(engine: &Engine) -> (Session, Session) {
    let (mut first, mut second) = (engine.session(), engine.session());
    rows(&mut first, "create table t (a int, b int); insert into t values (1, 0), (2, 0)").await;
    rows(&mut first, "begin; update t set b = b + 1").await;
    rows(&mut second, "set statement_timeout to 60000").await;
    (first, second)
}

fn waiting(engine: &Engine) -> usize {
    engine.shared.warehouse.locks().locks().iter().filter(|(_, lock)| !lock.granted).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_waits_for_a_writer_and_sees_what_it_left() {
    let (_folder, engine) = engine();
    let (mut first, mut second) = with_open_update(&engine).await;
    assert_eq!(rows(&mut second, "select sum(b) from t").await, ["0"], "readers do not wait");
    let update = tokio::spawn(async move {
        second.run("update t set b = b + 10").await.unwrap();
        second
    });
    while waiting(&engine) == 0 {
        tokio::task::yield_now().await;
    }
    let transactions = engine.shared.warehouse.running_transactions();
    let waits = transactions.iter().flat_map(|t| &t.locks).filter(|l| !l.granted).count();
    assert_eq!((transactions.len(), waits), (2, 1));
    rows(&mut first, "commit").await;
    let mut second = update.await.unwrap();
    assert_eq!(rows(&mut second, "select a, b from t order by a").await, ["1|11", "2|11"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_by_timeout_and_by_cancel() {
    let (_folder, engine) = engine();
    let (_first, mut second) = with_open_update(&engine).await;
    rows(&mut second, "set statement_timeout to 50").await;
    assert_eq!(state_of(&mut second, "delete from t").await, "57014");
    rows(&mut second, "set statement_timeout to 0").await;
    let cancel = second.cancel_handle();
    let deleting = tokio::spawn(async move { state_of(&mut second, "delete from t").await });
    while waiting(&engine) == 0 {
        tokio::task::yield_now().await;
    }
    cancel.cancel();
    assert_eq!(deleting.await.unwrap(), "57014");
    assert_eq!(waiting(&engine), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn lock_keeps_readers_out_until_the_end() {
    let (_folder, engine) = engine();
    let (mut first, mut second) = (engine.session(), engine.session());
    rows(&mut first, "create table t (a int); begin; lock t; insert into t values (1)").await;
    let reading = tokio::spawn(async move { rows(&mut second, "select count(*) from public.t").await });
    while waiting(&engine) == 0 {
        tokio::task::yield_now().await;
    }
    rows(&mut first, "commit").await;
    assert_eq!(reading.await.unwrap(), ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn deletes_from_different_segments_go_together_and_from_one_conflict() {
    let (_folder, engine) = engine();
    let (mut first, mut second) = (engine.session(), engine.session());
    rows(&mut first, "create table t (a int); insert into t values (1), (2); insert into t values (3), (4)").await;
    // The locks of one process would make the second wait: another process has none.
    let other = Engine::open(engine.config().clone()).unwrap();
    let mut third = other.session();
    rows(&mut second, "begin; delete from t where a = 1").await;
    rows(&mut third, "begin; delete from t where a = 3; commit").await;
    rows(&mut second, "commit").await;
    assert_eq!(rows(&mut first, "select a from t order by a").await, ["2", "4"]);
    rows(&mut second, "begin; delete from t where a = 2").await;
    rows(&mut third, "delete from t where a = 2").await;
    let error = second.run("commit").await.unwrap_err().error;
    assert_eq!((error.state().0, error.message()), ("40001", "1023"));
    // Outside of a block the statement is run again on what the other left.
    rows(&mut second, "insert into t values (5)").await;
    let deletes = (0..8).map(|_| async { other.session().run("update t set a = a + 1 where a > 4").await.map(|_| ()) });
    let mine = (0..8).map(|_| async { engine.session().run("update t set a = a + 1 where a > 4").await.map(|_| ()) });
    let (theirs, mine) = futures::join!(futures::future::join_all(deletes), futures::future::join_all(mine));
    assert!(theirs.iter().chain(&mine).all(Result::is_ok), "{theirs:?} {mine:?}");
    assert_eq!(rows(&mut first, "select a from t order by a").await, ["4", "21"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn temporary_tables_of_a_killed_session_are_swept() {
    let (folder, engine) = engine();
    let mut session = engine.session();
    rows(&mut session, "create temp table mine (a int); insert into mine values (1)").await;
    // What a kill leaves: the session is never dropped, the process's locks are gone.
    let copy = folder.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    for file in std::fs::read_dir(folder.path().join("warehouse")).unwrap().map(|f| f.unwrap()) {
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), copy.join(file.file_name())).unwrap();
        }
    }
    let reopened = Engine::open(Config::new(&copy)).unwrap();
    let snapshot = reopened.shared.warehouse.latest().unwrap();
    assert!(!snapshot.schemas().any(|s| s.name.starts_with(TEMPORARY_SCHEMA_PREFIX)));
}
