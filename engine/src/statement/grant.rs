//! GRANT, REVOKE, ALTER DEFAULT PRIVILEGES.

use blueshift_sql::ast::{self, GrantTarget, GranteeKind, ObjectName};

use super::{name, role, routine};
use crate::{
    catalog::external_schema,
    error::{Error, Result, SqlState},
    routine::catalog,
    security::{
        self, Access, Grant, Grantee, Object, Privilege, default_privilege,
        default_privilege::ObjectKind,
        denied, principal,
        privilege::{self, ScopedKind},
    },
    session::{Session, StatementResult},
    storage::metadata::{ColumnId, Relation, SchemaId},
};

/// Grants or revokes.
pub fn execute(session: &mut Session, grant: &ast::Grant) -> Result<StatementResult> {
    match &grant.target {
        GrantTarget::Roles(roles) => role::grant(session, grant, roles)?,
        GrantTarget::System => role::grant_system(session, grant)?,
        GrantTarget::AssumeRole { roles, commands } => assume_role(session, grant, roles, commands)?,
        GrantTarget::Scoped { objects, scope, names, database } => {
            for object in scoped(session, objects, scope, names, database.as_ref())? {
                let grantees = grant.grantees.iter();
                if grantees
                    .map(|grantee| &grantee.kind)
                    .any(|kind| !matches!(kind, GranteeKind::User | GranteeKind::Role))
                {
                    return Err(Error::syntax("scoped permissions are granted to users and roles only"));
                }
                security::require_superuser(session, "grant scoped permissions")?;
                change(session, grant, &object, objects)?;
            }
        }
        _ => {
            for (object, object_name) in objects(session, &grant.target)? {
                change(session, grant, &object, &object_name)?;
            }
        }
    }
    Ok(StatementResult::done(if grant.revoke { "REVOKE" } else { "GRANT" }))
}

/// `FOR objects IN scope` (page r_GRANT, "Granting scoped permissions").
fn scoped(
    session: &mut Session,
    objects: &str,
    scope: &str,
    names: &[ObjectName],
    database: Option<&ast::Ident>,
) -> Result<Vec<Object>> {
    let missing = || Error::not_supported(format!("scoped permissions on {objects}"));
    let kind = ScopedKind::parse(objects).ok_or_else(missing)?;
    let connected = session.info().database.clone();
    let here = |name: &str| match name == connected {
        true => Ok(()),
        false => Err(Error::not_supported("scoped permissions in another database")),
    };
    database.map_or(Ok(()), |database| here(&database.value))?;
    let snapshot = session.transaction()?.snapshot()?;
    let mut found = vec![];
    for name in names {
        if scope == "DATABASE" {
            here(name.name())?;
            found.push(Object::All(kind, None));
            continue;
        }
        if matches!(kind, ScopedKind::Schemas | ScopedKind::Languages) {
            return Err(Error::syntax(format!("permissions for {objects} are granted in a database")));
        }
        let schema = snapshot.schema(name.name()).ok_or_else(|| Error::undefined_schema(name.name()))?;
        found.push(Object::All(kind, Some(schema.id)));
    }
    Ok(found)
}

/// Commands that use roles of IAM.
const IAM_COMMANDS: [&str; 4] = ["COPY", "UNLOAD", "EXTERNAL FUNCTION", "CREATE MODEL"];

/// GRANT ASSUMEROLE: recorded and shown in SVV_IAM_PRIVILEGES.
fn assume_role(session: &mut Session, grant: &ast::Grant, roles: &[String], commands: &[String]) -> Result<()> {
    security::require_superuser(session, "grant or revoke ASSUMEROLE")?;
    let grantor = security::current_user_id(session)?;
    let grantees = grantees(session, grant)?;
    let all = commands.is_empty() || commands.iter().any(|command| command == "ALL");
    let commands: Vec<&str> = if all { IAM_COMMANDS.to_vec() } else { commands.iter().map(String::as_str).collect() };
    for role in roles {
        for command in &commands {
            let object = Object::IamRole { command: (*command).to_owned(), role: role.clone() };
            let snapshot = session.transaction()?.snapshot()?;
            let mut grants = privilege::grants(&snapshot, &object);
            apply(&mut grants, grant, &[(Privilege::Usage, None)], &grantees, grantor);
            privilege::store(session.transaction()?, &object, &grants)?;
        }
    }
    Ok(())
}

