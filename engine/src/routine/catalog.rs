//! Routines as the catalog keeps them: a record each, named by schema, name and argument types.

use blueshift_sql::{ParserOptions, ast::DataType, parse_data_type};
use serde::{Deserialize, Serialize};

use super::value::Value;
use crate::{
    binder::BindContext,
    error::{Error, Result, SqlState},
    storage::metadata::SchemaId,
    transaction::{CatalogSnapshot, Transaction},
    types::{RedshiftType, cast::is_text},
};

/// Kind of the records that hold routines.
pub const RECORD_KIND: &str = "routine";

/// Which way an argument goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // SQL's own names
pub enum Mode {
    In,
    Out,
    InOut,
}

/// An argument of a routine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Argument {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Which way it goes.
    pub mode: Mode,
    /// Its type as Redshift names it, or `refcursor`.
    pub data_type: String,
}

impl Argument {
    /// The type without length, as a signature names it.
    pub fn base_type(&self) -> &str {
        base_type(&self.data_type)
    }

    /// The type of its values: lengths of texts do not count, and a cursor is its name.
    pub fn value_type(&self) -> Result<RedshiftType> {
        if self.data_type == "refcursor" {
            return Ok(RedshiftType::Varchar(None));
        }
        Ok(match self.data_type.parse()? {
            RedshiftType::Varchar(_) | RedshiftType::Char(_) => RedshiftType::Varchar(None),
            other => other,
        })
    }
}

fn base_type(name: &str) -> &str {
    name.split('(').next().unwrap_or(name)
}

/// A function or a procedure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Routine {
    /// Its id, from the sequence of relations.
    pub id: i64,
    /// The schema it is in.
    pub schema_id: i64,
    /// Its name.
    pub name: String,
    /// A procedure, not a function.
    pub procedure: bool,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// Type of a function's result.
    pub returns: Option<String>,
    /// `volatile`, `stable` or `immutable`.
    pub volatility: String,
    /// `sql` or `plpgsql`.
    pub language: String,
    /// Its source.
    pub body: String,
    /// Id of the user to whom it belongs.
    pub owner: i64,
    /// SECURITY DEFINER: it runs with its owner's privileges.
    pub security_definer: bool,
    /// NONATOMIC: each statement commits.
    pub nonatomic: bool,
    /// SET: parameters for the time of a call.
    pub settings: Vec<(String, Option<String>)>,
    /// COMMENT ON.
    #[serde(default)]
    pub comment: Option<String>,
}

impl Routine {
    /// Arguments that a caller gives.
    pub fn inputs(&self) -> impl Iterator<Item = &Argument> {
        self.arguments.iter().filter(|argument| argument.mode != Mode::Out)
    }

    /// Arguments that come back.
    pub fn outputs(&self) -> impl Iterator<Item = &Argument> {
        self.arguments.iter().filter(|argument| argument.mode != Mode::In)
    }

    /// `name(type, type)`, as errors and DROP name it.
    pub fn signature(&self) -> String {
        format!("{}({})", self.name, self.input_types().join(", "))
    }

    fn input_types(&self) -> Vec<&str> {
        self.inputs().map(Argument::base_type).collect()
    }

    /// The key of its record.
    pub fn key(&self) -> String {
        format!("{}.{}", self.schema_id, self.signature())
    }

    /// Stores it, in the place of one with the same signature.
    pub fn store(&self, transaction: &mut Transaction) -> Result<()> {
        let value = serde_json::to_value(self).map_err(Error::internal)?;
        transaction.put_record(RECORD_KIND, &self.key(), value)
    }

    /// Removes it.
    pub fn remove(&self, transaction: &mut Transaction) -> Result<()> {
        transaction.remove_record(RECORD_KIND, &self.key())
    }
}

/// The name of an argument's type: Redshift's, or `refcursor`.
pub fn argument_type(data_type: &DataType) -> Result<String> {
    if data_type.to_string().eq_ignore_ascii_case("refcursor") {
        return Ok("refcursor".to_owned());
    }
    RedshiftType::from_sql(data_type).map(|data_type| data_type.to_string())
}

/// All routines, by schema and name.
pub fn routines(snapshot: &CatalogSnapshot) -> Vec<Routine> {
    let records = snapshot.records(RECORD_KIND);
    records.filter_map(|(_, value)| serde_json::from_value(value.as_ref().clone()).ok()).collect()
}

/// The routines that a name can mean, those of the first schema with any.
pub fn named(context: &BindContext, schema: Option<&str>, name: &str, procedure: bool) -> Result<Vec<Routine>> {
    if let Some(schema) = schema {
        let schema = context.snapshot.schema(schema).ok_or_else(|| Error::undefined_schema(schema))?;
        return Ok(in_schema(&context.snapshot, schema.id, name, procedure));
    }
    let mut found = vec![];
    for schema in context.search_path.iter().filter_map(|schema| context.snapshot.schema(schema)) {
        found.extend(in_schema(&context.snapshot, schema.id, name, procedure));
    }
    Ok(found)
}

