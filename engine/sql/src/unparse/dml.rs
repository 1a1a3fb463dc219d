//! Text of data changes.

use std::fmt::{self, Display, Formatter};

use super::{After, Commas, Parens, sql_text, texts};
use crate::ast::{
    Assignment, Delete, Expr, Insert, InsertSource, Merge, MergeAction, MergeInsert, MergeMatched, TableWithJoins,
    Truncate, Update, ValueOrDefault, With,
};

fn with_clause(with: Option<&With>) -> String {
    with.map_or_else(String::new, |with| format!("{} ", sql_text(with)))
}

fn where_clause(selection: Option<&Expr>) -> String {
    selection.map_or_else(String::new, |expr| format!(" WHERE {}", sql_text(expr)))
}

fn relations(before: &str, relations: &[TableWithJoins]) -> String {
    if relations.is_empty() { String::new() } else { format!(" {before} {}", texts(relations).join(", ")) }
}

impl Display for ValueOrDefault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ValueOrDefault::Expr(expr) => f.write_str(&sql_text(expr)),
            ValueOrDefault::Default => f.write_str("DEFAULT"),
        }
    }
}

impl Display for Assignment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(qualifier) = &self.qualifier {
            write!(f, "{qualifier}.")?;
        }
        write!(f, "{} = {}", self.column, self.value)
    }
}

impl Display for Insert {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let with = with_clause(self.with.as_ref());
        write!(f, "{with}INSERT INTO {}{} ", self.table, Parens(&self.columns))?;
        match &self.source {
            InsertSource::DefaultValues => f.write_str("DEFAULT VALUES"),
            InsertSource::Query(query) => f.write_str(&sql_text(query.as_ref())),
            InsertSource::Values(rows) => {
                f.write_str("VALUES")?;
                for (n, row) in rows.iter().enumerate() {
                    write!(f, "{}{}", if n > 0 { "," } else { "" }, Parens(row))?;
                }
                Ok(())
            }
        }
    }
}

impl Display for Update {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (with, alias) = (with_clause(self.with.as_ref()), After(" AS ", self.alias.as_ref()));
        write!(f, "{with}UPDATE {}{alias} SET {}", self.table, Commas(&self.assignments))?;
        write!(f, "{}{}", relations("FROM", &self.from), where_clause(self.selection.as_ref()))
    }
}

impl Display for Delete {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (with, alias) = (with_clause(self.with.as_ref()), After(" AS ", self.alias.as_ref()));
        write!(f, "{with}DELETE FROM {}{alias}", self.table)?;
        write!(f, "{}{}", relations("USING", &self.using), where_clause(self.selection.as_ref()))
    }
}

impl Display for Merge {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let alias = After(" AS ", self.alias.as_ref());
        write!(f, "MERGE INTO {}{alias} USING {} ON {}", self.target, sql_text(&self.source), sql_text(&self.on))?;
        match &self.action {
            MergeAction::RemoveDuplicates => f.write_str(" REMOVE DUPLICATES"),
            MergeAction::When { matched, not_matched } => {
                match matched {
                    Some(MergeMatched::Delete) => f.write_str(" WHEN MATCHED THEN DELETE")?,
                    Some(MergeMatched::Update(assignments)) => {
                        write!(f, " WHEN MATCHED THEN UPDATE SET {}", Commas(assignments))?;
                    }
                    None => {}
                }
                match not_matched {
                    Some(MergeInsert { columns, values }) => {
                        write!(f, " WHEN NOT MATCHED THEN INSERT{} VALUES{}", Parens(columns), Parens(values))
                    }
                    None => Ok(()),
                }
            }
        }
    }
}

impl Display for Truncate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "TRUNCATE TABLE {}", self.table)
    }
}
