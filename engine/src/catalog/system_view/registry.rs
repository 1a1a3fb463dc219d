//! All system views by name, with their numbers and columns. Made once: it never changes.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use super::{
    information_schema, log, oid, pg_catalog, svv,
    view::{PG_CATALOG, SystemView},
};

/// A system view with what is known of it without rows.
pub struct RegisteredView {
    /// Its number.
    pub oid: i64,
    /// Its schema.
    pub schema: Arc<str>,
    /// Its name.
    pub name: String,
    /// Names and types of its columns.
    pub columns: Vec<(String, String)>,
    /// Whether Redshift has it as a table (`pg_*`, `stl_*`, `stv_*`), not as a view.
    pub is_table: bool,
    /// The view.
    pub view: &'static dyn SystemView,
}

struct Registry {
    views: Vec<RegisteredView>,
    by_name: HashMap<(Arc<str>, String), usize>,
}

/// PostgreSQL's catalogs that are views.
const PG_VIEWS: [&str; 12] = [
    "pg_prepared_xacts",
    "pg_rules",
    "pg_stats",
    "pg_tables",
    "pg_views",
    "pg_indexes",
    "pg_user",
    "pg_roles",
    "pg_settings",
    "pg_table_def",
    "pg_locks",
    "pg_stat_activity",
];

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let families = [pg_catalog::VIEWS, information_schema::VIEWS];
    let mut all: Vec<&'static dyn SystemView> = families.into_iter().flatten().copied().collect();
    let declared = svv::views().iter().chain(log::views());
    all.extend(declared.map(|view| view as &'static dyn SystemView));
    all.sort_by(|a, b| (a.schema_name(), a.name()).cmp(&(b.schema_name(), b.name())));
    let views = all.into_iter().enumerate().map(|(place, view)| {
        let name = view.name();
        let table = ["pg_", "stl_", "stv_"].iter().any(|prefix| name.starts_with(prefix));
        RegisteredView {
            oid: oid::system_view(name, place),
            schema: view.schema_name().into(),
            name: name.to_owned(),
            columns: view.columns().into_iter().map(|(name, kind)| (name.to_owned(), kind.to_string())).collect(),
            is_table: view.schema_name() == PG_CATALOG && table && !PG_VIEWS.contains(&name),
            view,
        }
    });
    let views: Vec<RegisteredView> = views.collect();
    let by_name =
        views.iter().enumerate().map(|(index, view)| ((Arc::clone(&view.schema), view.name.clone()), index)).collect();
    Registry { views, by_name }
});

/// All system views.
pub fn all() -> &'static [RegisteredView] {
    &REGISTRY.views
}

/// The system view of that name.
pub fn find(schema: &str, name: &str) -> Option<&'static RegisteredView> {
    let index = REGISTRY.by_name.get(&(Arc::from(schema), name.to_owned()))?;
    REGISTRY.views.get(*index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_columns_are_unique() {
        assert_eq!(REGISTRY.views.len(), REGISTRY.by_name.len());
        for view in all() {
            let mut names: Vec<&str> = view.columns.iter().map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{} has a column twice", view.name);
            assert!(count > 0, "{} has no columns", view.name);
        }
    }
}
