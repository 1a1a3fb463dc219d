//! Grants: SVV_RELATION_PRIVILEGES, SVV_COLUMN_PRIVILEGES, SVV_SCHEMA_PRIVILEGES, SVV_DATABASE_PRIVILEGES,
//! SVV_FUNCTION_PRIVILEGES, SVV_LANGUAGE_PRIVILEGES, SVV_DEFAULT_PRIVILEGES.

use std::sync::Arc;

use super::super::{
    context::SystemContext,
    declared::Filled,
    item::{
        RelationItem, RoutineItem, SchemaItem,
        principal::{self, Grant},
        routine, schema,
    },
};
use crate::{
    security::{Object, default_privilege},
    storage::metadata::SchemaId,
};

pub const SVV_RELATION_PRIVILEGES: Filled<(Arc<RelationItem>, Grant)> = Filled {
    name: "svv_relation_privileges",
    items: |context| {
        let mut all = vec![];
        for relation in context.relations() {
            let grants = principal::grants_on_relation(context, relation);
            all.extend(grants.into_iter().map(|grant| (Arc::clone(relation), grant)));
        }
        Ok(all)
    },
    values: &[
        ("namespace_name", |_, p| (&*p.0.schema).into()),
        ("relation_name", |_, p| (&p.0.name).into()),
        ("privilege_type", |_, p| p.1.privilege.into()),
        ("identity_id", |_, p| p.1.grantee_id.into()),
        ("identity_name", |_, p| (&p.1.grantee).into()),
        ("identity_type", |_, p| p.1.grantee_kind.into()),
        ("admin_option", |_, p| p.1.grantable.into()),
    ],
};

pub const SVV_SCHEMA_PRIVILEGES: Filled<(SchemaItem, Grant, &str)> = Filled {
    name: "svv_schema_privileges",
    items: |context| {
        let mut all = vec![];
        for item in schema::all(context) {
            let grants = principal::grants_on_schema(context, &item.name);
            all.extend(grants.into_iter().map(|grant| (item.clone(), grant, "SCHEMA")));
            let Some(schema) = context.bind.snapshot.schema(&item.name) else { continue };
            let grants = scoped(context, Some(schema.id)).into_iter();
            all.extend(grants.map(|(kind, grant)| (item.clone(), grant, kind)));
        }
        Ok(all)
    },
    values: &[
        ("namespace_name", |_, p| (&p.0.name).into()),
        ("privilege_type", |_, p| p.1.privilege.into()),
        ("identity_id", |_, p| p.1.grantee_id.into()),
        ("identity_name", |_, p| (&p.1.grantee).into()),
        ("identity_type", |_, p| p.1.grantee_kind.into()),
        ("admin_option", |_, p| p.1.grantable.into()),
        ("privilege_scope", |_, p| p.2.into()),
    ],
};

pub const SVV_COLUMN_PRIVILEGES: Filled<(Arc<RelationItem>, Grant)> = Filled {
    name: "svv_column_privileges",
    items: |context| {
        let mut all = vec![];
        for relation in context.relations() {
            let Some(object) = principal::object(relation) else { continue };
            let grants = principal::grants(context, &object).into_iter().filter(|grant| grant.column.is_some());
            all.extend(grants.map(|grant| (Arc::clone(relation), grant)));
        }
        Ok(all)
    },
    values: &[
        ("namespace_name", |_, p| (&*p.0.schema).into()),
        ("relation_name", |_, p| (&p.0.name).into()),
        ("column_name", |_, p| {
            let mut columns = p.0.table().map(|table| table.columns.iter()).into_iter().flatten();
            columns.find(|column| Some(column.id.0) == p.1.column).map(|column| &column.name).into()
        }),
        ("privilege_type", |_, p| p.1.privilege.into()),
        ("identity_id", |_, p| p.1.grantee_id.into()),
        ("identity_name", |_, p| (&p.1.grantee).into()),
        ("identity_type", |_, p| p.1.grantee_kind.into()),
    ],
};

/// Scoped permissions in a schema, or in the database: the kind of objects, the grant.
fn scoped(context: &SystemContext, within: Option<SchemaId>) -> Vec<(&'static str, Grant)> {
    let mut all = vec![];
    for (object, grants) in crate::security::all_grants(&context.bind.snapshot) {
        if let Object::All(kind, schema) = object
            && schema == within
        {
            all.extend(grants.iter().map(|grant| (kind.name(), principal::named(context, grant))));
        }
    }
    all
}

pub const SVV_DATABASE_PRIVILEGES: Filled<(&str, Grant)> = Filled {
    name: "svv_database_privileges",
    items: |context| {
        let own = principal::grants(context, &Object::Database(context.database().to_owned()));
        let own = own.into_iter().map(|grant| ("DATABASE", grant));
        Ok(own.chain(scoped(context, None)).collect())
    },
    values: &[
        ("database_name", |context, _| context.database().into()),
        ("privilege_type", |_, p| p.1.privilege.into()),
        ("identity_id", |_, p| p.1.grantee_id.into()),
        ("identity_name", |_, p| (&p.1.grantee).into()),
        ("identity_type", |_, p| p.1.grantee_kind.into()),
        ("admin_option", |_, p| p.1.grantable.into()),
        ("privilege_scope", |_, p| p.0.into()),
    ],
};

