//! Whether a query reads the system catalog alone: then Redshift runs it on the leader node, where
//! more of PostgreSQL is left than elsewhere.

use std::{collections::HashSet, ops::ControlFlow};

use blueshift_sql::{
    ParserOptions,
    ast::{
        Query,
        sql::{ObjectName, Visit, Visitor},
    },
};

use super::BindContext;
use crate::{
    catalog::system_view::{self, table_function},
    rewrite::catalog::{LeaderQuery, name_parts},
    storage::metadata::Relation,
};

/// Views on views that are looked through.
const DEPTH_MAX: usize = 16;

/// Names of relations and common table expressions in a query.
#[derive(Default)]
struct Names {
    common: HashSet<String>,
    relations: Vec<ObjectName>,
}

impl Visitor for Names {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let tables = query.with.iter().flat_map(|with| &with.cte_tables);
        self.common.extend(tables.map(|table| table.alias.name.value.clone()));
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.relations.push(relation.clone());
        ControlFlow::Continue(())
    }
}

/// What a query on the leader node reads; None for a query that reads something else than the catalog.
pub fn leader_query(context: &BindContext, query: &Query) -> Option<LeaderQuery> {
    let mut names = Names::default();
    let _ = query.visit(&mut names);
    reads(context, &names, 0)
}

fn reads(context: &BindContext, names: &Names, depth: usize) -> Option<LeaderQuery> {
    let mut reads = LeaderQuery::Nothing;
    for name in &names.relations {
        let parts: Vec<&str> = name_parts(name)?.into_iter().map(|ident| ident.value.as_str()).collect();
        let (schema, relation) = match parts.as_slice() {
            [name] if names.common.contains(*name) => continue,
            [name] => (None, *name),
            [schema, name] | [_, schema, name] => (Some(*schema), *name),
            _ => return None,
        };
        if !is_system(context, schema, relation) && !is_view_of_system(context, schema, relation, depth) {
            return None;
        }
        reads = LeaderQuery::Catalog;
    }
    Some(reads)
}

fn is_system(context: &BindContext, schema: Option<&str>, name: &str) -> bool {
    match schema {
        Some(schema) => {
            system_view::is_system_schema(schema)
                && (system_view::exists(schema, name) || table_function::is_known(name))
        }
        None => {
            let temporary = context.temporary_schema.as_ref().and_then(|name| context.snapshot.schema(name));
            let shadowed = temporary.is_some_and(|schema| context.snapshot.relation(schema.id, name).is_some());
            !shadowed && (system_view::exists(system_view::view::PG_CATALOG, name) || table_function::is_known(name))
        }
    }
}

/// The relation of the warehouse that a name stands for.
fn relation(context: &BindContext, schema: Option<&str>, name: &str) -> Option<Relation> {
    let find = |schema: &str| {
        let schema = context.snapshot.schema(schema)?;
        context.snapshot.relation(schema.id, name)
    };
    match schema {
        Some(schema) => find(schema),
        None => {
            let temporary = context.temporary_schema.iter();
            temporary.chain(&context.search_path).find_map(|schema| find(schema))
        }
    }
}

fn is_view_of_system(context: &BindContext, schema: Option<&str>, name: &str, depth: usize) -> bool {
    let Some(Relation::View(view)) = relation(context, schema, name) else { return false };
    if depth >= DEPTH_MAX {
        return false;
    }
    let Ok(query) = blueshift_sql::parse_query(&view.sql, ParserOptions::default()) else { return false };
    let mut names = Names::default();
    let _ = query.visit(&mut names);
    !names.relations.is_empty() && reads(context, &names, depth + 1) == Some(LeaderQuery::Catalog)
}
