//! `GRANT`, `REVOKE`, `ALTER DEFAULT PRIVILEGES` (pages r_GRANT, r_REVOKE, r_ALTER_DEFAULT_PRIVILEGES).

use sqlparser::tokenizer::Token;

use super::{Grammar, Parsed};
use crate::ast::{AlterDefaultPrivileges, Grant, GrantTarget, Grantee, GranteeKind, ObjectName, Privilege, Statement};

impl Grammar<'_> {
    /// `GRANT …` or `REVOKE …`.
    pub(super) fn grant(&mut self) -> Parsed<Grant> {
        let revoke = self.eat("revoke");
        if !revoke {
            self.expect("grant")?;
        }
        let option_only =
            revoke && (self.eat_all(&["grant", "option", "for"]) || self.eat_all(&["admin", "option", "for"]));
        let (privileges, mut target) = if self.eat("role") {
            (Vec::new(), GrantTarget::Roles(self.list(Self::role_name)?))
        } else {
            let privileges = self.list(Self::privilege)?;
            (privileges, self.grant_target()?)
        };
        self.expect(if revoke { "from" } else { "to" })?;
        let grantees = self.list(Self::grantee)?;
        self.assume_role_commands(&mut target)?;
        let behavior = if revoke { self.drop_behavior() } else { None };
        Ok(Grant { revoke, option_only, privileges, target, grantees, behavior })
    }

    /// Words up to a comma, `ON`, `FOR`, `TO` or `FROM`, with columns in parentheses.
    fn privilege(&mut self) -> Parsed<Privilege> {
        let mut words: Vec<String> = Vec::new();
        while let Some(word) = self.word() {
            if matches!(word, "on" | "for" | "to" | "from") {
                break;
            }
            words.push(word.to_uppercase());
            self.advance();
        }
        if words.is_empty() || words.len() > PRIVILEGE_WORDS_MAX {
            return Err(self.unexpected());
        }
        if words.len() == 2 && words[0] == "ALL" && words[1] == "PRIVILEGES" {
            words.pop();
        }
        Ok(Privilege { name: words.join(" "), columns: self.optional_paren_idents()? })
    }

    fn grant_target(&mut self) -> Parsed<GrantTarget> {
        if self.eat("for") {
            let Some(objects) = self.eat_one_of(SCOPED_OBJECTS) else { return Err(self.unexpected()) };
            self.expect("in")?;
            let Some(scope) = self.eat_one_of(&["schema", "database"]) else { return Err(self.unexpected()) };
            let (objects, scope) = (objects.to_uppercase(), scope.to_uppercase());
            let names = self.object_names()?;
            let database = if self.eat("database") { Some(self.any_ident()?) } else { None };
            return Ok(GrantTarget::Scoped { objects, scope, names, database });
        }
        if !self.eat("on") {
            return Ok(GrantTarget::System);
        }
        if self.is_string() || self.is("default") || (self.is("all") && !self.all_in_schema()) {
            return self.assume_role();
        }
        if self.all_in_schema() {
            self.advance();
            let Some(objects) = self.eat_one_of(&["tables", "functions", "procedures"]) else {
                return Err(self.unexpected());
            };
            self.expect_all(&["in", "schema"])?;
            return Ok(GrantTarget::AllInSchema { objects: objects.to_uppercase(), schemas: self.object_names()? });
        }
        self.grant_object()
    }

    fn all_in_schema(&self) -> bool {
        self.is("all") && self.word_after(2) == Some("in") && self.word_after(3) == Some("schema")
    }

    /// `'arn' | DEFAULT | ALL [, …]`.
    fn assume_role(&mut self) -> Parsed<GrantTarget> {
        Ok(GrantTarget::AssumeRole { roles: self.list(Self::string_or_word)?, commands: Vec::new() })
    }

    /// `FOR command [, …]` after the grantees of `ASSUMEROLE`.
    fn assume_role_commands(&mut self, target: &mut GrantTarget) -> Parsed<()> {
        let GrantTarget::AssumeRole { commands, .. } = target else { return Ok(()) };
        if self.eat("for") {
            *commands = self.list(|g| {
                let mut words = Vec::new();
                while let Some(word) = g.eat_one_of(ASSUME_ROLE_WORDS) {
                    words.push(word.to_uppercase());
                }
                if words.is_empty() { Err(g.unexpected()) } else { Ok(words.join(" ")) }
            })?;
        }
        Ok(())
    }

    fn grant_object(&mut self) -> Parsed<GrantTarget> {
        for procedure in [true, false] {
            let word = if procedure { "procedure" } else { "function" };
            if self.eat(word) {
                let routines = self.list(|g| Ok((g.object_name()?, g.routine_arguments()?)))?;
                return Ok(GrantTarget::Routines { procedure, routines });
            }
        }
        let names_follow = |n: usize| matches!(self.token_after(n), Token::Word(_));
        let kind = OBJECT_KINDS.iter().copied().find(|words| self.are(words) && names_follow(words.len()));
        match kind {
            Some(words) if !matches!(self.word_after(words.len()), Some("to" | "from")) => {
                self.expect_all(words)?;
                let kind = words.join(" ").to_uppercase();
                let names =
                    self.list(
                        |g| if kind == "LANGUAGE" { Ok(ObjectName(vec![g.any_ident()?])) } else { g.object_name() },
                    )?;
                Ok(GrantTarget::Objects { kind, names })
            }
            _ => {
                self.eat("table");
                Ok(GrantTarget::Tables(self.object_names()?))
            }
        }
    }

    /// `name | GROUP name | ROLE name | PUBLIC | NAMESPACE 'id' | ACCOUNT 'id'`, with an option.
    pub(super) fn grantee(&mut self) -> Parsed<Grantee> {
        let mut grantee = Grantee { kind: GranteeKind::User, name: String::new(), quoted: false, with_option: false };
        if self.eat("public") {
            grantee.kind = GranteeKind::Public;
        } else if let Some(word) = self.eat_one_of(&["namespace", "account"]) {
            grantee.kind = if word == "namespace" { GranteeKind::Namespace } else { GranteeKind::Account };
            grantee.name = self.string()?;
            if word == "account" && self.eat_all(&["via", "data", "catalog"]) {
                grantee.kind = GranteeKind::AccountViaDataCatalog;
            }
        } else {
            grantee.kind = match self.eat_one_of(&["group", "role", "user"]) {
                Some("group") => GranteeKind::Group,
                Some("role") => GranteeKind::Role,
                _ => GranteeKind::User,
            };
            let name = if grantee.kind == GranteeKind::Role { self.role_name()? } else { self.any_ident()? };
            grantee.quoted = name.quote_style.is_some();
            grantee.name = name.value;
        }
        grantee.with_option = self.eat_all(&["with", "grant", "option"]) || self.eat_all(&["with", "admin", "option"]);
        Ok(grantee)
    }

    /// After `ALTER DEFAULT PRIVILEGES`.
    pub(super) fn alter_default_privileges(&mut self) -> Parsed<Statement> {
        let users = if self.eat_all(&["for", "user"]) { self.list(Self::any_ident)? } else { Vec::new() };
        let schemas = if self.eat_all(&["in", "schema"]) { self.object_names()? } else { Vec::new() };
        let revoke = self.eat("revoke");
        if !revoke {
            self.expect("grant")?;
        }
        let option_only = revoke && self.eat_all(&["grant", "option", "for"]);
        let privileges = self.list(Self::privilege)?;
        self.expect("on")?;
        let Some(kind) = self.eat_one_of(&["tables", "functions", "procedures"]) else {
            return Err(self.unexpected());
        };
        let target = GrantTarget::Objects { kind: kind.to_uppercase(), names: Vec::new() };
        self.expect(if revoke { "from" } else { "to" })?;
        let grantees = self.list(Self::grantee)?;
        let behavior = if revoke { self.drop_behavior() } else { None };
        let grant = Grant { revoke, option_only, privileges, target, grantees, behavior };
        Ok(Statement::AlterDefaultPrivileges(AlterDefaultPrivileges { users, schemas, grant }))
    }
}

/// `ALTER DEFAULT PRIVILEGES`-like system privileges have at most this many words.
const PRIVILEGE_WORDS_MAX: usize = 5;

const ASSUME_ROLE_WORDS: &[&str] = &["all", "copy", "unload", "external", "function", "create", "model"];

const SCOPED_OBJECTS: &[&str] =
    &["tables", "schemas", "functions", "procedures", "languages", "models", "templates", "copy"];

/// What stands between `ON` and the names, besides `TABLE` and routines.
const OBJECT_KINDS: &[&[&str]] = &[
    &["schema"],
    &["database"],
    &["language"],
    &["model"],
    &["datashare"],
    &["external", "schema"],
    &["external", "table"],
    &["copy", "job"],
    &["template"],
];
