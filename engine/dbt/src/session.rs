//! One worker's database session: statements, transactions, and what a node's code may ask of both.

use std::{fmt, sync::Arc};

use crate::{
    Adapter, AdapterError, Column, Connection, Outcome, RelationKind, Result, relation::Relation, sql::split_statements,
};

/// What templates and statements report while they run.
#[derive(Debug, Clone)]
pub enum Message {
    /// `log(…, info=true)` or `print(…)`.
    Log(String),
    /// A warning.
    Warning(String),
    /// A statement is about to run: node and text.
    Statement(String, String),
}

/// Receives messages; cloned into every context.
#[derive(Clone)]
pub struct Messages(Arc<dyn Fn(Message) + Send + Sync>);

impl Messages {
    /// Messages that go to a function.
    pub fn new(receive: impl Fn(Message) + Send + Sync + 'static) -> Self {
        Messages(Arc::new(receive))
    }

    /// Sends one.
    pub fn send(&self, message: Message) {
        (self.0)(message);
    }
}

impl Default for Messages {
    fn default() -> Self {
        Messages::new(|_| {})
    }
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Messages")
    }
}

/// A connection, opened when it is first needed, with its transaction state.
pub struct Session {
    adapter: Arc<dyn Adapter>,
    connection: Option<Box<dyn Connection>>,
    in_transaction: bool,
    /// Nothing of the present node is durable yet, so that it can be built again.
    is_repeatable: bool,
    /// The node that statements belong to.
    pub unique_id: String,
    messages: Messages,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("unique_id", &self.unique_id).finish_non_exhaustive()
    }
}

impl Session {
    /// A session that is not connected yet.
    pub fn new(adapter: Arc<dyn Adapter>, messages: Messages) -> Self {
        Session {
            adapter,
            connection: None,
            in_transaction: false,
            is_repeatable: true,
            unique_id: String::new(),
            messages,
        }
    }

    /// Where this session's messages go.
    pub fn messages(&self) -> Messages {
        self.messages.clone()
    }

    /// The connection, for metadata questions.
    pub fn connection(&mut self) -> Result<&mut dyn Connection, AdapterError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.adapter.connect()?,
        };
        Ok(self.connection.insert(connection).as_mut())
    }

    /// What a relation is, if it exists.
    pub fn kind_of(&mut self, relation: &Relation) -> Result<Option<RelationKind>> {
        Ok(self.connection()?.relation(relation.database(), relation.schema(), relation.identifier())?)
    }

    /// The columns of a relation.
    pub fn columns_of(&mut self, relation: &Relation) -> Result<Vec<Column>> {
        Ok(self.connection()?.columns(relation.database(), relation.schema(), relation.identifier())?)
    }

    /// Runs every statement of a text; the last one's outcome is returned. `begin` and `commit`
    /// written by the user (hooks) are followed, so that the state stays known.
    pub fn execute(&mut self, sql: &str) -> Result<Outcome> {
        let mut last = Outcome::default();
        for statement in split_statements(sql) {
            last = self.execute_one(statement)?;
            let word = statement.split(|c: char| !c.is_alphabetic()).next().unwrap_or("").to_lowercase();
            match word.as_str() {
                "begin" | "start" => self.in_transaction = true,
                "commit" | "end" => {
                    self.in_transaction = false;
                    self.is_repeatable = false;
                }
                "rollback" | "abort" => self.in_transaction = false,
                // What is left of an earlier run can be dropped as often as one likes.
                "drop" | "select" | "with" => {}
                _ if !self.in_transaction => self.is_repeatable = false,
                _ => {}
            }
        }
        Ok(last)
    }

    fn execute_one(&mut self, statement: &str) -> Result<Outcome, AdapterError> {
        self.messages.send(Message::Statement(self.unique_id.clone(), statement.to_owned()));
        self.connection()?.execute(statement)
    }

    /// Opens a transaction unless one is open.
    pub fn begin(&mut self) -> Result<()> {
        if !self.in_transaction {
            self.execute_one("begin")?;
            self.in_transaction = true;
        }
        Ok(())
    }

    /// Commits what is open.
    pub fn commit(&mut self) -> Result<()> {
        if self.in_transaction {
            self.in_transaction = false;
            self.execute_one("commit")?;
            self.is_repeatable = false;
        }
        Ok(())
    }

    /// From here on a node is built: until something of it is durable it can be built again.
    pub fn start_node(&mut self) {
        self.is_repeatable = true;
    }

    /// Whether nothing of the node that was started is durable.
    pub fn is_repeatable(&self) -> bool {
        self.is_repeatable
    }

    /// Gives up what is open; an error of the rollback itself is not worth more than the first one.
    pub fn rollback(&mut self) {
        if self.in_transaction {
            self.in_transaction = false;
            let _ = self.execute_one("rollback");
        }
    }
}
