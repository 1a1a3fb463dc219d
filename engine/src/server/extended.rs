//! Parse, Bind, Describe, Execute.
//!
//! A prepared statement is its text and tree, not a plan: each Bind and Execute resolves names anew.
//! So it outlives the swap of a table by another session, as dbt does all the time.

use blueshift_sql::{ParameterValue, ParsedStatement, ParserOptions, ScriptPart, ast::Statement};
use pgwire::messages::{
    data::{NoData, ParameterDescription},
    extendedquery::{BindComplete, ParseComplete, PortalSuspended},
    response::EmptyQueryResponse,
};

use super::{
    config::PARAMETERS_MAX,
    connection::{Connection, Failure},
    message::{Bind, Parse, protocol_violation},
    parameter, parameter_type,
    rows::{self, Rows},
    show_parameter,
    simple::check_length,
    value::oid,
};
use crate::{
    error::{Error, Result, SqlState},
    session::ResultColumn,
};

/// A prepared statement.
#[derive(Debug)]
pub struct Prepared {
    text: String,
    options: ParserOptions,
    /// None for an empty text.
    parsed: Option<ParsedStatement>,
    /// Declared types, 0 where none is.
    declared: Vec<u32>,
    /// Types of all parameters; made when first needed.
    types: Option<Vec<u32>>,
    /// The columns as of Parse, for a Describe that follows at once.
    columns: Option<Vec<ResultColumn>>,
}

/// A portal: a statement with its values, and how far its rows were taken.
#[derive(Debug)]
pub struct Portal {
    parsed: Option<ParsedStatement>,
    result_formats: Vec<u16>,
    progress: Progress,
}

#[derive(Debug)]
enum Progress {
    Bound,
    Rows(Box<Rows>),
    Done,
}

