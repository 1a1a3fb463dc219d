//! Datashares.

use super::{Grammar, Parsed};
use crate::ast::{Datashare, DatashareAction, DescDatashare, Statement};

impl Grammar<'_> {
    /// After `CREATE DATASHARE`.
    pub(super) fn create_datashare(&mut self) -> Parsed<Statement> {
        let name = self.ident()?;
        let (mut public, mut managed_by_adx) = (None, false);
        while !self.at_end() {
            if self.eat_all(&["managedby", "adx"]) {
                managed_by_adx = true;
            } else {
                self.eat("set");
                self.expect("publicaccessible")?;
                public = Some(self.datashare_switch()?);
            }
        }
        Ok(Statement::Datashare(Datashare { name, action: DatashareAction::Create { public, managed_by_adx } }))
    }

    /// `[=] TRUE | FALSE`, or nothing for true.
    fn datashare_switch(&mut self) -> Parsed<bool> {
        let equals = self.eat_token(&sqlparser::tokenizer::Token::Eq);
        match self.word() {
            Some("true" | "false") => self.switch(),
            _ if equals => Err(self.unexpected()),
            _ => Ok(true),
        }
    }

    /// After `ALTER DATASHARE`.
    pub(super) fn alter_datashare(&mut self) -> Parsed<Statement> {
        let name = self.ident()?;
        let action = match self.eat_one_of(&["add", "remove", "set"]) {
            Some("set") if self.eat("includenew") => {
                let on = self.datashare_switch()?;
                self.expect_all(&["for", "schema"])?;
                DatashareAction::SetIncludeNew { on, schema: self.object_name()? }
            }
            Some("set") => {
                self.expect("publicaccessible")?;
                DatashareAction::SetPublic(self.datashare_switch()?)
            }
            Some(word) => self.datashare_objects(word == "add")?,
            None => return Err(self.unexpected()),
        };
        Ok(Statement::Datashare(Datashare { name, action }))
    }

    fn datashare_objects(&mut self, add: bool) -> Parsed<DatashareAction> {
        let Some(words) = DATASHARE_OBJECTS.iter().copied().find(|words| self.are(words)) else {
            return Err(self.unexpected());
        };
        self.expect_all(words)?;
        let names = self.list(|g| Ok((g.object_name()?, g.routine_arguments()?)))?;
        Ok(DatashareAction::Objects { add, kind: words.join(" ").to_uppercase(), names })
    }

    pub(super) fn desc_datashare(&mut self) -> Parsed<Statement> {
        self.expect_all(&["desc", "datashare"])?;
        let mut desc = DescDatashare { name: self.ident()?, account: None, namespace: None };
        if self.eat("of") {
            if self.eat("account") {
                desc.account = Some(self.string()?);
            }
            self.expect("namespace")?;
            desc.namespace = Some(self.string()?);
        }
        Ok(Statement::DescDatashare(desc))
    }
}

const DATASHARE_OBJECTS: &[&[&str]] = &[
    &["table"],
    &["schema"],
    &["function"],
    &["all", "tables", "in", "schema"],
    &["all", "functions", "in", "schema"],
];
