//! PG_DEFAULT_ACL: what new objects of a user grant by themselves (page r_PG_DEFAULT_ACL).

use super::super::{
    item::principal,
    oid,
    value::*,
    view::{PG_CATALOG, View, col},
};
use crate::{
    security::default_privilege::{self, ObjectKind},
    storage::metadata::SchemaId,
};

/// The default privileges of a user for one kind of object: the user, the schema, the kind, the grants.
type DefaultPrivilege = (i64, Option<SchemaId>, ObjectKind, Vec<crate::security::Grant>);

/// pg_default_acl
pub const PG_DEFAULT_ACL: View<DefaultPrivilege> = View {
    schema: PG_CATALOG,
    name: "pg_default_acl",
    items: |context| Ok(default_privilege::all(&context.bind.snapshot)),
    columns: &[
        col("oid", OID, |_, d| oid::default_privilege(d.0, d.1.map_or(0, |schema| schema.0), d.2.name()).into()),
        col("defacluser", INT4, |_, d| d.0.into()),
        col("defaclrole", INT4, |_, _| Value::Null),
        col("defaclnamespace", OID, |context, d| {
            let schema = d.1.and_then(|id| context.bind.snapshot.schema_by_id(id));
            schema.map_or(0, |schema| oid::schema(schema.id, &schema.name)).into()
        }),
        col("defaclobjtype", CHAR, |_, d| {
            (match d.2 {
                ObjectKind::Tables => "r",
                ObjectKind::Functions => "f",
                ObjectKind::Procedures => "p",
            })
            .into()
        }),
        col("defaclacl", ACL_ARRAY, |context, d| {
            let grants = d.3.iter().map(|grant| principal::named(context, grant)).collect();
            super::class::non_empty(principal::granted(context, d.0, grants))
        }),
    ],
};
