//! The types that columns of tables have. PostgreSQL's other types are refused, those of its version 8.0 by their
//! column, and later ones by their name (page c_unsupported-postgresql-datatypes).

use blueshift_sql::ast;

use crate::{
    error::{Error, Result, SqlState},
    types::RedshiftType,
};

/// The type of a column.
///
/// Errors: 42704 for a type that no column may have, or that is not known.
pub fn of(table: &str, column: &str, data_type: &ast::DataType) -> Result<RedshiftType> {
    let written = data_type.to_string().to_lowercase();
    let base = written.split(['(', '[', ' ']).next().unwrap_or(&written);
    let unsupported = || {
        Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("Column \"{table}.{column}\" has unsupported type \"{written}\"."),
        )
    };
    match RedshiftType::from_sql(data_type) {
        Ok(RedshiftType::Interval | RedshiftType::Catalog(_)) => Err(unsupported()),
        _ if NOT_STORED.contains(&base) || written.ends_with(']') => Err(unsupported()),
        Err(error) if error.state() == SqlState::UNDEFINED_OBJECT => {
            Err(Error::new(SqlState::UNDEFINED_OBJECT, format!("type \"{written}\" does not exist")))
        }
        outcome => outcome,
    }
}

/// Types of PostgreSQL 8.0 that Redshift knows and stores in no table of a user.
const NOT_STORED: [&str; 44] = [
    "\"any\"",
    "abstime",
    "aclitem",
    "any",
    "anyarray",
    "anyelement",
    "bit",
    "box",
    "bytea",
    "cid",
    "cidr",
    "circle",
    "cstring",
    "inet",
    "int2vector",
    "internal",
    "language_handler",
    "line",
    "lseg",
    "macaddr",
    "money",
    "name",
    "oid",
    "oidvector",
    "opaque",
    "path",
    "point",
    "polygon",
    "record",
    "refcursor",
    "regclass",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regtype",
    "reltime",
    "smgr",
    "tid",
    "tinterval",
    "trigger",
    "varbit",
    "void",
    "xid",
];