pub const SVV_FUNCTION_PRIVILEGES: Filled<(RoutineItem, Grant)> = Filled {
    name: "svv_function_privileges",
    items: |context| {
        let mut all = vec![];
        for routine in routine::of_users(context) {
            let Some(key) = routine.key.clone() else { continue };
            let grants = principal::grants(context, &Object::Routine(key)).into_iter();
            all.extend(grants.map(|grant| (routine.clone(), grant)));
        }
        Ok(all)
    },
    values: &[
        ("namespace_name", |_, p| (&p.0.schema).into()),
        ("function_name", |_, p| (&p.0.name).into()),
        ("argument_types", |_, p| p.0.input_types().collect::<Vec<_>>().join(", ").into()),
        ("privilege_type", |_, p| p.1.privilege.into()),
        ("identity_id", |_, p| p.1.grantee_id.into()),
        ("identity_name", |_, p| (&p.1.grantee).into()),
        ("identity_type", |_, p| p.1.grantee_kind.into()),
        ("admin_option", |_, p| p.1.grantable.into()),
    ],
};

/// Languages that functions of users can be written in.
const LANGUAGES: [&str; 2] = ["sql", "plpgsql"];

pub const SVV_LANGUAGE_PRIVILEGES: Filled<(&str, Grant)> = Filled {
    name: "svv_language_privileges",
    items: |context| {
        let grants = |language: &'static str| {
            let grants = principal::grants(context, &Object::Language(language.to_owned())).into_iter();
            grants.map(move |grant| (language, grant))
        };
        Ok(LANGUAGES.into_iter().flat_map(grants).collect())
    },
    values: &[
        ("language_name", |_, p| p.0.into()),
        ("privilege_type", |_, p| p.1.privilege.into()),
        ("identity_id", |_, p| p.1.grantee_id.into()),
        ("identity_name", |_, p| (&p.1.grantee).into()),
        ("identity_type", |_, p| p.1.grantee_kind.into()),
        ("admin_option", |_, p| p.1.grantable.into()),
    ],
};

/// What commands may use roles of IAM for: command, role.
pub const SVV_IAM_PRIVILEGES: Filled<(String, String, Grant)> = Filled {
    name: "svv_iam_privileges",
    items: |context| {
        let mut all = vec![];
        for (object, grants) in crate::security::all_grants(&context.bind.snapshot) {
            let Object::IamRole { command, role } = object else { continue };
            let grants = grants.iter().map(|grant| principal::named(context, grant));
            all.extend(grants.map(|grant| (command.clone(), role.clone(), grant)));
        }
        Ok(all)
    },
    values: &[
        ("iam_arn", |_, p| (&p.1).into()),
        ("command_type", |_, p| (&p.0).into()),
        ("identity_id", |_, p| p.2.grantee_id.into()),
        ("identity_name", |_, p| (&p.2.grantee).into()),
        ("identity_type", |_, p| p.2.grantee_kind.into()),
    ],
};

/// A privilege that new objects grant by themselves: its owner's number, schema, kind of object.
pub type DefaultPrivilege = (i64, Option<String>, &'static str, Grant);

pub const SVV_DEFAULT_PRIVILEGES: Filled<DefaultPrivilege> = Filled {
    name: "svv_default_privileges",
    items: |context| {
        let snapshot = &context.bind.snapshot;
        let mut all = vec![];
        for (user, schema, kind, grants) in default_privilege::all(snapshot) {
            let schema = schema.and_then(|id| snapshot.schema_by_id(id)).map(|schema| schema.name.clone());
            for grant in &grants {
                all.push((user, schema.clone(), kind.name(), principal::named(context, grant)));
            }
        }
        Ok(all)
    },
    values: &[
        ("schema_name", |_, p| p.1.as_ref().into()),
        ("object_type", |_, p| {
            (match p.2 {
                "TABLES" => "RELATION",
                "FUNCTIONS" => "FUNCTION",
                _ => "PROCEDURE",
            })
            .into()
        }),
        ("owner_id", |_, p| p.0.into()),
        ("owner_name", |context, p| context.user_name(p.0).into()),
        ("owner_type", |_, _| "user".into()),
        ("privilege_type", |_, p| p.3.privilege.into()),
        ("grantee_id", |_, p| p.3.grantee_id.into()),
        ("grantee_name", |_, p| (&p.3.grantee).into()),
        ("grantee_type", |_, p| p.3.grantee_kind.into()),
        ("admin_option", |_, p| p.3.grantable.into()),
    ],
};
