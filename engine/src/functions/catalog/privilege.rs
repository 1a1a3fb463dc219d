//! Who may do what: HAS_TABLE_PRIVILEGE, HAS_SCHEMA_PRIVILEGE, HAS_DATABASE_PRIVILEGE and their like.
//! Users and objects are named by name or by number; without a user it is the current one.

use arrow::{array::ArrayRef, datatypes::DataType};

use super::{context_function::ContextFunction, object_name};
use crate::{
    catalog::system_view::{
        SystemContext,
        item::{ColumnItem, RelationKind, principal, schema},
        pg_catalog::namespace,
    },
    error::{Error, Result, SqlState},
    functions::{
        arguments::{Call, Kind},
        definition::Documentation,
    },
    security::{Access, Object, Privilege},
    storage::metadata::Relation,
};

macro_rules! privilege {
    ($constant:ident, $name:literal, $arity:expr, $object:literal, $aliases:expr, $invoke:expr) => {
        #[doc = concat!("Whether a user has a privilege on a ", $object, ".")]
        pub static $constant: ContextFunction = ContextFunction {
            documentation: Documentation {
                name: $name,
                aliases: $aliases,
                category: "catalog",
                description: concat!("Whether a user has a privilege on a ", $object, ". On the leader node only."),
                arguments: &[
                    ("user", "a user's name or number; without it the current user"),
                    ($object, "its name or number"),
                    ("privilege", "one privilege, or several with commas"),
                ],
                example: "",
            },
            arity: $arity,
            returns: |_| Ok(DataType::Boolean),
            invoke: $invoke,
        };
    };
}

/// Whether a user has a privilege: the object (and column), whether by number, the privilege's name.
type Decide = fn(&SystemContext, &Access, &[&str], bool, &str) -> Result<Option<bool>>;

/// Answers for each row: user, object, the arguments after it, privilege.
fn answer(context: &SystemContext, call: &Call, arguments: usize, decide: Decide) -> Result<ArrayRef> {
    // All but the user: the object, and the column for columns, and the privilege.
    let first = call.count() - arguments;
    let users = if first > 0 { Some(call.text(0)?) } else { None };
    let by_number = call.kind(first) == Kind::Integer;
    let texts = (first..call.count()).map(|index| call.text(index)).collect::<Result<Vec<_>>>()?;
    call.build_boolean(|row| {
        let info = &context.bind.session;
        let user = match &users {
            None => info.user.as_str(),
            Some(users) => match users.get(row) {
                None => return Ok(None),
                Some(user) => principal::resolve(context, user)?,
            },
        };
        let values: Option<Vec<&str>> = texts.iter().map(|texts| texts.get(row)).collect();
        let Some(values) = values else { return Ok(None) };
        let Some((privileges, object)) = values.split_last() else { return Ok(None) };
        let access = Access::of_user(&context.bind.snapshot, &info.owner, user);
        let mut any = false;
        for privilege in privileges.split(',') {
            match decide(context, &access, object, by_number, privilege.trim())? {
                None => return Ok(None),
                Some(has) => any |= has,
            }
        }
        Ok(Some(any))
    })
}

/// A privilege, and whether WITH GRANT OPTION is asked for.
fn parse(text: &str) -> Result<(Privilege, bool)> {
    let lower = text.to_lowercase();
    let (name, option) = match lower.strip_suffix("with grant option") {
        Some(name) => (name.trim(), true),
        None => (lower.as_str(), false),
    };
    let unknown = || Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("unrecognized privilege type: \"{text}\""));
    Ok((Privilege::parse(name).ok_or_else(unknown)?, option))
}

fn relation_number(context: &SystemContext, object: &[&str], by_number: bool) -> Result<i64> {
    let name = object.first().copied().unwrap_or_default();
    if by_number { Ok(name.parse().unwrap_or(0)) } else { object_name::relation(context, name) }
}

fn on_relation(
    context: &SystemContext,
    access: &Access,
    object: &[&str],
    by_number: bool,
    privilege: &str,
    columns: bool,
) -> Result<Option<bool>> {
    let (privilege, option) = parse(privilege)?;
    let Some(relation) = context.relation(relation_number(context, object, by_number)?) else { return Ok(None) };
    let relation = match &relation.kind {
        // Everybody reads the catalog; nobody writes it.
        RelationKind::System(_) => return Ok(Some(access.is_superuser() || privilege == Privilege::Select)),
        RelationKind::Table(table) | RelationKind::MaterializedView(table) | RelationKind::MaterializedTable(table) => {
            Relation::Table(table.clone())
        }
        RelationKind::View(view) => Relation::View(view.clone()),
        RelationKind::External(_) => return Ok(Some(true)),
        RelationKind::Index(..) => return Ok(None),
    };
    let whole = access.may_with(&Object::Relation(relation.id()), privilege, option);
    if whole || !columns {
        return Ok(Some(whole));
    }
    let allowed = access.columns(&relation, privilege);
    Ok(Some(match object.get(1) {
        None => !allowed.is_empty(),
        Some(column) => allowed.iter().any(|name| name == column),
    }))
}

