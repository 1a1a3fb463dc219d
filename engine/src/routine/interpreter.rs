//! Running PL/pgSQL: blocks, assignments, conditions, loops, exceptions ("Supported PL/pgSQL
//! statements" and "Trapping errors" of the guide).

use blueshift_sql::{
    ast::Expr,
    plpgsql::{Block, Declaration, DeclarationKind, Handler, RaiseLevel, Step, StepKind, VariableType},
};
use futures::{FutureExt, future::BoxFuture};

use super::{
    evaluate, quick,
    scope::{BoundCursor, Environment, Place, Scope, Variable},
    substitute,
    value::Value,
};
use crate::{
    error::{Error, Result, SqlState},
    session::{EventKind, Notice, Session},
    statement::name,
    storage::metadata::Relation,
    types::RedshiftType,
};

/// Where to go on after a step.
#[derive(Debug, PartialEq)]
pub(super) enum Flow {
    /// At the next step.
    Next,
    /// After the loop or block of that label, or after the innermost loop.
    Exit(Option<String>),
    /// At the next turn of the loop of that label, or of the innermost.
    Continue(Option<String>),
    /// After the procedure.
    Return,
}

/// Steps after which others get a turn.
const STEPS_PER_YIELD: u32 = 256;

/// A procedure on its way.
pub(super) struct Interpreter<'s> {
    pub(super) session: &'s mut Session,
    pub(super) environment: Environment,
    /// Each statement commits.
    pub(super) nonatomic: bool,
    /// Within START TRANSACTION … COMMIT of a NONATOMIC procedure.
    pub(super) in_transaction: bool,
    /// Steps so far.
    steps: u32,
    /// The error that a handler works on, for RAISE without arguments.
    handling: Vec<Error>,
}

impl<'s> Interpreter<'s> {
    pub(super) fn new(session: &'s mut Session, nonatomic: bool) -> Self {
        Interpreter {
            session,
            environment: Environment::default(),
            nonatomic,
            in_transaction: false,
            steps: 0,
            handling: vec![],
        }
    }

    /// Runs a block in a scope of its own.
    pub(super) fn block<'a>(&'a mut self, block: &'a Block) -> BoxFuture<'a, Result<Flow>> {
        async move {
            let depth = self.environment.scopes.len();
            let outcome = self.guarded(block).await;
            self.environment.scopes.truncate(depth);
            match outcome {
                Ok(Flow::Exit(Some(label))) if block.label.as_ref() == Some(&label) => Ok(Flow::Next),
                other => other,
            }
        }
        .boxed()
    }

    async fn guarded(&mut self, block: &Block) -> Result<Flow> {
        let outcome = match self.declare(block).await {
            Ok(()) => match &block.handler {
                Some(handler) if handler.continues => return self.continuing(&block.statements, handler).await,
                _ => self.steps(&block.statements).await,
            },
            Err(error) => Err(error),
        };
        match (outcome, &block.handler) {
            (Err(error), Some(handler)) if is_caught(&error) => self.handle(handler, error).await,
            (outcome, _) => outcome,
        }
    }

