//! Users, groups and roles.

use sqlparser::tokenizer::Token;

use super::{Grammar, Parsed};
use crate::ast::{Group, GroupAction, Ident, Role, RoleAction, Statement, User, UserOption};

impl Grammar<'_> {
    /// After `CREATE USER` or `ALTER USER`.
    pub(super) fn user(&mut self, alter: bool) -> Parsed<Statement> {
        let name = self.any_ident()?;
        self.eat("with");
        let mut options = Vec::new();
        while !self.at_end() {
            options.push(self.user_option()?);
        }
        Ok(Statement::User(User { alter, name, options }))
    }

    fn user_option(&mut self) -> Parsed<UserOption> {
        if self.eat("password") {
            return Ok(UserOption::Password(if self.eat("disable") { None } else { Some(self.string()?) }));
        }
        if let Some(word) = self.eat_one_of(&["createdb", "nocreatedb"]) {
            return Ok(UserOption::CreateDb(word == "createdb"));
        }
        if let Some(word) = self.eat_one_of(&["createuser", "nocreateuser"]) {
            return Ok(UserOption::CreateUser(word == "createuser"));
        }
        if self.eat_all(&["syslog", "access"]) {
            return match self.eat_one_of(&["restricted", "unrestricted"]) {
                Some(word) => Ok(UserOption::SyslogAccess(word == "unrestricted")),
                None => Err(self.unexpected()),
            };
        }
        if self.eat_all(&["in", "group"]) {
            return Ok(UserOption::InGroup(self.list(Self::any_ident)?));
        }
        if self.eat_all(&["valid", "until"]) {
            return Ok(UserOption::ValidUntil(self.string()?));
        }
        if self.eat_all(&["connection", "limit"]) {
            return Ok(UserOption::ConnectionLimit(self.connection_limit()?));
        }
        if self.eat_all(&["session", "timeout"]) {
            return Ok(UserOption::SessionTimeout(self.unsigned()?));
        }
        if self.eat_all(&["reset", "session", "timeout"]) {
            return Ok(UserOption::ResetSessionTimeout);
        }
        if self.eat("externalid") {
            return Ok(UserOption::ExternalId(self.string_or_word()?));
        }
        if self.eat_all(&["rename", "to"]) {
            return Ok(UserOption::RenameTo(self.any_ident()?));
        }
        if self.eat("set") {
            return Ok(UserOption::Set(self.set_parameter(false)?));
        }
        if self.eat("reset") {
            return Ok(UserOption::Reset(self.reset_parameter()?));
        }
        Err(self.unexpected())
    }

    fn user_names(&mut self) -> Parsed<Vec<Ident>> {
        self.list(Self::any_ident)
    }

    /// After `CREATE GROUP`.
    pub(super) fn create_group(&mut self) -> Parsed<Statement> {
        let name = self.any_ident()?;
        self.eat("with");
        let users = if self.eat("user") { self.user_names()? } else { Vec::new() };
        Ok(Statement::Group(Group { name, action: GroupAction::Create(users) }))
    }

    /// After `ALTER GROUP`.
    pub(super) fn alter_group(&mut self) -> Parsed<Statement> {
        let name = self.any_ident()?;
        let action = if self.eat_all(&["add", "user"]) {
            GroupAction::AddUsers(self.user_names()?)
        } else if self.eat_all(&["drop", "user"]) {
            GroupAction::DropUsers(self.user_names()?)
        } else {
            self.expect_all(&["rename", "to"])?;
            GroupAction::RenameTo(self.any_ident()?)
        };
        Ok(Statement::Group(Group { name, action }))
    }

    /// A role's name; those of the system are `sys:name`.
    pub(super) fn role_name(&mut self) -> Parsed<Ident> {
        let mut name = self.any_ident()?;
        if name.value == "sys" && self.eat_token(&Token::Colon) {
            name.value = format!("sys:{}", self.any_ident()?.value);
        }
        Ok(name)
    }

    /// After `CREATE ROLE`.
    pub(super) fn create_role(&mut self) -> Parsed<Statement> {
        let name = self.role_name()?;
        let external_id = if self.eat("externalid") { Some(self.string_or_word()?) } else { None };
        Ok(Statement::Role(Role { name, action: RoleAction::Create(external_id) }))
    }

    /// After `ALTER ROLE`.
    pub(super) fn alter_role(&mut self) -> Parsed<Statement> {
        let name = self.role_name()?;
        self.eat("with");
        let action = if self.eat_all(&["rename", "to"]) || self.eat("rename") {
            RoleAction::RenameTo(self.any_ident()?)
        } else if self.eat_all(&["owner", "to"]) {
            RoleAction::OwnerTo(self.any_ident()?)
        } else {
            self.expect("externalid")?;
            self.eat("to");
            RoleAction::ExternalId(self.string_or_word()?)
        };
        Ok(Statement::Role(Role { name, action }))
    }
}
