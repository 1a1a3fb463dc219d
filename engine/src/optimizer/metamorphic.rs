//! The same query in other ways of running it: one thread or several, batches of a few rows, without
//! the optimizer's choices. The answers must be the same.

use std::sync::Arc;

use datafusion::{
    arrow::record_batch::RecordBatch,
    execution::{SessionState, SessionStateBuilder},
    optimizer::replace_distinct_aggregate::ReplaceDistinctWithAggregate,
    physical_plan::collect,
};

use crate::{Config, Engine, session::Session, types::text::format_value};

const SETUP: &str = "
    create table t (a int, b varchar(10), c numeric(8,2), d date, e double precision);
    insert into t values (1, 'x', 1.10, '2020-01-01', 0.5), (2, 'x ', 2.20, '2020-02-01', 1.5),
        (3, 'y', null, '2020-01-01', null), (4, null, 4.40, null, 2.5), (5, 'z', 5.50, '2021-06-30', -1),
        (6, 'y', 1.10, '2020-12-31', 0.5), (null, 'x', 7.70, '2020-01-01', 3);
    insert into t select a + 10, b, c * 2, d + 1, e from t;
    insert into t select a + 20, b, c, d, e * 2 from t where a > 2;
    create table u (a int, f varchar(10), g int);
    insert into u values (1, 'x', 10), (2, 'y', 20), (2, 'y', 21), (11, null, 30), (99, 'z', 40), (null, 'x', 50)";

/// Queries without subqueries in expressions: those need the optimizer to be run at all.
const PLAIN: [&str; 22] = [
    "select a, b, c from t where a > 3 and (b = 'y' or c > 2)",
    "select b, count(*), sum(c), min(d), avg(e) from t group by b",
    "select distinct b, d from t",
    "select t.a, u.g from t join u on t.a = u.a",
    "select t.a, u.g from t left join u on t.a = u.a and u.g > 10",
    "select t.a, u.g from t full join u on t.b = u.f",
    "select t.b, u.f, count(*) from t cross join u group by 1, 2",
    "select a, row_number() over (order by a, b, c), sum(a) over (partition by b order by a rows unbounded preceding) from t where a is not null",
    "select a from t union select g from u",
    "select a from t intersect select a from u",
    "select b from t except select f from u where g < 20",
    "select b, d, sum(c), grouping(b) from t group by rollup (b, d)",
    "select a, case when c > 2 then 'big' when c is null then 'none' else 'small' end from t order by a limit 5",
    "select b, listagg(a, ',') within group (order by a) from t group by b having count(*) > 1",
    "select d + 1, date_trunc('month', d), datediff(day, d, '2020-06-01') from t where d between '2020-01-01' and '2020-12-31'",
    "select x.a, y.g, z.b from t x join u y on x.a = y.a join t z on z.a = y.a and z.c > 1 join u w on w.f = z.b and w.g < y.g + 30",
    "select x.a, z.e from t x, u y, t z where x.a = y.a and x.b = y.f and z.d = x.d and z.a = x.a and y.g > 5",
    "select count(*), sum(x.c) from t x, u y, t z, u w where x.b = y.f and y.f = z.b and w.a = x.a and w.a = y.a",
    "select x.a, y.a, z.g from t x left join t y on x.a = y.a + 10 join u z on z.a = x.a join u w on w.f = x.b where w.g > z.g - 20",
    "select s.n, z.g, x.a from (select b, count(*) as n from t group by b) s join t x on x.b = s.b join u z on z.f = s.b and z.a = x.a",
    "select x.a + y.a, z.g from t x join t y on x.d = y.d join u z on z.a = x.a + y.a join u w on w.a = z.a where y.a < x.a or y.a = 1",
    "select * from (select b, a from t) pivot (count(a) for b in ('x', 'y', null))",
];

