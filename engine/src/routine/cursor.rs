//! Cursors of PL/pgSQL: OPEN, FETCH, CLOSE, and FOR loops over rows, which hold one, too.
//!
//! They are cursors of the session, so a COMMIT closes them and a caller can fetch from one whose
//! name came back. One may be open at a time.

use blueshift_sql::{
    ast::{Expr, Query, Statement},
    plpgsql::{RowSource, Step, Target},
};

use super::{
    evaluate,
    interpreter::{Flow, Interpreter, after_turn},
    scope::{BoundCursor, Scope, Variable},
    substitute,
};
use crate::{
    error::{Error, Result, SqlState},
    statement::cursor,
};

impl Interpreter<'_> {
    /// OPEN.
    pub(super) async fn open(&mut self, name: &str, source: Option<&RowSource>, arguments: &[Expr]) -> Result<()> {
        let (portal, bound) = self.environment.cursor(name)?;
        let portal = portal.clone();
        let query = match (source, bound) {
            (Some(source), None) => self.source_query(source).await?,
            (None, Some(bound)) => self.bound_query(name, &bound, arguments).await?,
            (Some(_), Some(_)) => return Err(Error::syntax(format!("cursor \"{name}\" is bound to a query already"))),
            (None, None) => return Err(Error::syntax(format!("cursor \"{name}\" is not bound to a query"))),
        };
        let portal = match portal {
            Some(portal) => portal,
            None => {
                let unnamed = self.unnamed_portal();
                *self.environment.cursor(name)?.0 = Some(unnamed.clone());
                unnamed
            }
        };
        if self.session.local.cursors.contains_key(&portal) {
            return Err(Error::new(SqlState("42P03"), format!("cursor \"{portal}\" already in use")));
        }
        let plan = self.session.plan_query(&query)?;
        cursor::open(self.session, &portal, plan)
    }

    fn unnamed_portal(&mut self) -> String {
        self.session.local.calls.portals += 1;
        format!("<unnamed portal {}>", self.session.local.calls.portals)
    }

    async fn source_query(&mut self, source: &RowSource) -> Result<Box<Query>> {
        match source {
            RowSource::Query(query) => {
                let mut query = query.clone();
                substitute::in_query(&mut query, &self.environment)?;
                Ok(query)
            }
            RowSource::Dynamic(command) => match self.dynamic(command).await?.statement {
                Statement::Query(query) => Ok(query),
                _ => Err(Error::new(SqlState("42P11"), "cannot open a cursor on a command that returns no rows")),
            },
        }
    }

    /// A bound cursor's query, its arguments and the variables of the procedure put in.
    async fn bound_query(&mut self, name: &str, bound: &BoundCursor, arguments: &[Expr]) -> Result<Box<Query>> {
        if bound.arguments.len() != arguments.len() {
            return Err(Error::syntax(format!("wrong number of arguments for cursor \"{name}\"")));
        }
        let mut variables = Vec::with_capacity(arguments.len());
        for ((argument, data_type), expr) in bound.arguments.iter().zip(arguments) {
            let mut variable = self.empty_variable(data_type)?;
            if let Variable::Scalar { value, data_type, .. } = &mut variable {
                *value = self.eval(expr, Some(*data_type)).await?;
            }
            variables.push((argument.clone(), variable));
        }
        let mut query = bound.query.clone();
        self.environment.scopes.push(Scope { label: Some(name.to_owned()), variables });
        let outcome = substitute::in_query(&mut query, &self.environment);
        self.environment.scopes.pop();
        outcome.map(|()| query)
    }

    /// FETCH.
    pub(super) async fn fetch(&mut self, name: &str, into: &[Target]) -> Result<()> {
        let portal = self.portal(name)?;
        self.fetch_portal(&portal, into).await.map(drop)
    }

    /// Fetches a row; whether there was one.
    async fn fetch_portal(&mut self, portal: &str, into: &[Target]) -> Result<bool> {
        let batches = cursor::next_rows(self.session, portal, 1).await?;
        let open = self.session.local.cursors.get(portal).ok_or_else(|| cursor::undefined(portal))?;
        let columns = evaluate::columns(&open.plan);
        let row = evaluate::Rows { columns, batches };
        let first = row.row(0)?;
        let found = first.is_some();
        self.environment.found = found;
        self.environment.row_count = u64::from(found);
        self.store_row(into, &row.columns, first).await?;
        Ok(found)
    }

    /// CLOSE.
    pub(super) fn close(&mut self, name: &str) -> Result<()> {
        let portal = self.portal(name)?;
        cursor::close_named(self.session, &portal)
    }

    fn portal(&mut self, name: &str) -> Result<String> {
        let (portal, _) = self.environment.cursor(name)?;
        portal.clone().ok_or_else(|| Error::new(SqlState("22004"), format!("cursor variable \"{name}\" is null")))
    }

    /// FOR targets IN query LOOP.
    pub(super) async fn for_query(
        &mut self,
        label: Option<&str>,
        targets: &[Target],
        source: &RowSource,
        body: &[Step],
    ) -> Result<Flow> {
        let query = self.source_query(source).await?;
        let plan = self.session.plan_query(&query)?;
        let portal = self.unnamed_portal();
        cursor::open(self.session, &portal, plan)?;
        let (mut turned, mut end) = (false, Flow::Next);
        while self.fetch_portal(&portal, targets).await? {
            turned = true;
            let flow = self.turn(body).await?;
            if let Some(after) = after_turn(flow, label) {
                end = after;
                break;
            }
        }
        // A COMMIT in the last turn has closed it.
        let _ = cursor::close_named(self.session, &portal);
        self.environment.found = turned;
        Ok(end)
    }
}
