//! The distribution and the sort key that CREATE TABLE AS takes over from what its query reads (page
//! r_CTAS_usage_notes): all of a table that is simply scanned; the distribution below an ORDER BY, whose columns
//! become the sort key; nothing of limits, groups, joins and the rest.

use blueshift_sql::ast::TableAttributes;
use datafusion::logical_expr::{LogicalPlan, TableScan};

use crate::{
    explain::{
        bare_column,
        distribution::{Scanned, scanned},
    },
    statement::{assignment::has_subquery, create_table::DraftTable},
    storage::metadata::{ColumnId, DistStyle, SortStyle, TableSnapshot},
};

/// A layout over the columns of a plan, by position.
struct Inherited {
    dist_style: DistStyle,
    dist_key: Option<usize>,
    sort_style: SortStyle,
    sort_key: Vec<usize>,
}

/// Completes what the statement says of distribution and sort key with what `plan` has. A statement that chooses a
/// distribution gets no sort key that it does not name (page r_CTAS_examples).
pub fn apply(definition: &mut DraftTable, attributes: &TableAttributes, plan: &LogicalPlan) {
    if attributes.dist_style.is_some() || attributes.dist_key.is_some() {
        return;
    }
    let Some(inherited) = of_plan(plan) else { return };
    let name = |index: &usize| definition.columns.get(*index).map(|column| column.name.clone());
    let sort_key: Vec<String> = inherited.sort_key.iter().filter_map(name).collect();
    let dist_key = inherited.dist_key.as_ref().and_then(name);
    definition.dist_style = inherited.dist_style;
    definition.dist_key = dist_key;
    if attributes.sort_key.is_none() && !sort_key.is_empty() {
        definition.sort_key = Some((inherited.sort_style, sort_key));
    }
}

fn of_plan(plan: &LogicalPlan) -> Option<Inherited> {
    match plan {
        LogicalPlan::TableScan(scan) => of_scan(scan),
        LogicalPlan::SubqueryAlias(alias) => of_plan(&alias.input),
        LogicalPlan::Filter(filter) if !has_subquery(&filter.predicate) => of_plan(&filter.input),
        LogicalPlan::Projection(projection) if !projection.expr.iter().any(has_subquery) => {
            let inherited = of_plan(&projection.input)?;
            let schema = projection.input.schema();
            let place = |index: usize| {
                projection.expr.iter().position(|expr| {
                    bare_column(expr).is_some_and(|column| schema.maybe_index_of_column(column) == Some(index))
                })
            };
            Some(inherited.moved(place))
        }
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => {
            let inherited = of_plan(&sort.input)?;
            let schema = sort.input.schema();
            // A sort key ascends. A key that is no column ends it.
            let sort_key = sort.expr.iter().map_while(|key| {
                let column = bare_column(&key.expr).filter(|_| key.asc)?;
                schema.maybe_index_of_column(column)
            });
            Some(Inherited { sort_style: SortStyle::Compound, sort_key: distinct(sort_key), ..inherited })
        }
        _ => None,
    }
}

fn of_scan(scan: &TableScan) -> Option<Inherited> {
    scanned(scan, |scanned| match scanned {
        Scanned::Managed(table) => Some(of_table(table, scan)),
        _ => None,
    })
}

fn of_table(table: &TableSnapshot, scan: &TableScan) -> Inherited {
    let place = |id: ColumnId| {
        let name = &table.column_by_id(id)?.name;
        scan.projected_schema.fields().iter().position(|field| field.name() == name)
    };
    let layout = &table.layout;
    let places: Vec<Option<usize>> = layout.sort_key.columns.iter().map(|id| place(*id)).collect();
    Inherited {
        dist_style: layout.dist_style,
        dist_key: layout.dist_key.and_then(place),
        sort_style: layout.sort_key.style,
        sort_key: kept(layout.sort_key.style, places),
    }
    .settled()
}

impl Inherited {
    /// The same layout after a projection that puts a column at another place, or drops it.
    fn moved(self, place: impl Fn(usize) -> Option<usize>) -> Self {
        let places = self.sort_key.iter().map(|index| place(*index)).collect();
        Inherited { dist_key: self.dist_key.and_then(&place), sort_key: kept(self.sort_style, places), ..self }
            .settled()
    }

    /// Without its key, a distribution by key is left to Redshift.
    fn settled(mut self) -> Self {
        if self.dist_style == DistStyle::Key && self.dist_key.is_none() {
            self.dist_style = DistStyle::Auto;
        }
        self
    }
}

/// What is left of a sort key when columns are missing: rows are still sorted by the first ones of a compound key.
fn kept(style: SortStyle, places: Vec<Option<usize>>) -> Vec<usize> {
    match style {
        SortStyle::Interleaved if places.contains(&None) => vec![],
        _ => places.into_iter().map_while(|place| place).collect(),
    }
}

fn distinct(places: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut seen = vec![];
    for place in places {
        if !seen.contains(&place) {
            seen.push(place);
        }
    }
    seen
}