impl Connection {
    /// Parse. Errors of a query show up here and not later: after a Parse that failed, clients use the
    /// name again.
    pub(super) async fn parse(&mut self, parse: Parse) -> Result<()> {
        let Parse { name, text, types: mut declared } = parse;
        check_length(&text)?;
        if !name.is_empty() && self.prepared.contains_key(&name) {
            return Err(Error::new(SqlState("42P05"), format!("prepared statement \"{name}\" already exists")));
        }
        let held: usize = self.prepared.values().map(|prepared| prepared.text.len()).sum();
        if held + text.len() > self.state.config.limits.prepared_bytes {
            return Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "too much text in prepared statements"));
        }
        let parts = blueshift_sql::split(&text);
        let parsed = match parts.as_slice() {
            [] => None,
            [part] => Some(self.parse_part(part)?),
            _ => return Err(Error::syntax("cannot insert multiple commands into a prepared statement")),
        };
        if let Some(parsed) = &parsed {
            if !ends_transaction(&parsed.statement) {
                self.session.check_not_failed()?;
            }
            if parsed.parameters > PARAMETERS_MAX {
                return Err(Error::new(
                    SqlState::PROGRAM_LIMIT_EXCEEDED,
                    format!("a statement has at most {PARAMETERS_MAX} parameters"),
                ));
            }
            if parsed.parameters > 0 && !takes_parameters(&parsed.statement) {
                return Err(Error::new(SqlState("42P02"), "there is no parameter $1")
                    .with_detail("Only queries, DML, CREATE TABLE AS, CALL and cursors take parameters."));
            }
            declared.resize(declared.len().max(parsed.parameters), 0);
        }
        let text = parsed.as_ref().map_or(String::new(), |parsed| parsed.text.clone());
        let options = self.session.parser_options();
        let is_query = parsed.as_ref().is_some_and(|parsed| matches!(parsed.statement, Statement::Query(_)));
        let mut prepared = Prepared { text, options, parsed, declared, types: None, columns: None };
        if is_query {
            prepared.columns = Some(self.columns_of(&mut prepared).await?);
        }
        self.prepared.insert(name, prepared);
        self.writer.put(&ParseComplete::new())
    }

    fn parse_part(&self, part: &ScriptPart<'_>) -> Result<ParsedStatement> {
        let Some((text, parameters)) = show_parameter::named(part.text) else { return self.session.parse(part) };
        let parsed = self.session.parse(&ScriptPart { text: &text, ..*part })?;
        Ok(ParsedStatement { text: part.text.to_owned(), parameters, ..parsed })
    }

    /// Bind.
    pub(super) fn bind(&mut self, bind: Bind) -> Result<()> {
        let mut prepared = self.prepared.remove(&bind.statement).ok_or_else(|| undefined_statement(&bind.statement))?;
        let inferred = if bind.formats.contains(&1) { self.types_of(&mut prepared) } else { vec![] };
        let bound = self.bound(&bind, &prepared, &inferred);
        self.prepared.insert(bind.statement, prepared);
        let portal = Portal { parsed: bound?, result_formats: bind.result_formats, progress: Progress::Bound };
        self.portals.insert(bind.portal, portal);
        self.writer.put(&BindComplete::new())
    }

    /// The statement with the values of a Bind.
    fn bound(&self, bind: &Bind, prepared: &Prepared, inferred: &[u32]) -> Result<Option<ParsedStatement>> {
        if !bind.portal.is_empty() && self.portals.contains_key(&bind.portal) {
            return Err(Error::new(SqlState("42P03"), format!("cursor \"{}\" already exists", bind.portal)));
        }
        if bind.values.len() != prepared.declared.len() {
            return Err(protocol_violation(format!(
                "bind message supplies {} parameters, but prepared statement \"{}\" requires {}",
                bind.values.len(),
                bind.statement,
                prepared.declared.len()
            )));
        }
        if bind.formats.len() > 1 && bind.formats.len() != bind.values.len() {
            return Err(protocol_violation(format!(
                "bind message has {} parameter formats but {} parameters",
                bind.formats.len(),
                bind.values.len()
            )));
        }
        let Some(parsed) = &prepared.parsed else { return Ok(None) };
        if !ends_transaction(&parsed.statement) {
            self.session.check_not_failed()?;
        }
        let binary = |index: usize| match bind.formats.as_slice() {
            [] => false,
            [one] => *one == 1,
            all => all.get(index) == Some(&1),
        };
        let values: Vec<ParameterValue> = (bind.values.iter().zip(&prepared.declared).enumerate())
            .map(|(index, (value, declared))| {
                let inferred = inferred.get(index).copied().unwrap_or(oid::TEXT);
                parameter::literal(value.as_ref(), binary(index), *declared, inferred)
            })
            .collect::<Result<_>>()?;
        with_values(prepared, parsed, &values).map(Some)
    }

    /// Describe of a prepared statement.
    pub(super) async fn describe_statement(&mut self, name: &str) -> std::result::Result<(), Failure> {
        // Taken out meanwhile: one that cannot be described is gone.
        let mut prepared = self.prepared.remove(name).ok_or_else(|| undefined_statement(name))?;
        let types = self.types_of(&mut prepared);
        let columns = match prepared.columns.take() {
            Some(columns) => columns,
            None => self.columns_of(&mut prepared).await?,
        };
        self.prepared.insert(name.to_owned(), prepared);
        self.writer.put(&ParameterDescription::new(types))?;
        self.put_description(&columns, &[])
    }

    /// The result columns of a statement whose parameters have no values yet.
    async fn columns_of(&mut self, prepared: &mut Prepared) -> Result<Vec<ResultColumn>> {
        let types = self.types_of(prepared);
        let Some(parsed) = &prepared.parsed else { return Ok(vec![]) };
        if parsed.parameters > 0 && matches!(parsed.statement, Statement::Show(_)) {
            // Its columns do not depend on values.
            return self.session.describe_statement(parsed).await;
        }
        let open: Vec<ParameterValue> = types.iter().map(|type_oid| parameter::open_literal(*type_oid)).collect();
        let described = with_values(prepared, parsed, &open)?;
        match self.session.describe_statement(&described).await {
            // NULL is not everywhere allowed (LIMIT NULL); some value of the type is.
            Err(_) if !types.is_empty() => {
                let samples: Vec<ParameterValue> = types.iter().map(|type_oid| parameter::sample(*type_oid)).collect();
                let described = with_values(prepared, parsed, &samples)?;
                self.session.describe_statement(&described).await
            }
            columns => columns,
        }
    }

    /// Describe of a portal.
    pub(super) async fn describe_portal(&mut self, name: &str) -> std::result::Result<(), Failure> {
        // Taken out meanwhile: one that cannot be described is gone.
        let Some(portal) = self.portals.remove(name) else {
            // Cursors of DECLARE are portals, too: drivers ask for their columns before they FETCH.
            let columns = self.session.cursor_columns(name).ok_or_else(|| undefined_portal(name))?;
            return self.put_description(&columns, &[]);
        };
        let columns = match portal.parsed.as_ref() {
            Some(parsed) => self.session.describe_statement(parsed).await?,
            None => vec![],
        };
        let formats = portal.result_formats.clone();
        self.portals.insert(name.to_owned(), portal);
        self.put_description(&columns, &formats)
    }

    fn put_description(&mut self, columns: &[ResultColumn], formats: &[u16]) -> std::result::Result<(), Failure> {
        if columns.is_empty() {
            return Ok(self.writer.put(&NoData::new())?);
        }
        Ok(rows::put_description(&mut self.writer, columns, formats, self.protocol.unwrap_or(0))?)
    }

    /// Execute: at most `limit` rows, 0 for all.
    pub(super) async fn execute(&mut self, name: &str, limit: usize) -> std::result::Result<(), Failure> {
        // Taken out while it runs, so that a failed one is gone.
        let mut portal = self.portals.remove(name).ok_or_else(|| undefined_portal(name))?;
        let Some(parsed) = &portal.parsed else {
            self.portals.insert(name.to_owned(), portal);
            return Ok(self.writer.put(&EmptyQueryResponse::new())?);
        };
        if matches!(portal.progress, Progress::Bound) && !self.reader.is_sync_next().await {
            // What is run before the next Sync is one transaction.
            self.session.begin_implicit();
        }
        if matches!(portal.progress, Progress::Bound) && limit == 0 {
            self.run_and_send(parsed, &portal.result_formats, false).await?;
            portal.progress = Progress::Done;
            self.portals.insert(name.to_owned(), portal);
            return Ok(());
        }
        if matches!(portal.progress, Progress::Bound) {
            let (rows, tag) = self.run_and_keep(parsed, &portal.result_formats).await?;
            match rows {
                Some(rows) => portal.progress = Progress::Rows(Box::new(rows)),
                None => {
                    portal.progress = Progress::Done;
                    self.complete(&tag)?;
                    self.portals.insert(name.to_owned(), portal);
                    return Ok(());
                }
            }
        }
        match &mut portal.progress {
            Progress::Rows(rows) => {
                if self.send_rows(rows, (limit > 0).then_some(limit)).await? {
                    let tag = rows.tag().to_owned();
                    self.complete(&tag)?;
                    portal.progress = Progress::Done;
                } else {
                    self.writer.put(&PortalSuspended::new())?;
                }
            }
            Progress::Bound | Progress::Done => {
                let tag =
                    if portal.parsed.as_ref().is_some_and(|parsed| matches!(parsed.statement, Statement::Query(_))) {
                        "SELECT 0"
                    } else {
                        return Err(Error::new(SqlState("55000"), format!("portal \"{name}\" cannot be run")).into());
                    };
                self.complete(tag)?;
            }
        }
        self.portals.insert(name.to_owned(), portal);
        Ok(())
    }

    /// The types of a statement's parameters: as declared, else as far as they can be told, else text.
    fn types_of(&mut self, prepared: &mut Prepared) -> Vec<u32> {
        if let Some(types) = &prepared.types {
            return types.clone();
        }
        let mut types = prepared.declared.clone();
        if let Some(parsed) = &prepared.parsed
            && types.iter().any(|declared| parameter::is_undeclared(*declared))
        {
            let inferred = parameter_type::infer(&mut self.session, parsed);
            for (index, declared) in types.iter_mut().enumerate() {
                if parameter::is_undeclared(*declared) {
                    *declared = inferred.get(&(index + 1)).map_or(oid::TEXT, parameter::oid_of);
                }
            }
        }
        prepared.types = Some(types.clone());
        types
    }
}

