//! Text of datashare statements.

use std::fmt::{self, Display, Formatter};

use super::{quote, quoted_after, when};
use crate::ast::{Datashare, DatashareAction, DescDatashare};

fn truth(on: bool) -> &'static str {
    if on { "TRUE" } else { "FALSE" }
}

impl Display for Datashare {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.action {
            DatashareAction::Create { public, managed_by_adx } => {
                write!(f, "CREATE DATASHARE {name}")?;
                if let Some(public) = public {
                    write!(f, " SET PUBLICACCESSIBLE {}", truth(*public))?;
                }
                f.write_str(when(*managed_by_adx, " MANAGEDBY ADX"))
            }
            DatashareAction::Objects { add, kind, names } => {
                let command = if *add { "ADD" } else { "REMOVE" };
                write!(f, "ALTER DATASHARE {name} {command} {kind} {}", super::routine::routines(names))
            }
            DatashareAction::SetPublic(on) => write!(f, "ALTER DATASHARE {name} SET PUBLICACCESSIBLE {}", truth(*on)),
            DatashareAction::SetIncludeNew { on, schema } => {
                write!(f, "ALTER DATASHARE {name} SET INCLUDENEW = {} FOR SCHEMA {schema}", truth(*on))
            }
        }
    }
}

impl Display for DescDatashare {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "DESC DATASHARE {}", self.name)?;
        match &self.namespace {
            Some(namespace) => {
                write!(f, " OF{} NAMESPACE {}", quoted_after(" ACCOUNT ", self.account.as_ref()), quote(namespace))
            }
            None => Ok(()),
        }
    }
}
