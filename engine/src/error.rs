//! The one error type of the engine, in the shape of PostgreSQL's ErrorResponse.
//!
//! The consumer is always a PostgreSQL client, so an error carries SQLSTATE, message, detail,
//! hint and position. Constructors are named after the condition; their texts follow Redshift's
//! wording, because clients match on it, and live here and nowhere else.

mod from_datafusion;

use std::{error::Error as StdError, fmt, sync::Arc};

use datafusion::error::DataFusionError;

/// Result with the engine's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A five-character SQLSTATE code.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SqlState(pub &'static str);

macro_rules! sql_states {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        impl SqlState {
            $($(#[$doc])* pub const $name: SqlState = SqlState($code);)*

            /// The code written as `code`; None for one that is not in this list.
            pub fn from_code(code: &str) -> Option<SqlState> {
                [$(SqlState::$name),*].into_iter().find(|state| state.0 == code)
            }
        }
    };
}

sql_states! {
    /// A statement or a project that is not right, for want of a closer code.
    SYNTAX_OR_ACCESS_RULE_VIOLATION = "42000";
    /// The statement is no valid SQL.
    SYNTAX_ERROR = "42601";
    /// No relation of that name.
    UNDEFINED_TABLE = "42P01";
    /// No schema of that name.
    UNDEFINED_SCHEMA = "3F000";
    /// No database of that name.
    UNDEFINED_DATABASE = "3D000";
    /// No column of that name.
    UNDEFINED_COLUMN = "42703";
    /// A column name that fits several relations.
    AMBIGUOUS_COLUMN = "42702";
    /// No function of that name and these argument types.
    UNDEFINED_FUNCTION = "42883";
    /// No such parameter, user or other object.
    UNDEFINED_OBJECT = "42704";
    /// A relation of that name exists already.
    DUPLICATE_TABLE = "42P07";
    /// A schema of that name exists already.
    DUPLICATE_SCHEMA = "42P06";
    /// A column named twice.
    DUPLICATE_COLUMN = "42701";
    /// An object of that name exists already.
    DUPLICATE_OBJECT = "42710";
    /// The object is of another kind than the command wants.
    WRONG_OBJECT_TYPE = "42809";
    /// Others depend on the object to be dropped.
    DEPENDENT_OBJECTS = "2BP01";
    /// Types that do not go together.
    DATATYPE_MISMATCH = "42804";
    /// No cast between these types.
    CANNOT_COERCE = "42846";
    /// A column must appear in GROUP BY or in an aggregate.
    GROUPING_ERROR = "42803";
    /// A definition that makes no sense.
    INVALID_DEFINITION = "42P16";
    /// Text that is no literal of its type.
    INVALID_TEXT_REPRESENTATION = "22P02";
    /// Text that is no date or time.
    INVALID_DATETIME_FORMAT = "22007";
    /// A date or time out of range.
    DATETIME_OVERFLOW = "22008";
    /// A number out of the range of its type.
    NUMERIC_OUT_OF_RANGE = "22003";
    /// Division by zero.
    DIVISION_BY_ZERO = "22012";
    /// Bytes that are no text in the encoding.
    CHARACTER_NOT_IN_REPERTOIRE = "22021";
    /// Text longer than its column.
    STRING_TRUNCATION = "22001";
    /// An argument outside what a function takes.
    INVALID_PARAMETER_VALUE = "22023";
    /// A subquery gave more than one row where one was wanted.
    CARDINALITY_VIOLATION = "21000";
    /// NULL in a NOT NULL column.
    NOT_NULL_VIOLATION = "23502";
    /// No privilege, or a location that is not allowed.
    INSUFFICIENT_PRIVILEGE = "42501";
    /// The transaction failed earlier and waits for ROLLBACK.
    IN_FAILED_TRANSACTION = "25P02";
    /// The command cannot run inside a transaction block.
    ACTIVE_TRANSACTION = "25001";
    /// The transaction may only read.
    READ_ONLY_TRANSACTION = "25006";
    /// Transactions wait for each other.
    DEADLOCK_DETECTED = "40P01";
    /// The object is in use by others.
    OBJECT_IN_USE = "55006";
    /// Another transaction got in the way.
    SERIALIZATION_FAILURE = "40001";
    /// Cancelled on request.
    QUERY_CANCELED = "57014";
    /// The session was terminated.
    ADMIN_SHUTDOWN = "57P01";
    /// Out of memory.
    OUT_OF_MEMORY = "53200";
    /// Too many open files.
    INSUFFICIENT_RESOURCES = "53000";
    /// Out of disk.
    DISK_FULL = "53100";
    /// A named limit was reached.
    PROGRAM_LIMIT_EXCEEDED = "54000";
    /// Input or output failed.
    IO_ERROR = "58030";
    /// A file to load that is not what it should be.
    BAD_FILE_FORMAT = "22P04";
    /// A file is not there.
    UNDEFINED_FILE = "58P01";
    /// Data damaged.
    DATA_CORRUPTED = "XX001";
    /// Not supported.
    FEATURE_NOT_SUPPORTED = "0A000";
    /// An internal error: a bug.
    INTERNAL_ERROR = "XX000";
}

impl fmt::Debug for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// An error as a client sees it. Cheap to move: its parts are boxed.
#[derive(Clone)]
pub struct Error(Box<Parts>);

#[derive(Clone)]
struct Parts {
    state: SqlState,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
    position: Option<usize>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error with a code and its primary message (lower case, no full stop).
    pub fn new(state: SqlState, message: impl Into<String>) -> Self {
        Error(Box::new(Parts {
            state,
            message: message.into(),
            detail: None,
            hint: None,
            position: None,
            source: None,
        }))
    }

    /// Adds the detail: what exactly was wrong.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Adds the hint: what the user can do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds the position in the statement's text, in characters from 1.
    #[must_use]
    pub fn with_position(mut self, position: usize) -> Self {
        self.0.position = Some(position);
        self
    }

    /// Keeps the error underneath.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// The SQLSTATE.
    pub fn state(&self) -> SqlState {
        self.0.state
    }

    /// The primary message.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The detail, if any.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The hint, if any.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The position in the statement, in characters from 1, if known.
    pub fn position(&self) -> Option<usize> {
        self.0.position
    }

    // ---- conditions, in Redshift's words ----

    /// Something that blueshift does not support; `feature` names it.
    pub fn not_supported(feature: impl fmt::Display) -> Self {
        Error::new(SqlState::FEATURE_NOT_SUPPORTED, format!("{feature} is not supported"))
    }

    /// A bug in blueshift.
    pub fn internal(message: impl fmt::Display) -> Self {
        Error::new(SqlState::INTERNAL_ERROR, message.to_string())
    }

    /// Text that is no SQL.
    pub fn syntax(message: impl Into<String>) -> Self {
        Error::new(SqlState::SYNTAX_ERROR, message)
    }

    /// An ESCAPE that is no single character.
    pub fn invalid_escape() -> Self {
        Error::new(SqlState("22019"), "invalid escape string")
            .with_hint("Escape string must be empty or one character.")
    }

    /// `relation "x" does not exist`
    pub fn undefined_table(name: impl fmt::Display) -> Self {
        Error::new(SqlState::UNDEFINED_TABLE, format!("relation \"{name}\" does not exist"))
    }

    /// `schema "x" does not exist`
    pub fn undefined_schema(name: impl fmt::Display) -> Self {
        Error::new(SqlState::UNDEFINED_SCHEMA, format!("schema \"{name}\" does not exist"))
    }

    /// `database "x" does not exist`
    pub fn undefined_database(name: impl fmt::Display) -> Self {
        Error::new(SqlState::UNDEFINED_DATABASE, format!("database \"{name}\" does not exist"))
    }

    /// `column "x" does not exist`
    pub fn undefined_column(name: impl fmt::Display) -> Self {
        Error::new(SqlState::UNDEFINED_COLUMN, format!("column \"{name}\" does not exist"))
    }

    /// `function x(...) does not exist`
    pub fn undefined_function(signature: impl fmt::Display) -> Self {
        Error::new(SqlState::UNDEFINED_FUNCTION, format!("function {signature} does not exist")).with_hint(
            "No function matches the given name and argument types. You may need to add explicit type casts.",
        )
    }

    /// `operator does not exist: x + y`
    pub fn undefined_operator(left: impl fmt::Display, operator: impl fmt::Display, right: impl fmt::Display) -> Self {
        Error::new(SqlState::UNDEFINED_FUNCTION, format!("operator does not exist: {left} {operator} {right}"))
            .with_hint(
                "No operator matches the given name and argument type(s). You may need to add explicit type casts.",
            )
    }

    /// `relation "x" already exists`
    pub fn duplicate_table(name: impl fmt::Display) -> Self {
        Error::new(SqlState::DUPLICATE_TABLE, format!("relation \"{name}\" already exists"))
    }

    /// `schema "x" already exists`
    pub fn duplicate_schema(name: impl fmt::Display) -> Self {
        Error::new(SqlState::DUPLICATE_SCHEMA, format!("schema \"{name}\" already exists"))
    }

    /// `"x" is not a table` and the like.
    pub fn wrong_object_type(name: impl fmt::Display, wanted: &str) -> Self {
        Error::new(SqlState::WRONG_OBJECT_TYPE, format!("\"{name}\" is not a {wanted}"))
    }

    /// `Divide by zero`
    pub fn division_by_zero() -> Self {
        Error::new(SqlState::DIVISION_BY_ZERO, "division by zero")
    }

    /// A number that its type cannot hold.
    pub fn out_of_range(what: impl fmt::Display) -> Self {
        Error::new(SqlState::NUMERIC_OUT_OF_RANGE, format!("{what} out of range"))
    }

    /// `Numeric data overflow (what)`
    pub fn numeric_overflow(what: impl fmt::Display) -> Self {
        Error::new(SqlState::NUMERIC_OUT_OF_RANGE, format!("Numeric data overflow ({what})"))
    }

    /// `invalid input syntax for type x: "y"`
    pub fn invalid_text(type_name: impl fmt::Display, text: impl fmt::Display) -> Self {
        Error::new(
            SqlState::INVALID_TEXT_REPRESENTATION,
            format!("invalid input syntax for type {type_name}: \"{text}\""),
        )
    }

    /// `value too long for type character varying(n)`
    pub fn string_too_long(type_name: impl fmt::Display) -> Self {
        Error::new(SqlState::STRING_TRUNCATION, format!("value too long for type {type_name}"))
    }

    /// NULL where the column allows none.
    pub fn not_null_violation(column: impl fmt::Display) -> Self {
        Error::new(SqlState::NOT_NULL_VIOLATION, format!("Cannot insert a NULL value into column {column}"))
    }

    /// Redshift's serializable isolation violation.
    pub fn serialization_failure(table: impl fmt::Display) -> Self {
        Error::new(SqlState::SERIALIZATION_FAILURE, "1023")
            .with_detail(format!("Serializable isolation violation on table - {table}"))
            .with_hint("Run the transaction again.")
    }

    /// A change in a transaction that may only read.
    pub fn read_only_transaction() -> Self {
        Error::new(SqlState::READ_ONLY_TRANSACTION, "transaction is read-only")
    }

    /// A managed or external file that is damaged.
    pub fn corrupted(file: impl fmt::Display, why: impl fmt::Display) -> Self {
        Error::new(SqlState::DATA_CORRUPTED, "data file is damaged").with_detail(format!("{file}: {why}"))
    }

    /// An input or output error on `what`.
    pub fn io(what: impl fmt::Display, source: std::io::Error) -> Self {
        // What we raised below an interface of the standard library comes back as it was.
        if let Some(ours) = source.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
            return ours.clone();
        }
        let state = match source.kind() {
            _ if is_too_many_files(&source) => SqlState::INSUFFICIENT_RESOURCES,
            std::io::ErrorKind::NotFound => SqlState::UNDEFINED_FILE,
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => SqlState::DISK_FULL,
            std::io::ErrorKind::PermissionDenied => SqlState::INSUFFICIENT_PRIVILEGE,
            _ => SqlState::IO_ERROR,
        };
        Error::new(state, format!("{what}: {source}")).with_source(source)
    }

    /// Finds the engine's own error inside a DataFusion one; None when there is none.
    fn inside(error: &DataFusionError) -> Option<Error> {
        from_datafusion::find_ours(error)
    }
}

/// Whether the process or the machine has no file descriptor left (EMFILE, ENFILE).
fn is_too_many_files(error: &std::io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        match &self.0.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.0.state)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|e| e as &(dyn StdError + 'static))
    }
}

impl From<Error> for DataFusionError {
    fn from(error: Error) -> Self {
        DataFusionError::External(Box::new(error))
    }
}
