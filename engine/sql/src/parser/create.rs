//! `CREATE`, `ALTER` and `DROP`: the second word decides.

use super::{Grammar, Parsed};
use crate::ast::{Drop, DropBehavior, DropKind, ObjectName, Statement};

impl Grammar<'_> {
    pub(super) fn create(&mut self) -> Parsed<Statement> {
        self.expect("create")?;
        let or_replace = self.eat_all(&["or", "replace"]);
        if self.eat("view") {
            return self.create_view(or_replace, false, false);
        }
        if self.eat_all(&["materialized", "view"]) {
            return self.create_materialized_view(or_replace);
        }
        if self.eat("procedure") {
            return self.create_procedure(or_replace);
        }
        if self.eat("function") {
            return self.create_function(or_replace);
        }
        if self.eat_all(&["external", "function"]) {
            return self.create_external_function(or_replace);
        }
        if self.eat("library") {
            return self.create_library(or_replace);
        }
        if self.eat_all(&["external", "model"]) {
            return self.recorded("CREATE EXTERNAL MODEL");
        }
        if self.eat("model") {
            return self.recorded("CREATE MODEL");
        }
        if self.eat("template") {
            return self.recorded(if or_replace { "CREATE OR REPLACE TEMPLATE" } else { "CREATE TEMPLATE" });
        }
        if or_replace {
            return Err(self.unexpected());
        }
        self.create_without_replace()
    }

    fn create_without_replace(&mut self) -> Parsed<Statement> {
        if self.eat("external") {
            return self.create_external();
        }
        if self.eat_all(&["rls", "policy"]) {
            return self.policy(false, false);
        }
        if self.eat_all(&["masking", "policy"]) {
            return self.policy(false, true);
        }
        if self.eat_all(&["identity", "provider"]) {
            return self.recorded("CREATE IDENTITY PROVIDER");
        }
        let Some(word) = self.eat_one_of(CREATE_WORDS) else { return Err(self.unexpected()) };
        match word {
            "table" => self.create_table(false),
            "local" | "temp" | "temporary" => {
                if word == "local" && self.eat_one_of(&["temp", "temporary"]).is_none() {
                    return Err(self.unexpected());
                }
                self.expect("table")?;
                self.create_table(true)
            }
            "schema" => self.create_schema(),
            "database" => self.create_database(),
            "user" => self.user(false),
            "group" => self.create_group(),
            "role" => self.create_role(),
            _ => self.create_datashare(),
        }
    }

    /// After `CREATE EXTERNAL`.
    fn create_external(&mut self) -> Parsed<Statement> {
        let protected = self.eat("protected");
        if self.eat("view") {
            return self.create_view(false, true, protected);
        }
        if protected {
            return Err(self.unexpected());
        }
        match self.eat_one_of(&["schema", "table"]) {
            Some("schema") => self.create_external_schema(),
            Some(_) => self.create_external_table(),
            None => Err(self.unexpected()),
        }
    }

    pub(super) fn alter(&mut self) -> Parsed<Statement> {
        self.expect("alter")?;
        if self.eat_all(&["materialized", "view"]) {
            return self.alter_materialized_view();
        }
        if self.eat_all(&["default", "privileges"]) {
            return self.alter_default_privileges();
        }
        if self.eat_all(&["external", "schema"]) {
            return self.alter_external_schema();
        }
        if self.eat_all(&["external", "view"]) {
            return self.alter_external_view();
        }
        if self.eat_all(&["rls", "policy"]) {
            return self.policy(true, false);
        }
        if self.eat_all(&["masking", "policy"]) {
            return self.policy(true, true);
        }
        if self.eat_all(&["identity", "provider"]) {
            return self.recorded("ALTER IDENTITY PROVIDER");
        }
        let Some(word) = self.eat_one_of(ALTER_WORDS) else { return Err(self.unexpected()) };
        match word {
            "table" => self.alter_table(),
            "schema" => self.alter_schema(),
            "database" => self.alter_database(),
            "user" => self.user(true),
            "group" => self.alter_group(),
            "role" => self.alter_role(),
            "datashare" => self.alter_datashare(),
            "procedure" => self.alter_routine(true),
            "function" => self.alter_routine(false),
            "template" => self.recorded("ALTER TEMPLATE"),
            _ => self.recorded_without_name("ALTER SYSTEM"),
        }
    }

    pub(super) fn drop(&mut self) -> Parsed<Statement> {
        self.expect("drop")?;
        if self.eat("schema") {
            return self.drop_schema();
        }
        if self.eat("procedure") {
            return self.drop_routine(true);
        }
        if self.eat("function") {
            return self.drop_routine(false);
        }
        let Some((words, kind)) = DROP_WORDS.iter().find(|(words, _)| self.are(words)) else {
            return Err(self.unexpected());
        };
        self.expect_all(words)?;
        let if_exists = self.if_exists();
        let names = self.list(|g| match kind {
            // Users, groups and roles may be reserved words elsewhere.
            DropKind::Role => Ok(ObjectName(vec![g.role_name()?])),
            DropKind::User | DropKind::Group => Ok(ObjectName(vec![g.any_ident()?])),
            _ => g.object_name(),
        })?;
        let behavior = if self.eat("force") { Some(DropBehavior::Cascade) } else { self.drop_behavior() };
        Ok(Statement::Drop(Drop { kind: *kind, if_exists, names, behavior }))
    }
}

const CREATE_WORDS: &[&str] =
    &["table", "local", "temp", "temporary", "schema", "database", "user", "group", "role", "datashare"];

const ALTER_WORDS: &[&str] = &[
    "table",
    "schema",
    "database",
    "user",
    "group",
    "role",
    "datashare",
    "procedure",
    "function",
    "template",
    "system",
];

const DROP_WORDS: &[(&[&str], DropKind)] = &[
    (&["table"], DropKind::Table),
    (&["view"], DropKind::View),
    (&["materialized", "view"], DropKind::MaterializedView),
    (&["external", "view"], DropKind::ExternalView),
    (&["database"], DropKind::Database),
    (&["user"], DropKind::User),
    (&["group"], DropKind::Group),
    (&["role"], DropKind::Role),
    (&["library"], DropKind::Library),
    (&["model"], DropKind::Model),
    (&["datashare"], DropKind::Datashare),
    (&["rls", "policy"], DropKind::RlsPolicy),
    (&["masking", "policy"], DropKind::MaskingPolicy),
    (&["identity", "provider"], DropKind::IdentityProvider),
    (&["template"], DropKind::Template),
];
