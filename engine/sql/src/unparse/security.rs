//! Text of users, privileges and policies.

use std::fmt::{self, Display, Formatter};

use super::{After, Commas, Parens, behavior, quote, quoted_after, texts, when};
use crate::ast::{
    AlterDefaultPrivileges, AttachPolicy, Grant, GrantTarget, Grantee, GranteeKind, Group, GroupAction, Ident, Policy,
    Privilege, Role, RoleAction, User, UserOption,
};

impl Display for User {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} USER {}", if self.alter { "ALTER" } else { "CREATE" }, self.name)?;
        self.options.iter().try_for_each(|option| write!(f, " {option}"))
    }
}

impl Display for UserOption {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            UserOption::Password(Some(password)) => write!(f, "PASSWORD {}", quote(password)),
            UserOption::Password(None) => f.write_str("PASSWORD DISABLE"),
            UserOption::CreateDb(on) => write!(f, "{}CREATEDB", when(!on, "NO")),
            UserOption::CreateUser(on) => write!(f, "{}CREATEUSER", when(!on, "NO")),
            UserOption::SyslogAccess(all) => write!(f, "SYSLOG ACCESS {}RESTRICTED", when(*all, "UN")),
            UserOption::InGroup(names) => write!(f, "IN GROUP {}", Commas(names)),
            UserOption::ValidUntil(time) => write!(f, "VALID UNTIL {}", quote(time)),
            UserOption::ConnectionLimit(-1) => f.write_str("CONNECTION LIMIT UNLIMITED"),
            UserOption::ConnectionLimit(limit) => write!(f, "CONNECTION LIMIT {limit}"),
            UserOption::SessionTimeout(seconds) => write!(f, "SESSION TIMEOUT {seconds}"),
            UserOption::ResetSessionTimeout => f.write_str("RESET SESSION TIMEOUT"),
            UserOption::ExternalId(id) => write!(f, "EXTERNALID {}", quote(id)),
            UserOption::RenameTo(name) => write!(f, "RENAME TO {name}"),
            UserOption::Set(set) => write!(f, "{set}"),
            UserOption::Reset(reset) => write!(f, "{reset}"),
        }
    }
}

impl Display for Group {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.action {
            GroupAction::Create(users) if users.is_empty() => write!(f, "CREATE GROUP {name}"),
            GroupAction::Create(users) => write!(f, "CREATE GROUP {name} WITH USER {}", Commas(users)),
            GroupAction::AddUsers(users) => write!(f, "ALTER GROUP {name} ADD USER {}", Commas(users)),
            GroupAction::DropUsers(users) => write!(f, "ALTER GROUP {name} DROP USER {}", Commas(users)),
            GroupAction::RenameTo(new_name) => write!(f, "ALTER GROUP {name} RENAME TO {new_name}"),
        }
    }
}

impl Display for Role {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.action {
            RoleAction::Create(id) => write!(f, "CREATE ROLE {name}{}", quoted_after(" EXTERNALID ", id.as_ref())),
            RoleAction::RenameTo(new_name) => write!(f, "ALTER ROLE {name} RENAME TO {new_name}"),
            RoleAction::OwnerTo(user) => write!(f, "ALTER ROLE {name} OWNER TO {user}"),
            RoleAction::ExternalId(id) => write!(f, "ALTER ROLE {name} EXTERNALID TO {}", quote(id)),
        }
    }
}

impl Display for Privilege {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, Parens(&self.columns))
    }
}

