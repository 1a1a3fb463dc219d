//! Functions and procedures: the built-in ones, from their documentation, and those of users.

use super::super::{context::SystemContext, oid, view::PG_CATALOG};
use super::{principal, relation::quoted};
use crate::{
    functions,
    routine::catalog::{self, Mode, Routine},
    storage::metadata::{RelationId, SchemaId, SchemaSnapshot},
};

/// A function or procedure.
#[derive(Clone)]
pub struct RoutineItem {
    /// Its number.
    pub oid: i64,
    /// Its schema.
    pub schema: String,
    /// The number of its schema.
    pub schema_oid: i64,
    /// Its name.
    pub name: String,
    /// The number of its owner.
    pub owner: i64,
    /// An aggregate.
    pub aggregate: bool,
    /// A window function.
    pub window: bool,
    /// A procedure.
    pub procedure: bool,
    /// `internal`, `sql`, `plpgsql`, …
    pub language: String,
    /// Names and types of arguments; modes beside them: `i`, `o`, `b`.
    pub arguments: Vec<RoutineArgument>,
    /// The type of the result.
    pub returns: String,
    /// `i`, `s` or `v`.
    pub volatility: &'static str,
    /// The code.
    pub body: String,
    /// SECURITY DEFINER.
    pub security_definer: bool,
    /// NONATOMIC.
    pub nonatomic: bool,
    /// Of one that a user made: the key of its record.
    pub key: Option<String>,
}

/// An argument of a routine.
#[derive(Clone)]
pub struct RoutineArgument {
    /// Its name; empty: none.
    pub name: String,
    /// Its type.
    pub type_name: String,
    /// `i`, `o` or `b`.
    pub mode: &'static str,
}

impl RoutineItem {
    /// The types of the arguments that a call gives.
    pub fn input_types(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().filter(|argument| argument.mode != "o").map(|argument| argument.type_name.as_str())
    }

    /// The types of the arguments that a call gives, without lengths and precisions, which pg_proc does not keep.
    pub fn signature(&self) -> String {
        self.input_types().map(bare).collect::<Vec<_>>().join(",")
    }

    /// `a integer, OUT b integer`
    pub fn argument_list(&self) -> String {
        let written = self.arguments.iter().map(|argument| {
            let mode = match argument.mode {
                "o" => "OUT ",
                "b" => "INOUT ",
                _ => "",
            };
            let name = if argument.name.is_empty() { String::new() } else { format!("{} ", argument.name) };
            format!("{mode}{name}{}", bare(&argument.type_name))
        });
        written.collect::<Vec<_>>().join(", ")
    }
}

impl RoutineItem {
    /// The statement that makes it, as SHOW PROCEDURE writes it.
    pub fn shown(&self) -> String {
        let kind = if self.procedure { "PROCEDURE" } else { "FUNCTION" };
        let returns = if self.procedure { String::new() } else { format!("\n RETURNS {}", self.returns) };
        let nonatomic = if self.nonatomic { " NONATOMIC" } else { "" };
        let security = if self.security_definer { " SECURITY DEFINER" } else { "" };
        format!(
            "CREATE OR REPLACE {kind} {}.{}({}){nonatomic}{returns}\nLANGUAGE {}{security}\nAS $_${}$_$\n",
            quoted(&self.schema),
            quoted(&self.name),
            self.argument_list(),
            self.language,
            self.body,
        )
    }

    /// The statement that makes it.
    pub fn definition(&self) -> String {
        let kind = if self.procedure { "PROCEDURE" } else { "FUNCTION" };
        let returns = if self.procedure { String::new() } else { format!("\n RETURNS {}", self.returns) };
        let nonatomic = if self.nonatomic { " NONATOMIC" } else { "" };
        let volatility = match (self.procedure, self.volatility) {
            (true, _) => "",
            (false, "i") => " IMMUTABLE",
            (false, "s") => " STABLE",
            (false, _) => " VOLATILE",
        };
        let security = if self.security_definer { " SECURITY DEFINER" } else { "" };
        format!(
            "CREATE OR REPLACE {kind} {}.{}({}){nonatomic}{returns}\n LANGUAGE {}{volatility}{security}\nAS $$\n{}\n$$\n",
            quoted(&self.schema),
            quoted(&self.name),
            self.argument_list(),
            self.language,
            self.body.trim_matches('\n'),
        )
    }
}

/// A type without its length or precision.
fn bare(type_name: &str) -> String {
    match (type_name.split_once('('), type_name.rsplit_once(')')) {
        (Some((before, _)), Some((_, after))) => format!("{before}{after}"),
        _ => type_name.to_owned(),
    }
}

/// All routines.
pub fn all(context: &SystemContext) -> Vec<RoutineItem> {
    let mut all = built_in();
    all.extend(of_users(context));
    all
}

/// Built-in functions. They take what converts to what they need, so their arguments have no one type.
fn built_in() -> Vec<RoutineItem> {
    let mut all = vec![];
    for documentation in functions::documentation() {
        let aggregate = documentation.category == "aggregate";
        for name in std::iter::once(&documentation.name).chain(documentation.aliases) {
            if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
                continue;
            }
            all.push(RoutineItem {
                oid: oid::function(PG_CATALOG, name, ""),
                schema: PG_CATALOG.to_owned(),
                schema_oid: oid::PG_CATALOG,
                name: (*name).to_owned(),
                owner: principal::SYSTEM,
                aggregate,
                window: documentation.category == "window",
                procedure: false,
                language: "internal".to_owned(),
                arguments: documentation
                    .arguments
                    .iter()
                    .map(|_| RoutineArgument { name: String::new(), type_name: "\"any\"".to_owned(), mode: "i" })
                    .collect(),
                returns: "\"any\"".to_owned(),
                volatility: "i",
                body: (*name).to_owned(),
                security_definer: false,
                nonatomic: false,
                key: None,
            });
        }
    }
    all
}

/// Functions and procedures that users made.
pub fn of_users(context: &SystemContext) -> Vec<RoutineItem> {
    let snapshot = &context.bind.snapshot;
    let routines = catalog::routines(snapshot).into_iter();
    routines.filter_map(|routine| of_user(snapshot.schema_by_id(SchemaId(routine.schema_id))?, routine)).collect()
}

fn of_user(schema: &SchemaSnapshot, routine: Routine) -> Option<RoutineItem> {
    let key = routine.key();
    let arguments = routine.arguments.into_iter().map(|argument| RoutineArgument {
        name: argument.name.unwrap_or_default(),
        type_name: argument.data_type,
        mode: match argument.mode {
            Mode::In => "i",
            Mode::Out => "o",
            Mode::InOut => "b",
        },
    });
    Some(RoutineItem {
        oid: oid::relation(RelationId(routine.id)),
        schema: schema.name.clone(),
        schema_oid: oid::schema(schema.id, &schema.name),
        name: routine.name,
        owner: routine.owner,
        aggregate: false,
        window: false,
        procedure: routine.procedure,
        language: routine.language,
        arguments: arguments.collect(),
        returns: routine.returns.unwrap_or_default(),
        volatility: match routine.volatility.as_str() {
            "immutable" => "i",
            "stable" => "s",
            _ => "v",
        },
        body: routine.body,
        security_definer: routine.security_definer,
        nonatomic: routine.nonatomic,
        key: Some(key),
    })
}
