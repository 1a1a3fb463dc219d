//! `persist_docs`: descriptions as comments in the database.

use serde_json::Value as Json;

use super::Execution;
use crate::{
    Error, RelationKind, Result,
    jinja::context::lock,
    relation::{Relation, quote},
};

/// The dollar quote that dbt puts around comments.
const MAGIC: &str = "$dbt_comment_literal_block$";

impl Execution<'_> {
    /// Writes the comments that the config asks for.
    pub fn persist_docs(&self, relation: &Relation, kind: RelationKind) -> Result<()> {
        let persist = |key: &str| {
            self.config_json("persist_docs").and_then(|docs| docs.get(key)).and_then(Json::as_bool).unwrap_or(false)
        };
        if persist("relation") && !self.node.description.is_empty() {
            let word = if kind == RelationKind::Table { "table" } else { "view" };
            self.execute(&format!("comment on {word} {relation} is {}", literal(&self.node.description)?))?;
        }
        // A late-binding view has no columns to comment on.
        let late_binding = kind == RelationKind::View && self.node.config.boolean("bind")? == Some(false);
        if persist("columns") && !self.node.columns.is_empty() && !late_binding {
            let existing = lock(&self.session).columns_of(relation)?;
            for column in &self.node.columns {
                if existing.iter().any(|known| known.name.eq_ignore_ascii_case(&column.name)) {
                    let name = if column.quote { quote(&column.name) } else { column.name.clone() };
                    self.execute(&format!("comment on column {relation}.{name} is {}", literal(&column.description)?))?;
                }
            }
        }
        Ok(())
    }
}

fn literal(text: &str) -> Result<String> {
    if text.contains(MAGIC) {
        return Err(Error::compilation(format!("The string {MAGIC} is not allowed in comments.")));
    }
    Ok(format!("{MAGIC}{text}{MAGIC}"))
}