impl Display for GrantTarget {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            GrantTarget::Tables(names) => write!(f, " ON TABLE {}", Commas(names)),
            GrantTarget::AllInSchema { objects, schemas } => {
                write!(f, " ON ALL {objects} IN SCHEMA {}", Commas(schemas))
            }
            GrantTarget::Objects { kind, names } if names.is_empty() => write!(f, " ON {kind}"),
            GrantTarget::Objects { kind, names } => write!(f, " ON {kind} {}", Commas(names)),
            GrantTarget::Routines { procedure, routines } => {
                let kind = if *procedure { "PROCEDURE" } else { "FUNCTION" };
                write!(f, " ON {kind} {}", super::routine::routines(routines))
            }
            GrantTarget::Scoped { objects, scope, names, database } => {
                write!(f, " FOR {objects} IN {scope} {}{}", Commas(names), After(" DATABASE ", database.as_ref()))
            }
            GrantTarget::AssumeRole { roles, .. } => {
                let roles: Vec<String> = roles.iter().map(|role| quote(role)).collect();
                write!(f, " ON {}", roles.join(", "))
            }
            GrantTarget::Roles(names) => write!(f, "ROLE {}", Commas(names)),
            GrantTarget::System => Ok(()),
        }
    }
}

impl Display for Grantee {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = Ident { quote_style: self.quoted.then_some('"'), ..Ident::new(self.name.as_str()) };
        match self.kind {
            GranteeKind::User => write!(f, "{name}")?,
            GranteeKind::Group => write!(f, "GROUP {name}")?,
            GranteeKind::Role => write!(f, "ROLE {name}")?,
            GranteeKind::Public => f.write_str("PUBLIC")?,
            GranteeKind::Namespace => write!(f, "NAMESPACE {}", quote(&self.name))?,
            GranteeKind::Account => write!(f, "ACCOUNT {}", quote(&self.name))?,
            GranteeKind::AccountViaDataCatalog => write!(f, "ACCOUNT {} VIA DATA CATALOG", quote(&self.name))?,
        }
        f.write_str(when(self.with_option, " WITH GRANT OPTION"))
    }
}

impl Display for Grant {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.revoke { "REVOKE " } else { "GRANT " })?;
        f.write_str(when(self.option_only, "GRANT OPTION FOR "))?;
        write!(f, "{}{}", Commas(&self.privileges), self.target)?;
        let to = if self.revoke { "FROM" } else { "TO" };
        write!(f, " {to} {}", Commas(&self.grantees))?;
        match &self.target {
            GrantTarget::AssumeRole { commands, .. } if !commands.is_empty() => {
                write!(f, " FOR {}", commands.join(", "))?
            }
            _ => {}
        }
        f.write_str(behavior(self.behavior))
    }
}

impl Display for AlterDefaultPrivileges {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("ALTER DEFAULT PRIVILEGES ")?;
        if !self.users.is_empty() {
            write!(f, "FOR USER {} ", Commas(&self.users))?;
        }
        if !self.schemas.is_empty() {
            write!(f, "IN SCHEMA {} ", Commas(&self.schemas))?;
        }
        write!(f, "{}", self.grant)
    }
}

impl Display for Policy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (command, kind) =
            (if self.alter { "ALTER" } else { "CREATE" }, if self.masking { "MASKING" } else { "RLS" });
        write!(f, "{command} {kind} POLICY {}{}", when(self.if_not_exists, "IF NOT EXISTS "), self.name)?;
        if !self.columns.is_empty() {
            let columns: Vec<String> =
                self.columns.iter().map(|(name, data_type)| format!("{name} {data_type}")).collect();
            write!(f, " WITH ({})", columns.join(", "))?;
        }
        write!(f, "{} USING{}", After(" AS ", self.alias.as_ref()), Parens(&texts(&self.using)))
    }
}

impl Display for AttachPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let command = if self.detach { "DETACH" } else { "ATTACH" };
        let (kind, to) = (if self.masking { "MASKING" } else { "RLS" }, if self.detach { "FROM" } else { "TO" });
        write!(f, "{command} {kind} POLICY {} ON {}", self.name, Commas(&self.tables))?;
        write!(f, "{}", Parens(&texts(&self.columns)))?;
        if !self.using.is_empty() {
            write!(f, " USING{}", Parens(&texts(&self.using)))?;
        }
        write!(f, " {to} {}{}", Commas(&self.grantees), After(" PRIORITY ", self.priority.as_ref()))
    }
}
