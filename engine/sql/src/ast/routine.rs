//! Procedures, functions and libraries.

use super::{DataType, Expr, IamRole, Ident, ObjectName};

/// One argument of a routine.
#[derive(Debug, Clone, PartialEq)]
pub struct RoutineArgument {
    /// `IN`, `OUT`, `INOUT`.
    pub mode: ArgumentMode,
    /// Name; SQL functions have none.
    pub name: Option<Ident>,
    /// Type.
    pub data_type: DataType,
}

/// Direction of an argument.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // SQL's own names
pub enum ArgumentMode {
    #[default]
    In,
    Out,
    InOut,
}

/// `CREATE [OR REPLACE] PROCEDURE name(arguments) … AS $$ body $$ LANGUAGE plpgsql`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateProcedure {
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// Name.
    pub name: ObjectName,
    /// Arguments.
    pub arguments: Vec<RoutineArgument>,
    /// `NONATOMIC`.
    pub nonatomic: bool,
    /// The text between the dollar quotes.
    pub body: String,
    /// `LANGUAGE`, lower case.
    pub language: String,
    /// `SECURITY DEFINER` is `Some(true)`, `SECURITY INVOKER` is `Some(false)`.
    pub security_definer: Option<bool>,
    /// `SET parameter TO value`.
    pub settings: Vec<super::Set>,
}

/// `CREATE [OR REPLACE] FUNCTION name(arguments) RETURNS type … AS $$ body $$ LANGUAGE …`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateFunction {
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// Name.
    pub name: ObjectName,
    /// Arguments.
    pub arguments: Vec<RoutineArgument>,
    /// `RETURNS`.
    pub returns: DataType,
    /// `VOLATILE`, `STABLE`, `IMMUTABLE`.
    pub volatility: Volatility,
    /// The text between the dollar quotes.
    pub body: String,
    /// `LANGUAGE`, lower case (`sql`, `plpythonu`).
    pub language: String,
}

/// How freely a function may be evaluated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // SQL's own names
pub enum Volatility {
    #[default]
    Volatile,
    Stable,
    Immutable,
}

/// `CREATE [OR REPLACE] EXTERNAL FUNCTION name(types) RETURNS type … LAMBDA 'name' IAM_ROLE …`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateExternalFunction {
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// Name.
    pub name: ObjectName,
    /// Arguments.
    pub arguments: Vec<RoutineArgument>,
    /// `RETURNS`.
    pub returns: DataType,
    /// `VOLATILE`, `STABLE`, `IMMUTABLE`.
    pub volatility: Volatility,
    /// `LAMBDA` or `SAGEMAKER`, upper case.
    pub service: String,
    /// Name of the lambda function or endpoint.
    pub target: String,
    /// `IAM_ROLE`.
    pub iam_role: Option<IamRole>,
    /// `RETRY_TIMEOUT`, `MAX_BATCH_ROWS`, `MAX_BATCH_SIZE` …: upper-case name and value text.
    pub options: Vec<(String, String)>,
}

/// `ALTER PROCEDURE|FUNCTION name [(types)] RENAME TO | OWNER TO`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterRoutine {
    /// A procedure, not a function.
    pub procedure: bool,
    /// Name.
    pub name: ObjectName,
    /// Arguments, when written.
    pub arguments: Option<Vec<RoutineArgument>>,
    /// The change.
    pub action: AlterRoutineAction,
}

/// Changes of a routine.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterRoutineAction {
    /// `RENAME TO`.
    RenameTo(Ident),
    /// `OWNER TO`.
    OwnerTo(Ident),
}

/// `DROP PROCEDURE|FUNCTION [IF EXISTS] name [(types)] [, …] [CASCADE|RESTRICT]`.
#[derive(Debug, Clone, PartialEq)]
pub struct DropRoutine {
    /// A procedure, not a function.
    pub procedure: bool,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// Names with their arguments, when written.
    pub routines: Vec<(ObjectName, Option<Vec<RoutineArgument>>)>,
    /// `CASCADE` or `RESTRICT`.
    pub behavior: Option<super::DropBehavior>,
}

/// `CALL name(values)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Name.
    pub name: ObjectName,
    /// Values.
    pub arguments: Vec<Expr>,
}

/// `CREATE [OR REPLACE] LIBRARY name LANGUAGE plpythonu FROM 'url' …`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateLibrary {
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// Name.
    pub name: Ident,
    /// `LANGUAGE`, lower case.
    pub language: String,
    /// `FROM`.
    pub location: String,
    /// Credentials and `REGION` as written.
    pub options: Vec<CopyOption>,
}

use super::CopyOption;
