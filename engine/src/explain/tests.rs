//! Plans of statements, without their estimates.

use crate::{Config, Engine, session::StatementResult, types::text::format_value};

const SETUP: &str = "
    create table sales (salesid int, listid int distkey, eventid int, price decimal(8,2)) sortkey(listid);
    create table listing (listid int distkey, eventid int, n int) sortkey(listid);
    create table event (eventid int, name varchar(200), catid smallint) diststyle all;
    create table cat (catid smallint, g varchar(10)) diststyle even;
    insert into sales values (1, 1, 1, 1), (2, 2, 2, 2), (3, 3, 3, 3), (4, 4, 4, 4)";

fn plans(statements: &[&str]) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    let mut session = Engine::open(Config::new(folder.path())).unwrap().session();
    runtime.block_on(session.run(SETUP)).unwrap();
    let mut plans = vec![];
    for statement in statements {
        let results = runtime.block_on(session.run(&format!("explain {statement}"))).unwrap();
        let Some(StatementResult::Rows { batches, .. }) = results.last() else { panic!("{statement}") };
        let mut lines = vec![];
        for batch in batches {
            for row in 0..batch.num_rows() {
                let mut line = String::new();
                format_value(batch.column(0), row, &mut line).unwrap();
                let shown = line.split("  (cost=").next().unwrap_or_default();
                lines.push(shown.to_owned());
            }
        }
        plans.push(lines);
    }
    plans
}

/// The examples of the pages r_EXPLAIN and c_data_redistribution, in small.
#[test]
fn plans_have_redshift_form() {
    let cases: [(&str, &[&str]); 7] = [
        ("select salesid from sales where eventid > 1", &["XN Seq Scan on sales", "  Filter: (eventid > 1)"]),
        (
            "select s.salesid from sales s join listing l on s.listid = l.listid",
            &[
                "XN Merge Join DS_DIST_NONE",
                "  Merge Cond: (\"outer\".listid = \"inner\".listid)",
                "  ->  XN Seq Scan on sales s",
                "  ->  XN Seq Scan on listing l",
            ],
        ),
        (
            "select s.salesid, e.name from sales s left join event e on s.eventid = e.eventid",
            &[
                "XN Hash Left Join DS_DIST_ALL_NONE",
                "  Hash Cond: (\"outer\".eventid = \"inner\".eventid)",
                "  ->  XN Seq Scan on sales s",
                "  ->  XN Hash",
                "        ->  XN Seq Scan on event e",
            ],
        ),
        (
            "select eventid, count(*) from sales group by eventid order by eventid limit 2",
            &[
                "XN Limit",
                "  ->  XN Merge",
                "        Merge Key: eventid",
                "        ->  XN Network",
                "              Send to leader",
                "              ->  XN Sort",
                "                    Sort Key: eventid",
                "                    ->  XN HashAggregate",
                "                          ->  XN Seq Scan on sales",
            ],
        ),
        (
            "select sales.salesid, cat.g from sales, cat",
            &[
                "XN Nested Loop DS_BCAST_INNER",
                "  ->  XN Seq Scan on sales",
                "  ->  XN Seq Scan on cat",
                "----- Nested Loop Join in the query plan - review the join predicates to avoid Cartesian products -----",
            ],
        ),
        (
            "select sum(price) over (partition by listid order by salesid rows unbounded preceding) from sales",
            &[
                "XN Window",
                "  Partition: listid",
                "  Order: salesid",
                "  ->  XN Sort",
                "        Sort Key: listid, salesid",
                "        ->  XN Seq Scan on sales",
            ],
        ),
        ("delete from sales where eventid = 3", &["XN Seq Scan on sales", "  Filter: (eventid = 3)"]),
    ];
    let statements: Vec<&str> = cases.iter().map(|(statement, _)| *statement).collect();
    for (plan, (statement, expected)) in plans(&statements).iter().zip(cases) {
        assert_eq!(plan, expected, "{statement}");
    }
}