/// The objects that a statement names, with their names.
fn objects(session: &mut Session, target: &GrantTarget) -> Result<Vec<(Object, String)>> {
    let mut found = vec![];
    match target {
        GrantTarget::Tables(tables) => {
            for table in tables {
                let relation = name::managed_relation(session, table)?;
                found.push((Object::Relation(relation.id()), relation.name().to_owned()));
            }
        }
        GrantTarget::AllInSchema { objects, schemas } => {
            let snapshot = session.transaction()?.snapshot()?;
            for schema in schemas {
                let schema = snapshot.schema(schema.name()).ok_or_else(|| Error::undefined_schema(schema.name()))?;
                if objects == "TABLES" {
                    let relations = snapshot.relations(schema.id);
                    found.extend(relations.map(|r| (Object::Relation(r.id()), r.name().to_owned())));
                } else {
                    let wanted = objects == "PROCEDURES";
                    let routines = catalog::routines(&snapshot).into_iter();
                    let here = routines.filter(|r| r.schema_id == schema.id.0 && r.procedure == wanted);
                    found.extend(here.map(|r| (Object::Routine(r.key()), r.name)));
                }
            }
        }
        GrantTarget::Routines { procedure, routines } => {
            for (object, arguments) in routines {
                let routine = routine::find(session, object, arguments.as_deref(), *procedure)?;
                found.push((Object::Routine(routine.key()), routine.name));
            }
        }
        GrantTarget::Objects { kind, names } => {
            for object in names {
                found.push((named(session, kind, object)?, object.name().to_owned()));
            }
        }
        _ => {}
    }
    Ok(found)
}

fn named(session: &mut Session, kind: &str, object: &ObjectName) -> Result<Object> {
    let snapshot = session.transaction()?.snapshot()?;
    let bare = object.name();
    match kind {
        "SCHEMA" | "EXTERNAL SCHEMA" => match snapshot.schema(bare) {
            Some(schema) => Ok(Object::Schema(schema.id)),
            None if external_schema::find(&snapshot, bare).is_some() => Ok(Object::ExternalSchema(bare.to_owned())),
            None => Err(Error::undefined_schema(bare)),
        },
        "DATABASE" if bare == session.info().database || super::database::exists(&snapshot, bare) => {
            Ok(Object::Database(bare.to_owned()))
        }
        "DATABASE" => Err(Error::undefined_database(bare)),
        "LANGUAGE" => match bare {
            "sql" | "plpgsql" | "plpythonu" | "exfunc" => Ok(Object::Language(bare.to_owned())),
            _ => Err(principal::undefined("language", bare)),
        },
        other => Err(Error::not_supported(format!("GRANT on {other}"))),
    }
}

/// Changes the grants of one object.
fn change(session: &mut Session, grant: &ast::Grant, object: &Object, object_name: &str) -> Result<()> {
    let wanted = privileges(session, grant, object)?;
    require_grant_option(session, object, object_name, &wanted)?;
    let grantor = security::current_user_id(session)?;
    let grantees = grantees(session, grant)?;
    let snapshot = session.transaction()?.snapshot()?;
    let mut grants = privilege::grants(&snapshot, object);
    apply(&mut grants, grant, &wanted, &grantees, grantor);
    privilege::store(session.transaction()?, object, &grants)
}

/// The privileges of a statement, each for one column or for the whole object.
fn privileges(
    session: &mut Session,
    grant: &ast::Grant,
    object: &Object,
) -> Result<Vec<(Privilege, Option<ColumnId>)>> {
    let mut found = vec![];
    for written in &grant.privileges {
        let allowed = Privilege::all_of(object);
        let meant: Vec<Privilege> = match written.name.as_str() {
            "ALL" => allowed.to_vec(),
            // RULE and TRIGGER are remnants that scripts of PostgreSQL name; nothing is behind them.
            "RULE" | "TRIGGER" => vec![],
            name if Privilege::parse(name).is_none() => {
                let message = format!("unrecognized privilege type \"{}\"", name.to_lowercase());
                return Err(Error::new(SqlState::SYNTAX_ERROR, message));
            }
            name => match Privilege::parse(name).filter(|privilege| allowed.contains(privilege)) {
                Some(privilege) => vec![privilege],
                None => {
                    let kind = object.to_string();
                    let kind = kind.split(':').next().unwrap_or_default().replace('_', " ");
                    return Err(Error::new(SqlState("0LP01"), format!("invalid privilege type {name} for {kind}")));
                }
            },
        };
        if written.columns.is_empty() {
            found.extend(meant.into_iter().map(|privilege| (privilege, None)));
            continue;
        }
        let columns = columns(session, object, &written.columns)?;
        for privilege in meant {
            if !matches!(privilege, Privilege::Select | Privilege::Update) && written.name != "ALL" {
                return Err(Error::new(
                    SqlState("0LP01"),
                    format!("privilege {} cannot be granted on columns", privilege.name()),
                ));
            }
            if matches!(privilege, Privilege::Select | Privilege::Update) {
                found.extend(columns.iter().map(|column| (privilege, Some(*column))));
            }
        }
    }
    Ok(found)
}

fn columns(session: &mut Session, object: &Object, columns: &[ast::Ident]) -> Result<Vec<ColumnId>> {
    let snapshot = session.transaction()?.snapshot()?;
    let relation = match object {
        Object::Relation(id) => snapshot.relation_by_id(*id),
        _ => None,
    };
    match relation {
        Some(Relation::Table(table)) => columns
            .iter()
            .map(|column| {
                let found = table.column(&column.value).map(|column| column.id);
                found.ok_or_else(|| {
                    Error::new(
                        SqlState::UNDEFINED_COLUMN,
                        format!("column \"{}\" of relation \"{}\" does not exist", column.value, table.name),
                    )
                })
            })
            .collect(),
        Some(Relation::View(_)) => Err(Error::not_supported("privileges on columns of a view")),
        None => Err(Error::new(SqlState("0LP01"), "column privileges are only valid for relations")),
    }
}

