//! Text of routines.

use std::fmt::{self, Display, Formatter};

use super::{Commas, behavior, quote, texts, when};
use crate::ast::{
    AlterRoutine, AlterRoutineAction, ArgumentMode, Call, CreateExternalFunction, CreateFunction, CreateLibrary,
    CreateProcedure, DropRoutine, ObjectName, RoutineArgument, Volatility,
};

/// `(a, b)`, `()` for an empty list, nothing for none.
pub(super) fn optional_list<T: Display>(items: Option<&[T]>) -> String {
    items.map_or_else(String::new, |items| format!("({})", Commas(items)))
}

/// Names with their arguments.
pub(super) fn routines(routines: &[(ObjectName, Option<Vec<RoutineArgument>>)]) -> String {
    let texts: Vec<String> =
        routines.iter().map(|(name, arguments)| format!("{name}{}", optional_list(arguments.as_deref()))).collect();
    texts.join(", ")
}

fn kind(procedure: bool) -> &'static str {
    if procedure { "PROCEDURE" } else { "FUNCTION" }
}

/// A body between dollar quotes whose tag it does not contain.
fn dollar_quoted(body: &str) -> String {
    let mut tag = "$$".to_string();
    let mut number = 0;
    // `$` at the end of the body would join the closing tag.
    while body.contains(tag.trim_end_matches('$')) && body.contains('$') {
        number += 1;
        tag = format!("$body{number}$");
    }
    format!("{tag}{body}{tag}")
}

impl Display for RoutineArgument {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name} ")?;
        }
        f.write_str(match self.mode {
            ArgumentMode::In => "",
            ArgumentMode::Out => "OUT ",
            ArgumentMode::InOut => "INOUT ",
        })?;
        write!(f, "{}", self.data_type)
    }
}

impl Display for Volatility {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Volatility::Volatile => "VOLATILE",
            Volatility::Stable => "STABLE",
            Volatility::Immutable => "IMMUTABLE",
        })
    }
}

impl Display for CreateProcedure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let or_replace = when(self.or_replace, "OR REPLACE ");
        write!(f, "CREATE {or_replace}PROCEDURE {}({})", self.name, Commas(&self.arguments))?;
        write!(f, "{} AS {}", when(self.nonatomic, " NONATOMIC"), dollar_quoted(&self.body))?;
        write!(f, " LANGUAGE {}", self.language)?;
        f.write_str(self.security_definer.map_or(
            "",
            |definer| {
                if definer { " SECURITY DEFINER" } else { " SECURITY INVOKER" }
            },
        ))?;
        self.settings.iter().try_for_each(|setting| write!(f, " {setting}"))
    }
}

impl Display for CreateFunction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let or_replace = when(self.or_replace, "OR REPLACE ");
        write!(f, "CREATE {or_replace}FUNCTION {}({})", self.name, Commas(&self.arguments))?;
        write!(f, " RETURNS {} {}", self.returns, self.volatility)?;
        write!(f, " AS {} LANGUAGE {}", dollar_quoted(&self.body), self.language)
    }
}

impl Display for CreateExternalFunction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let or_replace = when(self.or_replace, "OR REPLACE ");
        write!(f, "CREATE {or_replace}EXTERNAL FUNCTION {}({})", self.name, Commas(&self.arguments))?;
        write!(f, " RETURNS {} {} {} {}", self.returns, self.volatility, self.service, quote(&self.target))?;
        write!(f, "{}", super::After(" ", self.iam_role.as_ref()))?;
        self.options.iter().try_for_each(|(name, value)| write!(f, " {name} {value}"))
    }
}

impl Display for AlterRoutine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER {} {}{}", kind(self.procedure), self.name, optional_list(self.arguments.as_deref()))?;
        match &self.action {
            AlterRoutineAction::RenameTo(name) => write!(f, " RENAME TO {name}"),
            AlterRoutineAction::OwnerTo(user) => write!(f, " OWNER TO {user}"),
        }
    }
}

impl Display for DropRoutine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let if_exists = when(self.if_exists, "IF EXISTS ");
        write!(f, "DROP {} {if_exists}{}{}", kind(self.procedure), routines(&self.routines), behavior(self.behavior))
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "CALL {}({})", self.name, Commas(&texts(&self.arguments)))
    }
}

impl Display for CreateLibrary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let or_replace = when(self.or_replace, "OR REPLACE ");
        write!(f, "CREATE {or_replace}LIBRARY {} LANGUAGE {}", self.name, self.language)?;
        write!(f, " FROM {}", quote(&self.location))?;
        self.options.iter().try_for_each(|option| write!(f, " {option}"))
    }
}