/// The statement with literals in the places of its parameters.
fn with_values(prepared: &Prepared, parsed: &ParsedStatement, values: &[ParameterValue]) -> Result<ParsedStatement> {
    if parsed.parameters == 0 {
        return Ok(parsed.clone());
    }
    if matches!(parsed.statement, Statement::Show(_)) {
        let text = show_parameter::with_values(&prepared.text, values)?;
        return blueshift_sql::parse_statement_with_values(&text, prepared.options, &[])
            .map_err(|error| Error::syntax(error.message.clone()));
    }
    blueshift_sql::parse_statement_with_values(&prepared.text, prepared.options, values)
        .map_err(|error| Error::syntax(error.message.clone()).with_position(error.position))
}

/// COMMIT and ROLLBACK also work in a block that failed.
pub(super) fn ends_transaction(statement: &Statement) -> bool {
    matches!(statement, Statement::Commit | Statement::Rollback)
}

/// Whether `$n` has a meaning there: definitions would keep it.
fn takes_parameters(statement: &Statement) -> bool {
    match statement {
        Statement::Query(_)
        | Statement::Insert(_)
        | Statement::Update(_)
        | Statement::Delete(_)
        | Statement::Merge(_)
        | Statement::CreateTableAs(_)
        | Statement::Call(_)
        | Statement::DeclareCursor(_)
        | Statement::Show(_)
        | Statement::Execute(_) => true,
        Statement::Explain(explain) => takes_parameters(&explain.statement),
        _ => false,
    }
}

fn undefined_statement(name: &str) -> Error {
    Error::new(SqlState("26000"), format!("prepared statement \"{name}\" does not exist"))
}

fn undefined_portal(name: &str) -> Error {
    Error::new(SqlState("34000"), format!("portal \"{name}\" does not exist"))
}