/// The rest: run in every way but without the optimizer.
const NESTED: [&str; 11] = [
    "select a from t where a in (select a from u)",
    "select a from t where a not in (select a from u where a is not null)",
    "select a from t where not exists (select 1 from u where u.a = t.a and u.g > 15)",
    "select a, (select max(g) from u where u.a = t.a) from t",
    "select a, exists (select 1 from u where u.f = t.b), a in (select a from u) from t",
    "select b, count(*) from t where c > (select avg(c) from t) group by b",
    "with recursive r(n) as (select 1 union all select n + 1 from r where n < 20) select n, t.b from r left join t on t.a = r.n",
    "select a from t where (a, b) in (select a, f from u) or (a, b) not in (select a, f from u where a < 3)",
    "select x.a, z.g from t x, u z, t y where x.a = z.a and y.b = x.b and x.a in (select a from u where g > 10) and y.a not in (select a from u where a is not null)",
    "select x.a from t x, t y, u z where x.d = y.d and y.a = z.a and not exists (select 1 from u where u.a = x.a and u.g > z.g) and x.e > (select min(e) from t)",
    "select level, a from u start with a = 1 connect by prior g < g and prior a < a",
];

fn rows(state: &SessionState, session: &mut Session, runtime: &tokio::runtime::Runtime, sql: &str) -> Vec<String> {
    let query = blueshift_sql::parse_query(sql, Default::default()).unwrap();
    session.ensure_transaction();
    let plan = session.plan_query(&query).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let batches = runtime.block_on(async {
        let physical = state.create_physical_plan(&plan).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        collect(physical, state.task_ctx()).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
    });
    sorted_lines(&batches)
}

/// Rows as text, in an order that does not depend on the plan.
pub(super) fn sorted_lines(batches: &[RecordBatch]) -> Vec<String> {
    let mut lines = vec![];
    for batch in batches {
        for row in 0..batch.num_rows() {
            let mut line = String::new();
            for column in batch.columns() {
                format_value(column, row, &mut line).unwrap();
                line.push('|');
            }
            lines.push(line);
        }
    }
    lines.sort();
    lines
}

#[test]
fn answers_do_not_depend_on_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    let engine = Engine::open(Config::new(folder.path())).unwrap();
    let mut session = engine.session();
    runtime.block_on(session.run(SETUP)).unwrap();
    let base = session.shared.state.clone();
    let with = |partitions: usize, batch_size: usize| {
        let config = base.config().clone().with_target_partitions(partitions).with_batch_size(batch_size);
        SessionStateBuilder::new_from_existing(base.clone()).with_config(config).build()
    };
    // Plans can be run only with these rules.
    let unoptimized = SessionStateBuilder::new_from_existing(with(1, 8192))
        .with_optimizer_rules(vec![Arc::new(super::CastNullability), Arc::new(ReplaceDistinctWithAggregate::new())])
        .build();
    // What runs when hash tables do not fit the memory.
    let mut config = base.config().clone().with_target_partitions(3).with_batch_size(5);
    config.options_mut().optimizer.prefer_hash_join = false;
    let sorted = SessionStateBuilder::new_from_existing(base.clone()).with_config(config).build();
    let ways = [
        ("four partitions", with(4, 8192)),
        ("small batches", with(1, 2)),
        ("both", with(4, 3)),
        ("sorted joins", sorted),
    ];
    let reference = with(1, 8192);
    for sql in PLAIN.iter().chain(&NESTED) {
        let expected = rows(&reference, &mut session, &runtime, sql);
        assert!(!expected.is_empty(), "{sql} has no rows to compare");
        for (way, state) in &ways {
            assert_eq!(rows(state, &mut session, &runtime, sql), expected, "{way}: {sql}");
        }
    }
    for sql in PLAIN {
        let expected = rows(&reference, &mut session, &runtime, sql);
        assert_eq!(rows(&unoptimized, &mut session, &runtime, sql), expected, "without optimizer: {sql}");
    }
}
