//! SVV_MV_INFO, SVV_MV_DEPENDENCY.

use std::sync::Arc;

use super::super::{
    context::SystemContext,
    declared::Filled,
    item::{RelationItem, RelationKind},
    oid,
};
use crate::{error::Result, statement};

/// All materialized views.
pub fn views(context: &SystemContext) -> Result<Vec<Arc<RelationItem>>> {
    let materialized = |relation: &&Arc<RelationItem>| matches!(relation.kind, RelationKind::MaterializedView(_));
    Ok(context.relations().iter().filter(materialized).cloned().collect())
}

/// `t` when what a materialized view reads has changed since its refresh.
pub fn stale(context: &SystemContext, view: &RelationItem) -> &'static str {
    let state = view.table().and_then(|table| statement::materialized_view_state(&context.bind.snapshot, table));
    if state.is_some_and(|state| state.stale) { "t" } else { "f" }
}

/// `t` when a materialized view was made with AUTO REFRESH YES.
pub fn auto_refresh(context: &SystemContext, view: &RelationItem) -> &'static str {
    let state = view.table().and_then(|table| statement::materialized_view_state(&context.bind.snapshot, table));
    if state.is_some_and(|state| state.auto_refresh) { "t" } else { "f" }
}

/// 1 when a materialized view can be refreshed incrementally, 0 when it is recomputed.
pub fn refresh_state(context: &SystemContext, view: &RelationItem) -> i64 {
    let state = view.table().and_then(|table| statement::materialized_view_state(&context.bind.snapshot, table));
    i64::from(state.is_some_and(|state| state.incremental))
}

/// SVV_MV_INFO: materialized views
pub const SVV_MV_INFO: Filled<Arc<RelationItem>> = Filled {
    name: "svv_mv_info",
    items: views,
    values: &[
        ("database_name", |context, _| context.database().into()),
        ("schema_name", |_, r| (&*r.schema).into()),
        ("user_name", |context, r| context.user_name(r.owner).into()),
        ("name", |_, r| (&r.name).into()),
        ("is_stale", |context, r| stale(context, r).into()),
        ("state", |context, r| refresh_state(context, r).into()),
        ("autorewrite", |_, _| "f".into()),
        ("autorefresh", |context, r| auto_refresh(context, r).into()),
    ],
};

/// A materialized view and another one that it reads.
pub type Dependency = (Arc<RelationItem>, Arc<RelationItem>);

/// SVV_MV_DEPENDENCY: what materialized views read
pub const SVV_MV_DEPENDENCY: Filled<Dependency> = Filled {
    name: "svv_mv_dependency",
    items: |context| {
        let mut all = vec![];
        for view in views(context)? {
            for id in view.depends_on() {
                let read = context.relation(oid::relation(id));
                let read = read.filter(|read| matches!(read.kind, RelationKind::MaterializedView(_)));
                all.extend(read.map(|read| (Arc::clone(&view), Arc::clone(read))));
            }
        }
        Ok(all)
    },
    values: &[
        ("database_name", |context, _| context.database().into()),
        ("schema_name", |_, d| (&*d.0.schema).into()),
        ("name", |_, d| (&d.0.name).into()),
        ("dependent_database_name", |context, _| context.database().into()),
        ("dependent_schema_name", |_, d| (&*d.1.schema).into()),
        ("dependent_name", |_, d| (&d.1.name).into()),
    ],
};
