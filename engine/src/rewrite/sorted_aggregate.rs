//! Aggregates that sort their values — LISTAGG, PERCENTILE_CONT, PERCENTILE_DISC, MEDIAN — share one order in a SELECT
//! (pages r_LISTAGG, r_MEDIAN): MEDIAN sorts by its argument, LISTAGG without a clause by nothing.

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    Query,
    sql::{Expr, Function, FunctionArguments, Select, Visit, Visitor},
};

use crate::error::{Error, Result, SqlState};

/// Checks one SELECT.
///
/// Errors: 42803 for two orders.
pub fn check(select: &Select) -> Result<()> {
    let mut orders = Orders { first: None, differ: false, depth: 0 };
    let _ = select.projection.visit(&mut orders);
    let _ = select.having.visit(&mut orders);
    if orders.differ {
        let message = "within group ORDER BY clauses for aggregate functions must be the same";
        return Err(Error::new(SqlState::GROUPING_ERROR, message));
    }
    Ok(())
}

struct Orders {
    first: Option<String>,
    differ: bool,
    /// How many subqueries deep; theirs are checked with their own SELECT.
    depth: usize,
}

impl Visitor for Orders {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let (0, Expr::Function(function)) = (self.depth, expr)
            && let Some(order) = order_of(function)
        {
            match &self.first {
                Some(first) => self.differ |= *first != order,
                None => self.first = Some(order),
            }
        }
        ControlFlow::Continue(())
    }
}

/// The order of a sorting aggregate, as text; None for others, and over windows.
fn order_of(function: &Function) -> Option<String> {
    if function.over.is_some() {
        return None;
    }
    match function.name.to_string().to_lowercase().as_str() {
        "listagg" | "percentile_cont" | "percentile_disc" if !function.within_group.is_empty() => {
            let keys: Vec<String> = function.within_group.iter().map(|key| key.to_string().to_lowercase()).collect();
            Some(keys.join(", "))
        }
        "median" => match &function.args {
            FunctionArguments::List(list) => list.args.first().map(|argument| argument.to_string().to_lowercase()),
            _ => None,
        },
        _ => None,
    }
}