    /// With a CONTINUE_HANDLER the statement after the one that failed comes next.
    async fn continuing(&mut self, steps: &[Step], handler: &Handler) -> Result<Flow> {
        for step in steps {
            let flow = match self.step(step).await {
                Err(error) if is_caught(&error) => self.handle(handler, error).await?,
                other => other?,
            };
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    /// What was done is rolled back, the handler works in a transaction of its own that is
    /// committed, and then the error is thrown again; a NONATOMIC procedure goes on instead.
    async fn handle(&mut self, handler: &Handler, error: Error) -> Result<Flow> {
        let block = self.session.in_transaction_block();
        self.session.rollback_and_continue();
        self.in_transaction = false;
        self.environment.errors.push((error.state().0.to_owned(), error.message().to_owned()));
        self.handling.push(error);
        let outcome = self.steps(&handler.statements).await;
        self.environment.errors.pop();
        let handled = self.handling.pop();
        let flow = outcome?;
        if self.nonatomic {
            return Ok(flow);
        }
        self.session.commit_and_continue()?;
        if block {
            self.session.fail_block();
        }
        Err(handled.unwrap_or_else(|| Error::internal("an error got lost")))
    }

    fn steps<'a>(&'a mut self, steps: &'a [Step]) -> BoxFuture<'a, Result<Flow>> {
        async move {
            for step in steps {
                let flow = self.step(step).await?;
                if flow != Flow::Next {
                    return Ok(flow);
                }
            }
            Ok(Flow::Next)
        }
        .boxed()
    }

    fn step<'a>(&'a mut self, step: &'a Step) -> BoxFuture<'a, Result<Flow>> {
        async move {
            // Loops without a command inside can still be cancelled. To give the thread back costs more than a
            // simple step, so it is not done at each.
            self.steps = self.steps.wrapping_add(1);
            if self.steps.is_multiple_of(STEPS_PER_YIELD) {
                tokio::task::yield_now().await;
            }
            match &step.kind {
                StepKind::Block(block) => return self.block(block).await,
                StepKind::If { branches, otherwise } => {
                    for (condition, steps) in branches {
                        if self.is_true(condition).await? {
                            return self.steps(steps).await;
                        }
                    }
                    return self.steps(otherwise).await;
                }
                StepKind::Case { operand, branches, otherwise } => {
                    return self.case(operand.as_ref(), branches, otherwise.as_deref()).await;
                }
                StepKind::Loop { label, condition, body } => loop {
                    if let Some(condition) = condition
                        && !self.is_true(condition).await?
                    {
                        return Ok(Flow::Next);
                    }
                    let flow = self.steps(body).await?;
                    if let Some(end) = after_turn(flow, label.as_deref()) {
                        return Ok(end);
                    }
                },
                StepKind::ForRange { label, variable, reverse, from, to, body } => {
                    let (from, to) = (self.bound(from, "lower").await?, self.bound(to, "upper").await?);
                    return self.for_range(label.as_deref(), variable, (*reverse, from, to), body).await;
                }
                StepKind::ForQuery { label, targets, source, body } => {
                    return self.for_query(label.as_deref(), targets, source, body).await;
                }
                StepKind::Leave { continues, label, when } => {
                    if let Some(condition) = when
                        && !self.is_true(condition).await?
                    {
                        return Ok(Flow::Next);
                    }
                    let label = label.clone();
                    return Ok(if *continues { Flow::Continue(label) } else { Flow::Exit(label) });
                }
                StepKind::Return => return Ok(Flow::Return),
                StepKind::Nothing => {}
                StepKind::Assign { target, value } => self.assign_expr(target, value).await?,
                StepKind::Raise { level, format, arguments } => {
                    self.raise(*level, format, arguments, step.line).await?;
                }
                StepKind::Sql { statement, text, into } => self.sql(statement, text, into.as_deref()).await?,
                StepKind::Perform(query) => self.perform(query).await?,
                StepKind::Execute { command, into } => self.execute(command, into.as_deref()).await?,
                StepKind::Open { cursor, source, arguments } => self.open(cursor, source.as_ref(), arguments).await?,
                StepKind::Fetch { cursor, into } => self.fetch(cursor, into).await?,
                StepKind::Close(cursor) => self.close(cursor)?,
                StepKind::Commit => self.end_transaction(true)?,
                StepKind::Rollback => self.end_transaction(false)?,
                StepKind::StartTransaction => self.start_transaction()?,
                StepKind::GetRowCount(target) => {
                    let count = Value::integer(self.environment.row_count as i64);
                    self.assign(target, count).await?;
                }
            }
            Ok(Flow::Next)
        }
        .boxed()
    }

    async fn case(
        &mut self,
        operand: Option<&Expr>,
        branches: &[(Vec<Expr>, Vec<Step>)],
        otherwise: Option<&[Step]>,
    ) -> Result<Flow> {
        let operand = match operand {
            Some(expr) => Some(self.eval(expr, None).await?.to_expr()?),
            None => None,
        };
        for (values, steps) in branches {
            for value in values {
                let condition = match &operand {
                    Some(operand) => Expr::BinaryOp {
                        left: Box::new(Expr::Nested(Box::new(operand.clone()))),
                        op: blueshift_sql::ast::sql::BinaryOperator::Eq,
                        right: Box::new(Expr::Nested(Box::new(value.clone()))),
                    },
                    None => value.clone(),
                };
                if self.is_true(&condition).await? {
                    return self.steps(steps).await;
                }
            }
        }
        match otherwise {
            Some(steps) => self.steps(steps).await,
            None => {
                Err(Error::new(SqlState("20000"), "case not found").with_hint("CASE statement is missing ELSE part."))
            }
        }
    }

    async fn for_range(
        &mut self,
        label: Option<&str>,
        variable: &str,
        (reverse, from, to): (bool, i64, i64),
        body: &[Step],
    ) -> Result<Flow> {
        let depth = self.environment.scopes.len();
        let (mut turn, mut turned) = (from, false);
        let mut end = Flow::Next;
        while if reverse { turn >= to } else { turn <= to } {
            turned = true;
            // The body may assign to the variable; the next turn starts anew.
            let value = Variable::Scalar {
                value: Value::integer(turn),
                data_type: RedshiftType::Integer,
                constant: false,
                not_null: false,
            };
            let scope = Scope { label: label.map(str::to_owned), variables: vec![(variable.to_owned(), value)] };
            self.environment.scopes.truncate(depth);
            self.environment.scopes.push(scope);
            let flow = self.steps(body).await?;
            if let Some(after) = after_turn(flow, label) {
                end = after;
                break;
            }
            match turn.checked_add(if reverse { -1 } else { 1 }) {
                Some(next) => turn = next,
                None => break,
            }
        }
        self.environment.scopes.truncate(depth);
        self.environment.found = turned;
        Ok(end)
    }

    async fn bound(&mut self, expr: &Expr, which: &str) -> Result<i64> {
        let value = self.eval(expr, Some(RedshiftType::Integer)).await?;
        value
            .as_integer()
            .ok_or_else(|| Error::new(SqlState("22004"), format!("{which} bound of FOR loop cannot be NULL")))
    }

    async fn raise(&mut self, level: Option<RaiseLevel>, format: &str, arguments: &[Expr], line: usize) -> Result<()> {
        let Some(level) = level else {
            return match self.handling.last() {
                Some(error) if self.nonatomic => Err(error.clone()),
                Some(_) => Err(Error::not_supported("RAISE without arguments in an atomic procedure")),
                None => Err(Error::syntax("RAISE without parameters cannot be used outside an exception handler")),
            };
        };
        let mut message = String::new();
        let mut values = arguments.iter();
        let mut rest = format.chars().peekable();
        while let Some(c) = rest.next() {
            if c != '%' {
                message.push(c);
            } else if rest.peek() == Some(&'%') {
                rest.next();
                message.push('%');
            } else if let Some(expr) = values.next() {
                let text = self.eval(expr, None).await?.to_text()?;
                message.push_str(text.as_deref().unwrap_or("<NULL>"));
            }
        }
        self.log_message(level, &message, line);
        let severity = match level {
            RaiseLevel::Exception => return Err(Error::new(SqlState("P0001"), message)),
            // These go to the server's log, not to the client.
            RaiseLevel::Debug | RaiseLevel::Log => return Ok(()),
            RaiseLevel::Info => "INFO",
            RaiseLevel::Notice => "NOTICE",
            RaiseLevel::Warning => "WARNING",
        };
        self.session.notice(Notice { severity, message });
        Ok(())
    }

    /// Messages of `stored_proc_log_min_messages` and above are remembered (SVL_STORED_PROC_MESSAGES).
    fn log_message(&self, level: RaiseLevel, message: &str, line: usize) {
        const LEVELS: [&str; 5] = ["LOG", "INFO", "NOTICE", "WARNING", "EXCEPTION"];
        let level = match level {
            RaiseLevel::Debug => return,
            RaiseLevel::Log => LEVELS[0],
            RaiseLevel::Info => LEVELS[1],
            RaiseLevel::Notice => LEVELS[2],
            RaiseLevel::Warning => LEVELS[3],
            RaiseLevel::Exception => LEVELS[4],
        };
        let rank = |name: &str| LEVELS.iter().position(|known| known.eq_ignore_ascii_case(name));
        let least = self.session.parameters.get("stored_proc_log_min_messages").and_then(rank).unwrap_or(0);
        if rank(level).is_some_and(|rank| rank < least) {
            return;
        }
        let text = self.session.local.calls.text.clone().unwrap_or_else(|| "CALL".into());
        let kind = EventKind::Message { text, level, message: message.to_owned(), line };
        self.session.record_event(chrono::Utc::now(), kind);
    }

    // ---- values ----

    /// The value of an expression with variables in it.
    pub(super) async fn eval(&mut self, expr: &Expr, target: Option<RedshiftType>) -> Result<Value> {
        if let Some(value) = quick::value(expr, &self.environment, target)? {
            return Ok(value);
        }
        let mut expr = expr.clone();
        substitute::in_expr(&mut expr, &self.environment)?;
        evaluate::value(self.session, &expr, target).await
    }

    async fn is_true(&mut self, condition: &Expr) -> Result<bool> {
        Ok(self.eval(condition, Some(RedshiftType::Boolean)).await?.is_true())
    }

    async fn assign_expr(&mut self, target: &[String], expr: &Expr) -> Result<()> {
        let wanted = match self.environment.place(target)? {
            Place::Variable(Variable::Scalar { data_type, .. }) => Some(*data_type),
            Place::Variable(Variable::Cursor { .. }) => Some(RedshiftType::Varchar(None)),
            Place::Variable(Variable::Record { .. }) => {
                // A record takes the fields of another: r := s.
                if let Expr::Identifier(ident) = expr
                    && let Place::Variable(Variable::Record { fields: Some(fields), .. }) =
                        self.environment.place(std::slice::from_ref(&ident.value))?
                {
                    let fields = fields.clone();
                    return self.assign_row(target, fields).await;
                }
                return Err(Error::new(
                    SqlState::DATATYPE_MISMATCH,
                    "cannot assign non-composite value to a record variable",
                ));
            }
            Place::Variable(Variable::Alias(_)) => None,
            Place::Field(value) => value.data_type,
        };
        let value = self.eval(expr, wanted).await?;
        self.assign(target, value).await
    }

    /// Stores a value, converted to the variable's type.
    pub(super) async fn assign(&mut self, target: &[String], value: Value) -> Result<()> {
        let wanted = match self.environment.place(target)? {
            Place::Variable(Variable::Scalar { data_type, constant, not_null, .. }) => {
                if *constant {
                    return Err(Error::new(
                        SqlState("22005"),
                        format!("\"{}\" is declared CONSTANT", target.join(".")),
                    ));
                }
                if *not_null && value.is_null() {
                    return Err(Error::new(
                        SqlState("22004"),
                        format!("null value cannot be assigned to variable \"{}\" declared NOT NULL", target.join(".")),
                    ));
                }
                Some(*data_type)
            }
            Place::Variable(Variable::Cursor { .. }) => Some(RedshiftType::Varchar(None)),
            Place::Variable(_) => {
                return Err(Error::new(
                    SqlState::DATATYPE_MISMATCH,
                    "cannot assign non-composite value to a record variable",
                ));
            }
            Place::Field(field) => field.data_type,
        };
        let value = match wanted {
            Some(wanted) => evaluate::convert(self.session, value, wanted).await?,
            None => value,
        };
        match self.environment.place(target)? {
            Place::Variable(Variable::Scalar { value: slot, .. }) | Place::Field(slot) => *slot = value,
            Place::Variable(Variable::Cursor { portal, .. }) => *portal = value.to_text()?,
            Place::Variable(_) => {}
        }
        Ok(())
    }

    /// Stores a row in a record variable.
    pub(super) async fn assign_row(&mut self, target: &[String], row: Vec<(String, Value)>) -> Result<()> {
        let row_type = match self.environment.place(target)? {
            Place::Variable(Variable::Record { row_type, .. }) => row_type.clone(),
            _ => return Err(Error::internal("a row goes into a record")),
        };
        let row = match row_type {
            None => row,
            Some(row_type) => {
                let mut typed = Vec::with_capacity(row_type.len());
                let mut values = row.into_iter().map(|(_, value)| value);
                for (name, data_type) in row_type {
                    let value = values.next().unwrap_or_else(Value::null);
                    typed.push((name, evaluate::convert(self.session, value, data_type).await?));
                }
                typed
            }
        };
        if let Place::Variable(Variable::Record { fields, .. }) = self.environment.place(target)? {
            *fields = Some(row);
        }
        Ok(())
    }

    // ---- declarations ----

    async fn declare(&mut self, block: &Block) -> Result<()> {
        self.environment.scopes.push(Scope { label: block.label.clone(), variables: vec![] });
        for declaration in &block.declarations {
            let variable = self.variable(declaration).await?;
            if let Some(scope) = self.environment.scopes.last_mut() {
                if scope.variables.iter().any(|(name, _)| *name == declaration.name) {
                    return Err(Error::syntax(format!("duplicate declaration of \"{}\"", declaration.name)));
                }
                scope.variables.push((declaration.name.clone(), variable));
            }
        }
        Ok(())
    }

    async fn variable(&mut self, declaration: &Declaration) -> Result<Variable> {
        match &declaration.kind {
            DeclarationKind::Alias(other) => Ok(Variable::Alias(other.clone())),
            DeclarationKind::Cursor { arguments, query } => Ok(Variable::Cursor {
                portal: Some(declaration.name.clone()),
                bound: Some(BoundCursor { arguments: arguments.clone(), query: query.clone() }),
            }),
            DeclarationKind::Variable { constant, data_type, not_null, default } => {
                let mut variable = self.empty_variable(data_type)?;
                match (&mut variable, default) {
                    (Variable::Scalar { value, data_type, .. }, Some(default)) => {
                        *value = self.eval(default, Some(*data_type)).await?;
                    }
                    (Variable::Cursor { portal, .. }, Some(default)) => {
                        *portal = self.eval(default, Some(RedshiftType::Varchar(None))).await?.to_text()?;
                    }
                    (_, Some(_)) => {
                        return Err(Error::syntax("default value for row or record variable is not supported"));
                    }
                    (_, None) => {}
                }
                if let Variable::Scalar { value, constant: is_constant, not_null: is_not_null, .. } = &mut variable {
                    (*is_constant, *is_not_null) = (*constant, *not_null);
                    if *not_null && value.is_null() {
                        return Err(Error::new(
                            SqlState("22004"),
                            format!("variable \"{}\" declared NOT NULL cannot default to NULL", declaration.name),
                        ));
                    }
                }
                Ok(variable)
            }
        }
    }

    /// A variable of a type, without a value.
    pub(super) fn empty_variable(&mut self, data_type: &VariableType) -> Result<Variable> {
        let scalar = |data_type: RedshiftType| Variable::Scalar {
            value: Value { data_type: Some(data_type), ..Value::null() },
            data_type,
            constant: false,
            not_null: false,
        };
        match data_type {
            VariableType::Record => Ok(Variable::Record { fields: None, row_type: None }),
            VariableType::RefCursor => Ok(Variable::Cursor { portal: None, bound: None }),
            VariableType::Sql(data_type) => {
                let written = data_type.to_string().to_lowercase();
                // Without its own length a text may be as long as it likes.
                let unlimited = matches!(written.as_str(), "varchar" | "character varying" | "text" | "nvarchar");
                Ok(scalar(if unlimited { RedshiftType::Varchar(None) } else { RedshiftType::from_sql(data_type)? }))
            }
            VariableType::TypeOf(parts) => {
                if let [name] = parts.as_slice()
                    && let Ok(Place::Variable(Variable::Scalar { data_type, .. })) =
                        self.environment.place(std::slice::from_ref(name))
                {
                    return Ok(scalar(*data_type));
                }
                let Some((column, relation)) = parts.split_last().filter(|(_, relation)| !relation.is_empty()) else {
                    return Err(Error::syntax(format!("\"{}\" is not a known variable", parts.join("."))));
                };
                let columns = self.relation_columns(relation)?;
                let found = columns.into_iter().find(|(name, _)| name == column);
                found.map(|(_, data_type)| scalar(data_type)).ok_or_else(|| Error::undefined_column(parts.join(".")))
            }
            VariableType::RowOf(relation) => {
                Ok(Variable::Record { fields: None, row_type: Some(self.relation_columns(relation)?) })
            }
        }
    }

    fn relation_columns(&mut self, relation: &[String]) -> Result<Vec<(String, RedshiftType)>> {
        let idents = relation.iter().map(|part| blueshift_sql::ast::Ident::with_quote('"', part.clone())).collect();
        let columns: Vec<(String, String)> =
            match name::managed_relation(self.session, &blueshift_sql::ast::ObjectName(idents))? {
                Relation::Table(table) => {
                    table.columns.iter().map(|column| (column.name.clone(), column.redshift_type.clone())).collect()
                }
                Relation::View(view) => {
                    view.columns.iter().map(|column| (column.name.clone(), column.redshift_type.clone())).collect()
                }
            };
        columns.into_iter().map(|(name, data_type)| Ok((name, super::catalog::parse_type(&data_type)?))).collect()
    }
}

/// Where a loop goes on after a turn: None is the next turn.
pub(super) fn after_turn(flow: Flow, label: Option<&str>) -> Option<Flow> {
    let ours = |named: &Option<String>| named.is_none() || named.as_deref() == label;
    match flow {
        Flow::Next => None,
        Flow::Exit(named) if ours(&named) => Some(Flow::Next),
        Flow::Continue(named) if ours(&named) => None,
        other => Some(other),
    }
}

/// OTHERS takes every error but a cancelled query and a terminated session.
fn is_caught(error: &Error) -> bool {
    ![SqlState::QUERY_CANCELED, SqlState::ADMIN_SHUTDOWN].contains(&error.state())
}

impl Interpreter<'_> {
    /// Runs the steps of a loop over rows for one row.
    pub(super) fn turn<'a>(&'a mut self, body: &'a [Step]) -> BoxFuture<'a, Result<Flow>> {
        self.steps(body)
    }
}
