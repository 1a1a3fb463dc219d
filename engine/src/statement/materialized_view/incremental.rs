//! Whether Redshift could refresh a materialized view incrementally ("Refreshing a materialized
//! view" of the guide): inner joins, filters, grouping, and the aggregates that can be added up.

use std::ops::ControlFlow;

use blueshift_sql::ast::sql::{Expr, JoinOperator, Query, SetExpr, Visit, Visitor};

/// Aggregates and functions that need all rows again, or give another answer each time.
const NOT_INCREMENTAL: [&str; 16] = [
    "median",
    "percentile_cont",
    "percentile_disc",
    "listagg",
    "stddev",
    "stddev_samp",
    "stddev_pop",
    "variance",
    "var_samp",
    "var_pop",
    "random",
    "getdate",
    "current_setting",
    "user",
    "now",
    "any_value",
];

/// Functions whose values change with time or from call to call.
const MUTABLE: [&str; 13] = [
    "random",
    "getdate",
    "sysdate",
    "now",
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "timeofday",
    "current_user",
    "current_setting",
    "pg_backend_pid",
];

/// Whether a function of the query gives another answer each time.
pub fn is_mutable(query: &Query) -> bool {
    struct Mutable;
    impl Visitor for Mutable {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            let found = match expr {
                Expr::Function(function) => MUTABLE.contains(&function.name.to_string().to_lowercase().as_str()),
                Expr::Identifier(ident) => ident.quote_style.is_none() && MUTABLE.contains(&ident.value.as_str()),
                _ => false,
            };
            if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
    query.visit(&mut Mutable).is_break()
}

/// Whether the query is one that could be refreshed incrementally.
pub fn is_incremental(query: &Query) -> bool {
    let mut finder = Finder { queries: 0, found: false };
    let _: ControlFlow<()> = query.visit(&mut finder);
    !finder.found
}

struct Finder {
    queries: usize,
    found: bool,
}

impl Visitor for Finder {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.queries += 1;
        let SetExpr::Select(select) = &*query.body else {
            self.found = true;
            return ControlFlow::Break(());
        };
        let outer_join = select.from.iter().flat_map(|table| &table.joins).any(|join| {
            !matches!(join.join_operator, JoinOperator::Join(_) | JoinOperator::Inner(_) | JoinOperator::CrossJoin(_))
        });
        self.found |= self.queries > 1 || query.with.is_some() || select.distinct.is_some() || outer_join;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function) => {
                let name = function.name.to_string().to_lowercase();
                self.found |= function.over.is_some() || NOT_INCREMENTAL.contains(&name.as_str());
                self.found |= function.to_string().to_lowercase().contains("(distinct ");
            }
            Expr::Identifier(ident) => {
                self.found |= matches!(ident.value.as_str(), "sysdate" | "current_date" | "current_timestamp");
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
