//! SHOW GRANTS ON object, SHOW GRANTS FOR grantee, SHOW COLUMN GRANTS ON TABLE.

use std::sync::Arc;

use blueshift_sql::ast::ShowFilter;

use super::{after, listed, parse_name, relation, schema, split_filter};
use crate::{
    catalog::system_view::{
        SystemContext,
        item::{
            RelationItem,
            principal::{self, Grant, PrincipalKind},
            routine, schema as schemas,
        },
        value::{BOOL, INT4, VARCHAR128, Value},
    },
    error::{Error, Result, SqlState},
    security::Object,
    session::StatementResult,
    types::RedshiftType,
};

/// The columns of SHOW GRANTS.
pub(super) const COLUMNS: [(&str, RedshiftType); 11] = [
    ("database_name", VARCHAR128),
    ("schema_name", VARCHAR128),
    ("object_name", VARCHAR128),
    ("object_type", VARCHAR128),
    ("privilege_type", VARCHAR128),
    ("identity_id", INT4),
    ("identity_name", VARCHAR128),
    ("identity_type", VARCHAR128),
    ("admin_option", BOOL),
    ("privilege_scope", VARCHAR128),
    ("grantor_name", VARCHAR128),
];

/// An object and its grants.
struct Granted {
    schema: Option<String>,
    name: Option<String>,
    kind: &'static str,
    grants: Vec<Grant>,
}

fn rows<'c>(context: &'c SystemContext, all: Vec<Granted>) -> Vec<Vec<Value<'c>>> {
    let mut list = vec![];
    for granted in all {
        for grant in granted.grants {
            list.push(vec![
                context.database().into(),
                granted.schema.clone().into(),
                granted.name.clone().into(),
                granted.kind.into(),
                grant.privilege.into(),
                grant.grantee_id.into(),
                grant.grantee.into(),
                grant.grantee_kind.into(),
                grant.grantable.into(),
                granted.kind.into(),
                context.user_name(grant.grantor).into(),
            ]);
        }
    }
    list
}

/// The owner's own privileges are among those of a table, as Redshift shows them.
fn on_relation(context: &SystemContext, relation: &Arc<RelationItem>) -> Granted {
    Granted {
        schema: Some(relation.schema.to_string()),
        name: Some(relation.name.clone()),
        kind: if relation.is_view() { "VIEW" } else { "TABLE" },
        grants: principal::grants_on_relation(context, relation),
    }
}

fn on_schema(context: &SystemContext, name: &str) -> Granted {
    Granted {
        schema: Some(name.to_owned()),
        name: None,
        kind: "SCHEMA",
        grants: principal::grants_on_schema(context, name),
    }
}

fn on_database(context: &SystemContext) -> Granted {
    let object = Object::Database(context.database().to_owned());
    Granted { schema: None, name: None, kind: "DATABASE", grants: principal::grants(context, &object) }
}

fn on_routines(context: &SystemContext, wanted: impl Fn(&routine::RoutineItem) -> bool) -> Vec<Granted> {
    let routines = routine::of_users(context).into_iter().filter(|routine| wanted(routine));
    let granted = routines.filter_map(|routine| {
        let grants = principal::grants(context, &Object::Routine(routine.key.clone()?));
        let types: Vec<&str> = routine.input_types().collect();
        Some(Granted {
            name: Some(format!("{}({})", routine.name, types.join(", "))),
            kind: if routine.procedure { "PROCEDURE" } else { "FUNCTION" },
            schema: Some(routine.schema.clone()),
            grants,
        })
    });
    granted.collect()
}

/// SHOW GRANTS
pub fn grants(context: &SystemContext, rest: &str) -> Result<StatementResult> {
    let (text, filter) = split_filter(rest)?;
    if let Some(grantee) = after(text, "FOR") {
        return for_grantee(context, grantee, &filter);
    }
    let on = after(text, "ON").ok_or_else(|| Error::syntax("SHOW GRANTS takes ON or FOR"))?;
    let granted = if let Some(name) = after(on, "TABLE") {
        vec![on_relation(context, relation(context, &parse_name(name)?)?)]
    } else if let Some(name) = after(on, "SCHEMA") {
        vec![on_schema(context, &schema(context, &parse_name(name)?)?)]
    } else if let Some(name) = after(on, "DATABASE") {
        super::check_database(context, parse_name(name)?.name())?;
        vec![on_database(context)]
    } else if let Some(name) = after(on, "FUNCTION").or_else(|| after(on, "PROCEDURE")) {
        let procedure = after(on, "PROCEDURE").is_some();
        let wanted = parse_name(name.split('(').next().unwrap_or(name).trim())?;
        on_routines(context, |routine| {
            routine.procedure == procedure
                && routine.name == wanted.name()
                && wanted.schema().is_none_or(|schema| routine.schema == schema)
        })
    } else {
        vec![on_relation(context, relation(context, &parse_name(on)?)?)]
    };
    listed(&COLUMNS, &filter, 6, rows(context, granted))
}