/// Errors: 42501 for who neither owns the object nor may pass the privilege on.
fn require_grant_option(
    session: &mut Session,
    object: &Object,
    object_name: &str,
    privileges: &[(Privilege, Option<ColumnId>)],
) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    let access = Access::of(&snapshot, session.info());
    if access.owns(object) || privileges.iter().all(|(privilege, _)| access.may_with(object, *privilege, true)) {
        return Ok(());
    }
    let kind = object.to_string();
    Err(denied(&kind.split(':').next().unwrap_or_default().replace('_', " "), object_name))
}

/// Whom a statement is about, and whether they get the option to pass it on.
fn grantees(session: &mut Session, grant: &ast::Grant) -> Result<Vec<(Grantee, bool)>> {
    let snapshot = session.transaction()?.snapshot()?;
    let mut found = vec![];
    for grantee in &grant.grantees {
        let meant = match grantee.kind {
            GranteeKind::Public => Grantee::Public,
            GranteeKind::User => Grantee::User(security::user_id(session, &grantee.name)?),
            GranteeKind::Group => Grantee::Group(principal::group(&snapshot, &grantee.name)?.id),
            GranteeKind::Role => Grantee::Role(principal::role(&snapshot, &grantee.name)?.id),
            _ => return Err(Error::not_supported("GRANT to another namespace or account")),
        };
        if grantee.with_option && matches!(meant, Grantee::Public | Grantee::Group(_)) {
            return Err(Error::new(SqlState("0LP01"), "grant options can only be granted to individual users"));
        }
        found.push((meant, grantee.with_option));
    }
    Ok(found)
}

/// Puts privileges in, or takes them out.
fn apply(
    grants: &mut Vec<Grant>,
    statement: &ast::Grant,
    privileges: &[(Privilege, Option<ColumnId>)],
    grantees: &[(Grantee, bool)],
    grantor: i64,
) {
    for (privilege, column) in privileges {
        for (grantee, with_option) in grantees {
            let meant = |grant: &Grant| grant.privilege == *privilege && grant.grantee == *grantee;
            // Revoking from the whole object takes its columns along.
            let covered = |grant: &Grant| meant(grant) && (column.is_none() || grant.column == *column);
            if statement.revoke && statement.option_only {
                grants.iter_mut().filter(|grant| covered(grant)).for_each(|grant| grant.with_option = false);
            } else if statement.revoke {
                grants.retain(|grant| !covered(grant));
            } else {
                match grants.iter_mut().find(|grant| meant(grant) && grant.column == *column) {
                    Some(known) => known.with_option |= with_option,
                    None => grants.push(Grant {
                        grantee: *grantee,
                        privilege: *privilege,
                        column: *column,
                        with_option: *with_option,
                        grantor,
                    }),
                }
            }
        }
    }
}

/// ALTER DEFAULT PRIVILEGES.
pub fn alter_defaults(session: &mut Session, alter: &ast::AlterDefaultPrivileges) -> Result<StatementResult> {
    let GrantTarget::Objects { kind, .. } = &alter.grant.target else {
        return Err(Error::internal("default privileges without a kind of object"));
    };
    let kind = ObjectKind::parse(kind).ok_or_else(|| Error::not_supported(format!("default privileges on {kind}")))?;
    // What an object of the kind can be granted; its id plays no part.
    let object = match kind {
        ObjectKind::Tables => Object::Relation(crate::storage::metadata::RelationId(0)),
        _ => Object::Routine(String::new()),
    };
    let users = if alter.users.is_empty() {
        vec![security::current_user_id(session)?]
    } else {
        security::require_superuser(session, "alter the default privileges of other users")?;
        alter.users.iter().map(|user| security::user_id(session, &user.value)).collect::<Result<_>>()?
    };
    let snapshot = session.transaction()?.snapshot()?;
    let schemas: Vec<Option<SchemaId>> = if alter.schemas.is_empty() {
        vec![None]
    } else {
        let schema = |name: &ObjectName| {
            let schema = snapshot.schema(name.name()).ok_or_else(|| Error::undefined_schema(name.name()))?;
            Ok(Some(schema.id))
        };
        alter.schemas.iter().map(schema).collect::<Result<_>>()?
    };
    let privileges = privileges(session, &alter.grant, &object)?;
    let grantees = grantees(session, &alter.grant)?;
    let grantor = security::current_user_id(session)?;
    for user in users {
        for schema in &schemas {
            let mut grants = default_privilege::get(&snapshot, user, *schema, kind);
            apply(&mut grants, &alter.grant, &privileges, &grantees, grantor);
            default_privilege::set(session.transaction()?, user, *schema, kind, &grants)?;
        }
    }
    Ok(StatementResult::done("ALTER DEFAULT PRIVILEGES"))
}
