//! `SHOW`.

use super::{Grammar, Parsed};
use crate::ast::{Show, ShowFilter, Statement};

impl Grammar<'_> {
    pub(super) fn show(&mut self) -> Parsed<Statement> {
        self.expect("show")?;
        Ok(Statement::Show(self.show_what()?))
    }

    fn show_what(&mut self) -> Parsed<Show> {
        // A word on its own is a parameter, whatever else it can mean, except these.
        if self.word_after(1).is_none() && *self.token_after(1) == sqlparser::tokenizer::Token::EOF {
            return self.show_single_word();
        }
        if self.eat_all(&["external", "table"]) {
            let name = self.object_name()?;
            return Ok(Show::ExternalTable { name, partition: self.eat("partition") });
        }
        if self.eat_all(&["time", "zone"]) {
            return Ok(Show::Parameter("timezone".to_string()));
        }
        if self.eat_all(&["session", "authorization"]) {
            return Ok(Show::Parameter("session_authorization".to_string()));
        }
        if self.eat_all(&["transaction", "isolation", "level"]) {
            return Ok(Show::Parameter("transaction_isolation".to_string()));
        }
        if let Some(show) = self.show_list()? {
            return Ok(show);
        }
        for words in OTHER_KINDS {
            if self.eat_all(words) {
                return Ok(Show::Other { kind: words.join(" ").to_uppercase(), rest: self.rest() });
            }
        }
        self.show_object()
    }

    fn show_single_word(&mut self) -> Parsed<Show> {
        match self.word() {
            Some("all") => {
                self.advance();
                Ok(Show::All)
            }
            Some("databases") => {
                self.advance();
                Ok(Show::Databases { from: None, filter: ShowFilter::default() })
            }
            Some("datashares") => {
                self.advance();
                Ok(Show::Datashares(ShowFilter::default()))
            }
            _ => Ok(Show::Parameter(self.parameter_name()?)),
        }
    }

    /// One object's definition, or a parameter with a prefix.
    fn show_object(&mut self) -> Parsed<Show> {
        match self.eat_one_of(&["table", "view", "procedure", "function", "model"]) {
            Some("table") => Ok(Show::Table(self.object_name()?)),
            Some("view") => Ok(Show::View(self.object_name()?)),
            Some("model") if self.eat("all") => Ok(Show::Models),
            Some("model") => Ok(Show::Model(self.object_name()?)),
            Some(word) => {
                let name = self.object_name()?;
                Ok(Show::Routine { procedure: word == "procedure", name, arguments: self.type_list()? })
            }
            None => Ok(Show::Parameter(self.parameter_name()?)),
        }
    }

    /// `SHOW DATABASES`, `SCHEMAS`, `TABLES`, `COLUMNS`, … with their filters.
    fn show_list(&mut self) -> Parsed<Option<Show>> {
        let words =
            &["databases", "datashares", "schemas", "tables", "columns", "procedures", "functions", "parameters"];
        let Some(word) = self.eat_one_of(words) else { return Ok(None) };
        Ok(Some(match word {
            "databases" => {
                let from = if self.eat("from") { Some(self.words_before_filter()?) } else { None };
                Show::Databases { from, filter: self.show_filter()? }
            }
            "datashares" => Show::Datashares(self.show_filter()?),
            "schemas" => {
                self.expect_all(&["from", "database"])?;
                let database = self.object_name()?;
                Show::Schemas { database, filter: self.show_filter()? }
            }
            "tables" => {
                self.expect_all(&["from", "schema"])?;
                let schema = self.object_name()?;
                Show::Tables { schema, filter: self.show_filter()? }
            }
            "columns" => {
                self.expect_all(&["from", "table"])?;
                let table = self.object_name()?;
                Show::Columns { table, filter: self.show_filter()? }
            }
            "parameters" => {
                self.expect("of")?;
                let Some(kind) = self.eat_one_of(&["procedure", "function"]) else { return Err(self.unexpected()) };
                let name = self.object_name()?;
                let arguments = self.type_list()?.unwrap_or_default();
                let filter = self.show_filter()?;
                Show::RoutineParameters { procedure: kind == "procedure", name, arguments, filter }
            }
            _ => {
                self.expect_all(&["from", "schema"])?;
                let schema = self.object_name()?;
                Show::Routines { procedures: word == "procedures", schema, filter: self.show_filter()? }
            }
        }))
    }

    /// `DATA CATALOG [ACCOUNT 'id', …]`, as written.
    fn words_before_filter(&mut self) -> Parsed<String> {
        self.expect_all(&["data", "catalog"])?;
        let mut text = "DATA CATALOG".to_string();
        if self.eat("account") {
            let accounts = self.list(Self::string)?;
            let quoted: Vec<String> = accounts.iter().map(|account| crate::unparse::quote(account)).collect();
            text.push_str(&format!(" ACCOUNT {}", quoted.join(", ")));
        }
        Ok(text)
    }

    fn show_filter(&mut self) -> Parsed<ShowFilter> {
        let like = if self.eat("like") { Some(self.string()?) } else { None };
        let limit = if self.eat("limit") { Some(self.unsigned()?) } else { None };
        Ok(ShowFilter { like, limit })
    }
}

/// Forms whose words are kept as they are.
const OTHER_KINDS: &[&[&str]] = &[
    &["grants"],
    &["column", "grants"],
    &["constraints"],
    &["policies"],
    &["rls", "policies"],
    &["masking", "policies"],
    &["template"],
    &["templates"],
    &["identity", "provider"],
];