privilege!(HAS_TABLE_PRIVILEGE, "has_table_privilege", (2, 3), "table", &[], |context, call| {
    answer(context, call, 2, |context, access, object, by_number, privilege| {
        on_relation(context, access, object, by_number, privilege, false)
    })
});

privilege!(HAS_ANY_COLUMN_PRIVILEGE, "has_any_column_privilege", (2, 3), "table", &[], |context, call| {
    answer(context, call, 2, |context, access, object, by_number, privilege| {
        on_relation(context, access, object, by_number, privilege, true)
    })
});

privilege!(HAS_COLUMN_PRIVILEGE, "has_column_privilege", (3, 4), "column", &[], |context, call| {
    answer(context, call, 3, |context, access, object, by_number, privilege| {
        let number = relation_number(context, object, by_number)?;
        let Some(relation) = context.relation(number) else { return Ok(None) };
        let wanted = object.get(1).copied().unwrap_or_default();
        let column = ColumnItem::of(relation).find(|item| item.name() == wanted || item.number().to_string() == wanted);
        let Some(column) = column else { return Err(Error::undefined_column(wanted)) };
        on_relation(context, access, &[&number.to_string(), column.name()], true, privilege, true)
    })
});

privilege!(HAS_SCHEMA_PRIVILEGE, "has_schema_privilege", (2, 3), "schema", &[], |context, call| {
    answer(context, call, 2, |context, access, object, by_number, privilege| {
        let (privilege, option) = parse(privilege)?;
        let name = object.first().copied().unwrap_or_default();
        let found = schema::all(context).into_iter().find(|schema| {
            if by_number { schema.oid.to_string() == name } else { schema.name == name.trim_matches('"') }
        });
        let Some(found) = found else {
            return if by_number { Ok(None) } else { Err(Error::undefined_schema(name)) };
        };
        if schema::is_system(&found.name) {
            return Ok(Some(access.is_superuser() || privilege == Privilege::Usage));
        }
        let object = match (&found.external, context.bind.snapshot.schema(&found.name)) {
            (Some(external), _) => Object::ExternalSchema(external.name.clone()),
            (None, Some(schema)) => Object::Schema(schema.id),
            (None, None) => return Ok(None),
        };
        Ok(Some(access.may_with(&object, privilege, option)))
    })
});

privilege!(HAS_DATABASE_PRIVILEGE, "has_database_privilege", (2, 3), "database", &[], |context, call| {
    answer(context, call, 2, |context, access, object, by_number, privilege| {
        let name = object.first().copied().unwrap_or_default();
        let known = by_number || namespace::databases(context).iter().any(|database| database.name == name);
        if !known {
            return Err(Error::undefined_database(name));
        }
        // psql asks; everybody may who has come so far.
        if privilege.eq_ignore_ascii_case("connect") {
            return Ok(Some(true));
        }
        let (privilege, option) = parse(privilege)?;
        let name = if by_number { context.database() } else { name };
        Ok(Some(access.may_with(&Object::Database(name.to_owned()), privilege, option)))
    })
});

privilege!(HAS_FUNCTION_PRIVILEGE, "has_function_privilege", (2, 3), "function", &[], |context, call| {
    answer(context, call, 2, |context, access, object, by_number, privilege| {
        let (privilege, option) = parse(privilege)?;
        let name = object.first().copied().unwrap_or_default();
        let bare = name.split('(').next().unwrap_or(name).trim();
        let bare = bare.rsplit('.').next().unwrap_or(bare).to_lowercase();
        let routines = crate::catalog::system_view::item::routine::all(context);
        let found = routines
            .into_iter()
            .find(|routine| if by_number { routine.oid.to_string() == name } else { routine.name == bare });
        let Some(found) = found else {
            return if by_number { Ok(None) } else { Err(Error::undefined_function(name)) };
        };
        Ok(Some(match found.key {
            None => true,
            Some(key) => access.may_with(&Object::Routine(key), privilege, option),
        }))
    })
});

privilege!(HAS_LANGUAGE_PRIVILEGE, "has_language_privilege", (2, 3), "language", &[], |context, call| {
    answer(context, call, 2, |_, access, object, _, privilege| {
        let (privilege, option) = parse(privilege)?;
        let name = object.first().copied().unwrap_or_default();
        Ok(Some(access.may_with(&Object::Language(name.to_owned()), privilege, option)))
    })
});