fn for_grantee(context: &SystemContext, text: &str, filter: &ShowFilter) -> Result<StatementResult> {
    // `FOR {user | ROLE role | GROUP group | PUBLIC} [FROM DATABASE name]`
    let lower = text.to_ascii_lowercase();
    let text = match lower.find(" from ") {
        Some(at) => &text[..at],
        None => text,
    };
    let (kind, name) = if text.eq_ignore_ascii_case("public") {
        ("public", "public".to_owned())
    } else if let Some(role) = after(text, "ROLE") {
        ("role", parse_name(role)?.name().to_owned())
    } else if let Some(group) = after(text, "GROUP") {
        ("group", parse_name(group)?.name().to_owned())
    } else {
        ("user", parse_name(text)?.name().to_owned())
    };
    let known = kind == "public"
        || context.principals().iter().any(|principal| {
            let of_kind = match principal.kind {
                PrincipalKind::User => "user",
                PrincipalKind::Group => "group",
                PrincipalKind::Role => "role",
            };
            of_kind == kind && principal.name == name
        });
    if !known {
        return Err(Error::new(SqlState::UNDEFINED_OBJECT, format!("{kind} \"{name}\" does not exist")));
    }
    let mut all = vec![on_database(context)];
    all.extend(schemas::users(context).iter().map(|schema| on_schema(context, &schema.name)));
    let relations = context.relations().iter().filter(|relation| principal::object(relation).is_some());
    all.extend(relations.map(|relation| on_relation(context, relation)));
    all.extend(on_routines(context, |_| true));
    for granted in &mut all {
        granted.grants.retain(|grant| grant.grantee_kind == kind && grant.grantee == name);
    }
    listed(&COLUMNS, filter, 2, rows(context, all))
}

/// The columns of SHOW COLUMN GRANTS.
pub(super) const COLUMN_GRANTS: [(&str, RedshiftType); 12] = [
    ("database_name", VARCHAR128),
    ("schema_name", VARCHAR128),
    ("table_name", VARCHAR128),
    ("column_name", VARCHAR128),
    ("object_type", VARCHAR128),
    ("privilege_type", VARCHAR128),
    ("identity_id", INT4),
    ("identity_name", VARCHAR128),
    ("identity_type", VARCHAR128),
    ("admin_option", BOOL),
    ("privilege_scope", VARCHAR128),
    ("grantor_name", VARCHAR128),
];

/// SHOW COLUMN GRANTS
pub fn column_grants(context: &SystemContext, rest: &str) -> Result<StatementResult> {
    let (text, filter) = split_filter(rest)?;
    let name = after(text, "ON TABLE").ok_or_else(|| Error::syntax("SHOW COLUMN GRANTS needs ON TABLE"))?;
    let relation = relation(context, &parse_name(name)?)?;
    let grants = principal::object(relation).map(|object| principal::grants(context, &object)).unwrap_or_default();
    let mut list = vec![];
    for grant in grants {
        let table = relation.table();
        let column = table.and_then(|table| table.columns.iter().find(|column| Some(column.id.0) == grant.column));
        let Some(column) = column else { continue };
        list.push(vec![
            context.database().into(),
            (&*relation.schema).into(),
            (&relation.name).into(),
            (&column.name).into(),
            "COLUMN".into(),
            grant.privilege.into(),
            grant.grantee_id.into(),
            grant.grantee.into(),
            grant.grantee_kind.into(),
            grant.grantable.into(),
            "COLUMN".into(),
            context.user_name(grant.grantor).into(),
        ]);
    }
    listed(&COLUMN_GRANTS, &filter, 3, list)
}
