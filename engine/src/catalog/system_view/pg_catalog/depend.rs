//! What depends on what, rules of views, comments.
//!
//! A view's rule depends on the relations that the view was made from, which is what
//! `DROP … CASCADE` follows. Late-binding views depend on nothing.

use std::sync::Arc;

use super::super::{
    context::SystemContext,
    item::{ColumnItem, RelationItem, RelationKind, SchemaItem, constraint, schema},
    oid,
    value::*,
    view::{PG_CATALOG, View, col},
};

const PG_CLASS: i64 = 1259;
const PG_REWRITE_OID: i64 = 2618;
const PG_CONSTRAINT: i64 = 2606;
const PG_NAMESPACE: i64 = 2615;

/// One object that depends on another.
pub struct Dependency {
    class: i64,
    object: i64,
    referenced_class: i64,
    referenced: i64,
    referenced_column: i64,
    kind: &'static str,
}

/// pg_depend
pub const PG_DEPEND: View<Dependency> = View {
    schema: PG_CATALOG,
    name: "pg_depend",
    items: |context| Ok(dependencies(context)),
    columns: &[
        col("classid", OID, |_, d| d.class.into()),
        col("objid", OID, |_, d| d.object.into()),
        col("objsubid", INT4, |_, _| 0_i64.into()),
        col("refclassid", OID, |_, d| d.referenced_class.into()),
        col("refobjid", OID, |_, d| d.referenced.into()),
        col("refobjsubid", INT4, |_, d| d.referenced_column.into()),
        col("deptype", CHAR, |_, d| d.kind.into()),
    ],
};

fn dependencies(context: &SystemContext) -> Vec<Dependency> {
    let mut all = vec![];
    for relation in context.relations() {
        if relation.is_system() {
            continue;
        }
        all.push(Dependency {
            class: PG_CLASS,
            object: relation.oid,
            referenced_class: PG_NAMESPACE,
            referenced: relation.schema_oid,
            referenced_column: 0,
            kind: "n",
        });
        let Some(rule) = relation.rule() else { continue };
        let depends = |referenced: i64, kind| Dependency {
            class: PG_REWRITE_OID,
            object: rule,
            referenced_class: PG_CLASS,
            referenced,
            referenced_column: 0,
            kind,
        };
        // A rule belongs to its view.
        all.push(depends(relation.oid, "i"));
        all.extend(relation.depends_on().into_iter().map(|id| depends(oid::relation(id), "n")));
    }
    for item in constraint::all(context) {
        let depends = |referenced: i64, kind| Dependency {
            class: PG_CONSTRAINT,
            object: item.oid(),
            referenced_class: PG_CLASS,
            referenced,
            referenced_column: 0,
            kind,
        };
        all.push(depends(item.relation.oid, "a"));
        all.extend(item.target.as_ref().map(|target| depends(target.oid, "n")));
        all.extend(item.target_index_oid().map(|index| depends(index, "n")));
    }
    all
}

/// pg_rewrite: the rule `_RETURN` of each view.
pub const PG_REWRITE: View<Arc<RelationItem>> = View {
    schema: PG_CATALOG,
    name: "pg_rewrite",
    items: |context| Ok(context.relations().iter().filter(|relation| relation.rule().is_some()).cloned().collect()),
    columns: &[
        col("oid", OID, |_, r| r.rule().into()),
        col("rulename", NAME, |_, _| "_RETURN".into()),
        col("ev_class", OID, |_, r| r.oid.into()),
        col("ev_attr", INT2, |_, _| (-1_i64).into()),
        col("ev_type", CHAR, |_, _| "1".into()),
        col("ev_enabled", CHAR, |_, _| "O".into()),
        col("is_instead", BOOL, |_, _| true.into()),
        col("ev_qual", TEXT, |_, _| Value::Null),
        col("ev_action", TEXT, |_, r| r.definition().into()),
    ],
};

/// A comment on an object.
pub struct Description {
    object: i64,
    class: i64,
    column: i64,
    text: String,
}

/// pg_description
pub const PG_DESCRIPTION: View<Description> = View {
    schema: PG_CATALOG,
    name: "pg_description",
    items: |context| Ok(descriptions(context)),
    columns: &[
        col("objoid", OID, |_, d| d.object.into()),
        col("classoid", OID, |_, d| d.class.into()),
        col("objsubid", INT4, |_, d| d.column.into()),
        col("description", TEXT, |_, d| (&d.text).into()),
    ],
};

fn descriptions(context: &SystemContext) -> Vec<Description> {
    let mut all = vec![];
    for item in schema::all(context) {
        let SchemaItem { oid, comment, .. } = item;
        all.extend(comment.map(|text| Description { object: oid, class: PG_NAMESPACE, column: 0, text }));
    }
    for relation in context.relations() {
        let object = relation.oid;
        if let Some(text) = relation.comment() {
            all.push(Description { object, class: PG_CLASS, column: 0, text: text.to_owned() });
        }
        if matches!(relation.kind, RelationKind::System(_) | RelationKind::MaterializedTable(_)) {
            continue;
        }
        for column in ColumnItem::of(relation) {
            if let Some(text) = column.comment(context) {
                all.push(Description { object, class: PG_CLASS, column: column.number(), text });
            }
        }
    }
    all
}

/// pg_statistic_indicator: rows changed since ANALYZE. Statistics are exact here, so always none.
pub const PG_STATISTIC_INDICATOR: View<Arc<RelationItem>> = View {
    schema: PG_CATALOG,
    name: "pg_statistic_indicator",
    items: |context| Ok(context.relations().iter().filter(|relation| relation.stored().is_some()).cloned().collect()),
    columns: &[
        col("stairelid", OID, |_, r| r.oid.into()),
        col("stairows", REAL, |_, r| Value::Float(r.stored().map_or(0.0, |table| table.row_count() as f64))),
        col("staiins", REAL, |_, _| Value::Float(0.0)),
        col("staidels", REAL, |_, _| Value::Float(0.0)),
    ],
};