/// The routines of a name in a schema.
pub fn in_schema(snapshot: &CatalogSnapshot, schema: SchemaId, name: &str, procedure: bool) -> Vec<Routine> {
    let prefix = format!("{schema}.{name}(");
    let records = snapshot.records(RECORD_KIND).filter(|(key, _)| key.starts_with(&prefix));
    let routines = records.filter_map(|(_, value)| serde_json::from_value::<Routine>(value.as_ref().clone()).ok());
    routines.filter(|routine| routine.procedure == procedure).collect()
}

/// How an argument is given: its type, and whether it is a literal that may become another type.
#[derive(Debug, Clone, Copy)]
pub struct Given {
    /// Its type; None: NULL.
    pub data_type: Option<RedshiftType>,
    /// A string literal: it fits any type.
    pub literal: bool,
}

impl Given {
    /// Of a computed value.
    pub fn of(value: &Value, literal: bool) -> Self {
        Given {
            data_type: value.data_type,
            literal: value.is_null() || (literal && is_text(&value.scalar.data_type())),
        }
    }
}

/// The routine whose arguments fit best.
///
/// Errors: 42883 when none fits, 42725 when several fit equally well.
pub fn best<'r>(candidates: &'r [Routine], given: &[Given], what: &str, name: &str) -> Result<&'r Routine> {
    let mut fitting: Vec<(u32, &Routine)> = candidates
        .iter()
        .filter(|routine| routine.inputs().count() == given.len())
        .filter_map(|routine| Some((distance(routine, given)?, routine)))
        .collect();
    fitting.sort_by_key(|(distance, _)| *distance);
    let types = || {
        let names = given.iter().map(|given| match given.data_type {
            Some(data_type) if !given.literal => base_type(&data_type.to_string()).to_owned(),
            _ => "unknown".to_owned(),
        });
        format!("{name}({})", names.collect::<Vec<_>>().join(", "))
    };
    match fitting.as_slice() {
        [] => Err(Error::new(SqlState::UNDEFINED_FUNCTION, format!("{what} {} does not exist", types())).with_hint(
            format!("No {what} matches the given name and argument types. You may need to add explicit type casts."),
        )),
        // Of equals in two schemas the one that comes first on the search path is meant.
        [(first, _), (second, other), ..] if first == second && fitting[0].1.schema_id == other.schema_id => {
            Err(Error::new(SqlState("42725"), format!("{what} {} is not unique", types()))
                .with_hint("Could not choose a best candidate. You may need to add explicit type casts."))
        }
        [(_, routine), ..] => Ok(routine),
    }
}

/// How far the given arguments are from those that a routine takes; None: they do not fit.
fn distance(routine: &Routine, given: &[Given]) -> Option<u32> {
    let mut sum = 0;
    for (argument, given) in routine.inputs().zip(given) {
        let wanted = argument.value_type().ok()?;
        sum += match given.data_type {
            None => 1,
            Some(data_type) if same_family(data_type, wanted) => 0,
            Some(_) if given.literal => 1,
            Some(data_type) => widening(data_type, wanted)?,
        };
    }
    Some(sum)
}

fn same_family(left: RedshiftType, right: RedshiftType) -> bool {
    use RedshiftType::{Char, Numeric, Varchar};
    left == right || matches!((left, right), (Numeric(..), Numeric(..)) | (Varchar(_) | Char(_), Varchar(_) | Char(_)))
}

/// Steps up from one number type to another, or other implicit conversions.
fn widening(from: RedshiftType, to: RedshiftType) -> Option<u32> {
    use RedshiftType::{BigInt, Char, Date, Double, Integer, Numeric, Real, SmallInt, Timestamp, TimestampTz, Varchar};
    let rank = |data_type| {
        Some(match data_type {
            SmallInt => 0,
            Integer => 1,
            BigInt => 2,
            Numeric(..) => 3,
            Real => 4,
            Double => 5,
            _ => return None,
        })
    };
    match (rank(from), rank(to)) {
        (Some(from), Some(to)) if from <= to => return Some(10 + to - from),
        // Narrower numbers: an assignment, tried last.
        (Some(_), Some(_)) => return Some(50),
        _ => {}
    }
    match (from, to) {
        (Date, Timestamp | TimestampTz) | (Timestamp, TimestampTz) => Some(10),
        (_, Varchar(_) | Char(_)) => Some(40),
        _ => None,
    }
}

/// A type by its stored name.
pub fn parse_type(name: &str) -> Result<RedshiftType> {
    if let Ok(data_type) = name.parse() {
        return Ok(data_type);
    }
    let parsed = parse_data_type(name, ParserOptions::default()).map_err(Error::internal)?;
    RedshiftType::from_sql(&parsed)
}
