//! The order of joins in plans of real tables, and the same answers in every order.

use datafusion::logical_expr::LogicalPlan;

use super::super::metamorphic::sorted_lines;
use crate::{Config, Engine, session::Session};

const SETUP: &str = "
    create table digit as select 0 as d union all select 1 union all select 2 union all select 3 union all select 4
        union all select 5 union all select 6 union all select 7 union all select 8 union all select 9;
    create table sold as select a.d + 10 * b.d + 100 * c.d as day, a.d + 10 * b.d as item, c.d as shop
        from digit a, digit b, digit c;
    create table stocked as select a.d + 10 * b.d as item, c.d as week, x.d as shop
        from digit a, digit b, digit c, digit x;
    create table calendar as select a.d + 10 * b.d + 100 * c.d as day, c.d as week, b.d as month
        from digit a, digit b, digit c;
    create table item as select a.d + 10 * b.d as item, 'item ' || (a.d + 10 * b.d)::varchar as name
        from digit a, digit b;
    analyze";

/// Many pairs first as it is written; what the order should join first.
const QUERIES: [(&str, [&str; 2]); 4] = [
    (
        "select s.day, i.name, k.week from sold s join stocked k on s.item = k.item join item i on i.item = s.item
         join calendar c on c.day = s.day where c.month = 3 and c.week = 4 and k.shop = 1",
        ["s", "c"],
    ),
    (
        "select s.day, k.week from sold s, stocked k, calendar c
         where s.item = k.item and c.day = s.day and c.week = k.week and c.month = 3 and s.shop < k.shop",
        ["s", "c"],
    ),
    // A semi join that leaves little goes before the join that multiplies.
    (
        "select s.day, k.week from sold s, stocked k, item i
         where s.item = k.item and i.item = k.item and s.day in (select day from calendar where month = 3 and week = 2)",
        ["s", "__correlated_sq"],
    ),
    // Keys that follow from others.
    (
        "select i.name, k.week from stocked k, sold s, item i
         where k.item = s.item and s.item = i.item and i.name = 'item 7' and k.shop = 3",
        ["i", "s"],
    ),
];

/// The names of the tables of the join that runs first: the deepest.
fn first_joined(plan: &LogicalPlan) -> Vec<String> {
    fn deepest(plan: &LogicalPlan, depth: usize, found: &mut (usize, Vec<String>)) {
        if let LogicalPlan::Join(join) = plan
            && depth >= found.0
        {
            let mut names: Vec<String> = [&join.left, &join.right]
                .into_iter()
                .map(|side| {
                    let mut name = String::new();
                    if let Some(qualifier) = side.schema().iter().find_map(|(qualifier, _)| qualifier) {
                        name = qualifier.table().to_owned();
                    }
                    name
                })
                .collect();
            names.sort();
            *found = (depth, names);
        }
        for input in plan.inputs() {
            deepest(input, depth + 1, found);
        }
    }
    let mut found = (0, vec![]);
    deepest(plan, 0, &mut found);
    found.1
}

fn rows(session: &mut Session, runtime: &tokio::runtime::Runtime, plan: &LogicalPlan) -> Vec<String> {
    sorted_lines(&runtime.block_on(session.collect(plan)).unwrap())
}

#[test]
fn few_rows_come_first_and_answers_stay() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    let engine = Engine::open(Config::new(folder.path())).unwrap();
    let mut session = engine.session();
    runtime.block_on(session.run(SETUP)).unwrap();
    for (sql, first) in QUERIES {
        let query = blueshift_sql::parse_query(sql, Default::default()).unwrap();
        session.ensure_transaction();
        let plan = session.plan_query(&query).unwrap();
        let optimized = session.optimize(&plan).unwrap();
        let mut expected = first.map(str::to_owned).to_vec();
        expected.sort();
        let found = first_joined(&optimized);
        // Subqueries have numbered names.
        let as_expected = found.iter().zip(&expected).all(|(found, expected)| found.starts_with(expected));
        assert!(as_expected && found.len() == 2, "{sql}: {found:?}\n{}", optimized.display_indent());
        // As it is written, by the rules without this one.
        let state = session.shared.state.clone();
        let rules = state.optimizer().rules.iter().filter(|rule| rule.name() != "join_order").cloned().collect();
        let written = datafusion::execution::SessionStateBuilder::new_from_existing(state)
            .with_optimizer_rules(rules)
            .build()
            .optimize(&plan)
            .unwrap();
        let answer = rows(&mut session, &runtime, &optimized);
        assert!(!answer.is_empty(), "{sql}");
        assert_eq!(answer, rows(&mut session, &runtime, &written), "{sql}");
    }
}
