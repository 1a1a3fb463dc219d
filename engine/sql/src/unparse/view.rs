//! Text of view definitions.

use std::fmt::{self, Display, Formatter};

use super::{Commas, Parens, behavior, sql_text, when};
use crate::ast::{
    AlterExternalView, AlterMaterializedView, AlterMaterializedViewAction, CreateMaterializedView, CreateView,
    RefreshMaterializedView,
};

impl Display for CreateView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (or_replace, external) = (when(self.or_replace, "OR REPLACE "), when(self.external, "EXTERNAL "));
        let (protected, if_not_exists) =
            (when(self.protected, "PROTECTED "), when(self.if_not_exists, "IF NOT EXISTS "));
        write!(
            f,
            "CREATE {or_replace}{external}{protected}VIEW {if_not_exists}{}{}",
            self.name,
            Parens(&self.columns)
        )?;
        write!(f, " AS {}{}", sql_text(self.query.as_ref()), when(self.no_schema_binding, " WITH NO SCHEMA BINDING"))
    }
}

impl Display for AlterExternalView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER EXTERNAL VIEW {}{}", self.name, when(self.force, " FORCE"))?;
        match &self.query {
            Some(query) => write!(f, " AS {}", sql_text(query.as_ref())),
            None => f.write_str(" REMOVE DEFINITION"),
        }
    }
}

impl Display for CreateMaterializedView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (or_replace, if_not_exists) =
            (when(self.or_replace, "OR REPLACE "), when(self.if_not_exists, "IF NOT EXISTS "));
        write!(f, "CREATE {or_replace}MATERIALIZED VIEW {if_not_exists}{}{}", self.name, Parens(&self.columns))?;
        let refresh = self.auto_refresh.map_or("", |on| if on { " AUTO REFRESH YES" } else { " AUTO REFRESH NO" });
        write!(f, "{}{refresh} AS {}", self.attributes, sql_text(self.query.as_ref()))
    }
}

impl Display for AlterMaterializedView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER MATERIALIZED VIEW {} ", self.name)?;
        match &self.action {
            AlterMaterializedViewAction::AutoRefresh(on) => {
                write!(f, "AUTO REFRESH {}", if *on { "YES" } else { "NO" })
            }
            AlterMaterializedViewAction::Table(actions) => write!(f, "{}", Commas(actions)),
        }
    }
}

impl Display for RefreshMaterializedView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "REFRESH MATERIALIZED VIEW {}{}", self.name, behavior(self.behavior))
    }
}
