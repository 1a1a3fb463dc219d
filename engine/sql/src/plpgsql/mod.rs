//! PL/pgSQL: the text of a procedure's body to a tree ("Structure of PL/pgSQL" and "Supported PL/pgSQL statements" of
//! the Database Developer Guide).
//!
//! The language has a scanner and a grammar of its own; the expressions and SQL commands inside are read by the parser
//! of SQL, once, when the body is parsed. So a syntax error shows when a procedure is created. What variables mean is
//! decided where the body runs: SQL keeps them as ordinary names.

mod parser;
mod scanner;
mod statement;

pub use parser::parse_body;

use crate::ast::{DataType, Expr, Query, Statement};

/// `[<<label>>] [DECLARE …] BEGIN … [EXCEPTION WHEN OTHERS THEN …] END`.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Label, for EXIT and for qualified names of variables.
    pub label: Option<String>,
    /// Variables in their order.
    pub declarations: Vec<Declaration>,
    /// The body.
    pub statements: Vec<Step>,
    /// `EXCEPTION WHEN OTHERS THEN …`.
    pub handler: Option<Handler>,
}

/// An exception handler.
#[derive(Debug, Clone, PartialEq)]
pub struct Handler {
    /// `CONTINUE_HANDLER`: goes on after the statement that failed.
    pub continues: bool,
    /// What it does.
    pub statements: Vec<Step>,
}

/// A declared variable.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// Name, folded.
    pub name: String,
    /// What it is.
    pub kind: DeclarationKind,
}

/// What a declaration declares.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // a routine has a few of these
pub enum DeclarationKind {
    /// `name [CONSTANT] type [NOT NULL] [DEFAULT expression]`.
    Variable {
        /// `CONSTANT`.
        constant: bool,
        /// Its type.
        data_type: VariableType,
        /// `NOT NULL`.
        not_null: bool,
        /// `DEFAULT expression`.
        default: Option<Expr>,
    },
    /// `name CURSOR [(arguments)] FOR query`.
    Cursor {
        /// Names and types of arguments.
        arguments: Vec<(String, VariableType)>,
        /// The query.
        query: Box<Query>,
    },
    /// `name ALIAS FOR $n`, or for another variable's name.
    Alias(String),
}

/// The type of a variable.
#[derive(Debug, Clone, PartialEq)]
pub enum VariableType {
    /// A type of SQL.
    Sql(DataType),
    /// `RECORD`.
    Record,
    /// `REFCURSOR`.
    RefCursor,
    /// `name%TYPE`: the type of a variable or of a column.
    TypeOf(Vec<String>),
    /// `name%ROWTYPE`: a row of a relation.
    RowOf(Vec<String>),
}

/// A statement and the line that it begins in, from 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Line in the body.
    pub line: usize,
    /// The statement.
    pub kind: StepKind,
}

/// A variable, or the field of a record: the parts of its name.
pub type Target = Vec<String>;

/// Statements.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // a body has few of them
pub enum StepKind {
    /// A block within.
    Block(Block),
    /// `target := expression`.
    Assign {
        /// What is assigned to.
        target: Target,
        /// The value.
        value: Expr,
    },
    /// `IF … THEN … ELSIF … ELSE … END IF`.
    If {
        /// Conditions and what to do.
        branches: Vec<(Expr, Vec<Step>)>,
        /// `ELSE`.
        otherwise: Vec<Step>,
    },
    /// `CASE [operand] WHEN … END CASE`.
    Case {
        /// The operand of a simple CASE.
        operand: Option<Expr>,
        /// Values or conditions, and what to do.
        branches: Vec<(Vec<Expr>, Vec<Step>)>,
        /// `ELSE`; without it no match is an error.
        otherwise: Option<Vec<Step>>,
    },
    /// `LOOP`, or `WHILE condition LOOP`.
    Loop {
        /// Label.
        label: Option<String>,
        /// Condition of WHILE.
        condition: Option<Expr>,
        /// Body.
        body: Vec<Step>,
    },
    /// `FOR variable IN [REVERSE] from .. to LOOP`.
    ForRange {
        /// Label.
        label: Option<String>,
        /// The loop's own variable.
        variable: String,
        /// `REVERSE`.
        reverse: bool,
        /// First bound.
        from: Expr,
        /// Second bound.
        to: Expr,
        /// Body.
        body: Vec<Step>,
    },
    /// `FOR targets IN query LOOP`.
    ForQuery {
        /// Label.
        label: Option<String>,
        /// A record, or variables.
        targets: Vec<Target>,
        /// The rows.
        source: RowSource,
        /// Body.
        body: Vec<Step>,
    },
    /// `EXIT` or `CONTINUE`.
    Leave {
        /// `CONTINUE`.
        continues: bool,
        /// Which loop or block.
        label: Option<String>,
        /// `WHEN`.
        when: Option<Expr>,
    },
    /// `RETURN`.
    Return,
    /// `NULL`.
    Nothing,
    /// `RAISE [level 'format' [, arguments]]`.
    Raise {
        /// The level; `None` throws the handled error again.
        level: Option<RaiseLevel>,
        /// Format.
        format: String,
        /// Values for `%`.
        arguments: Vec<Expr>,
    },
    /// A command of SQL.
    Sql {
        /// The command, without INTO.
        statement: Box<Statement>,
        /// Its text, without INTO.
        text: String,
        /// `INTO` of a SELECT.
        into: Option<Vec<Target>>,
    },
    /// `PERFORM expressions`: a query whose rows are not wanted.
    Perform(Box<Query>),
    /// `EXECUTE text [INTO targets]`.
    Execute {
        /// The command's text.
        command: Expr,
        /// `INTO`.
        into: Option<Vec<Target>>,
    },
    /// `OPEN cursor …`.
    Open {
        /// Cursor variable.
        cursor: String,
        /// `FOR …`; `None` for a bound cursor.
        source: Option<RowSource>,
        /// Arguments of a bound cursor.
        arguments: Vec<Expr>,
    },
    /// `FETCH cursor INTO targets`.
    Fetch {
        /// Cursor variable.
        cursor: String,
        /// Where the row goes.
        into: Vec<Target>,
    },
    /// `CLOSE cursor`.
    Close(String),
    /// `COMMIT`.
    Commit,
    /// `ROLLBACK`.
    Rollback,
    /// `START TRANSACTION`.
    StartTransaction,
    /// `GET DIAGNOSTICS target := ROW_COUNT`.
    GetRowCount(Target),
}

/// Where the rows of a loop or cursor come from.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // a routine has a few of these
pub enum RowSource {
    /// A query.
    Query(Box<Query>),
    /// `EXECUTE text`.
    Dynamic(Expr),
}

/// Levels of RAISE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the grammar's words
pub enum RaiseLevel {
    Debug,
    Log,
    Info,
    Notice,
    Warning,
    Exception,
}
