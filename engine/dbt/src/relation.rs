//! A relation's name as dbt writes it: `"dev"."gold"."dim_track"`.

use std::fmt;

use crate::RelationKind;

/// The name of a relation, and what it is when that is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Relation {
    /// The database; `None` is left out of the text.
    pub database: Option<String>,
    /// The schema; `None` is left out of the text, as for temporary tables.
    pub schema: Option<String>,
    /// The name; `None` for a relation that stands for its schema.
    pub identifier: Option<String>,
    /// `table`, `view`, `cte`, …; `None` when unknown.
    pub kind: Option<String>,
}

impl Relation {
    /// A relation with a full name.
    pub fn new(database: &str, schema: &str, identifier: &str) -> Self {
        Relation {
            database: Some(database.to_owned()),
            schema: Some(schema.to_owned()),
            identifier: Some(identifier.to_owned()),
            kind: None,
        }
    }

    /// The CTE that stands for an ephemeral model; its text is the bare name.
    pub fn cte(identifier: &str) -> Self {
        Relation { database: None, schema: None, identifier: Some(identifier.to_owned()), kind: Some("cte".to_owned()) }
    }

    /// A temporary table, which has a name only.
    pub fn temporary(identifier: &str) -> Self {
        Relation {
            database: None,
            schema: None,
            identifier: Some(identifier.to_owned()),
            kind: Some("table".to_owned()),
        }
    }

    /// The same name as a relation of a kind.
    pub fn with_kind(mut self, kind: RelationKind) -> Self {
        self.kind = Some(kind.as_str().to_owned());
        self
    }

    /// The same place under another name, cut so that name and suffix fit Redshift's limit.
    pub fn with_suffix(&self, suffix: &str) -> Self {
        const NAME_CHARACTERS_MAX: usize = 127;
        let name: String = self.identifier().chars().take(NAME_CHARACTERS_MAX - suffix.len()).collect();
        Relation { identifier: Some(name + suffix), ..self.clone() }
    }

    /// The name, or nothing.
    pub fn identifier(&self) -> &str {
        self.identifier.as_deref().unwrap_or("")
    }

    /// The schema, or nothing.
    pub fn schema(&self) -> &str {
        self.schema.as_deref().unwrap_or("")
    }

    /// The database, or nothing.
    pub fn database(&self) -> &str {
        self.database.as_deref().unwrap_or("")
    }
}

/// A name in double quotes, quotes in it doubled.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind.as_deref() == Some("cte") {
            return f.write_str(self.identifier());
        }
        let parts = [&self.database, &self.schema, &self.identifier];
        let text: Vec<String> = parts.into_iter().flatten().map(|part| quote(part)).collect();
        f.write_str(&text.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let relation = Relation::new("dev", "gold", "x");
        assert_eq!(relation.to_string(), r#""dev"."gold"."x""#);
        assert_eq!(relation.with_suffix("__dbt_tmp").to_string(), r#""dev"."gold"."x__dbt_tmp""#);
        assert_eq!(Relation::temporary("t").to_string(), r#""t""#);
        assert_eq!(Relation::cte("__dbt__cte__x").to_string(), "__dbt__cte__x");
        let long = Relation::new("dev", "gold", &"n".repeat(127)).with_suffix("__dbt_backup");
        assert_eq!(long.identifier().len(), 127);
    }
}
