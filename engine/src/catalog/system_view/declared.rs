//! Views declared as text, a line each: `name: column type, column type, …`. Their columns are those of
//! the guide's page of the same name. A view is empty unless a [`Filled`] gives it rows; a column
//! that it does not mention is NULL.

use super::{
    context::SystemContext,
    value::*,
    view::{ItemRows, PG_CATALOG, Rows, SystemView, ValueOf},
};
use crate::{error::Result, types::RedshiftType};

/// Rows for a declared view.
pub struct Filled<I: 'static> {
    /// The view's name.
    pub name: &'static str,
    /// Its rows.
    pub items: fn(&SystemContext) -> Result<Vec<I>>,
    /// Columns and their values.
    pub values: &'static [(&'static str, ValueOf<I>)],
}

/// A [`Filled`] of any kind of items.
pub trait Fill: Send + Sync {
    /// The view's name.
    fn name(&self) -> &'static str;
    /// The columns that have values.
    #[cfg(test)]
    fn filled(&self) -> Vec<&'static str>;
    /// The rows.
    fn rows<'c>(
        &'c self,
        columns: &[(&'static str, RedshiftType)],
        context: &'c SystemContext,
    ) -> Result<Box<dyn Rows + 'c>>;
}

impl<I: 'static> Fill for Filled<I> {
    fn name(&self) -> &'static str {
        self.name
    }

    #[cfg(test)]
    fn filled(&self) -> Vec<&'static str> {
        self.values.iter().map(|(name, _)| *name).collect()
    }

    fn rows<'c>(
        &'c self,
        columns: &[(&'static str, RedshiftType)],
        context: &'c SystemContext,
    ) -> Result<Box<dyn Rows + 'c>> {
        let value = |name: &str| self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let columns = columns.iter().map(|(name, redshift_type)| (*redshift_type, value(name))).collect();
        Ok(Box::new(ItemRows { context, items: (self.items)(context)?, columns }))
    }
}

/// A view declared as text.
pub struct DeclaredView {
    name: &'static str,
    columns: Vec<(&'static str, RedshiftType)>,
    fill: Option<&'static dyn Fill>,
}

impl SystemView for DeclaredView {
    fn schema_name(&self) -> &str {
        PG_CATALOG
    }

    fn name(&self) -> &str {
        self.name
    }

    fn columns(&self) -> Vec<(&str, RedshiftType)> {
        self.columns.clone()
    }

    fn rows<'c>(&'c self, context: &'c SystemContext) -> Result<Box<dyn Rows + 'c>> {
        match self.fill {
            Some(fill) => fill.rows(&self.columns, context),
            None => {
                let columns = self.columns.iter().map(|(_, redshift_type)| (*redshift_type, None)).collect();
                Ok(Box::new(ItemRows::<()> { context, items: vec![], columns }))
            }
        }
    }
}

/// The views that `text` declares, with the rows of `fills`.
pub fn parse(text: &'static str, fills: &[&'static dyn Fill]) -> Vec<DeclaredView> {
    let views = text.lines().filter_map(|line| line.split_once(':'));
    views
        .map(|(name, columns)| {
            let name = name.trim();
            let columns = split_columns(columns).filter_map(|column| {
                let (column, kind) = column.trim().split_once(' ')?;
                Some((column, column_type(kind)))
            });
            let fill = fills.iter().find(|fill| fill.name() == name).copied();
            DeclaredView { name, columns: columns.collect(), fill }
        })
        .collect()
}

/// Splits at commas outside of parentheses.
fn split_columns(text: &'static str) -> impl Iterator<Item = &'static str> {
    let mut depth = 0;
    text.split(move |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    })
}

fn column_type(text: &str) -> RedshiftType {
    let (name, arguments) = match text.split_once('(') {
        Some((name, rest)) => (name, rest.trim_end_matches(')')),
        None => (text, ""),
    };
    let number = || arguments.split(',').next().and_then(|number| number.trim().parse().ok());
    match name {
        "int" => INT4,
        "bigint" => INT8,
        "smallint" => INT2,
        "oid" => OID,
        "bool" => BOOL,
        "real" => REAL,
        "double" => DOUBLE,
        "date" => DATE,
        "timestamp" => TIMESTAMP,
        "timestamptz" => RedshiftType::TimestampTz,
        "name" => NAME,
        "char" => RedshiftType::Char(number().unwrap_or(1)),
        "varchar" => RedshiftType::Varchar(Some(number().unwrap_or(256))),
        "numeric" => {
            let scale = arguments.split(',').nth(1).and_then(|scale| scale.trim().parse().ok()).unwrap_or(0);
            RedshiftType::Numeric(number().and_then(|precision| u8::try_from(precision).ok()).unwrap_or(18), scale)
        }
        _ => TEXT,
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// Every fill has its view and fills only columns that it has.
    pub fn check(text: &'static str, fills: &[&'static dyn Fill]) {
        let views = parse(text, fills);
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            assert!(line.contains(": "), "{line}");
            for column in split_columns(line.split_once(':').map_or("", |(_, columns)| columns)) {
                let (_, kind) = column.trim().split_once(' ').unwrap_or((column, ""));
                let bare = kind.split('(').next().unwrap_or_default();
                let known = [
                    "int",
                    "bigint",
                    "smallint",
                    "oid",
                    "bool",
                    "real",
                    "double",
                    "date",
                    "timestamp",
                    "timestamptz",
                    "name",
                    "char",
                    "varchar",
                    "numeric",
                    "text",
                ];
                assert!(known.contains(&bare), "{line}: {column}");
            }
        }
        for fill in fills {
            let view = views.iter().find(|view| view.name == fill.name()).unwrap_or_else(|| panic!("{}", fill.name()));
            for column in fill.filled() {
                assert!(view.columns.iter().any(|(name, _)| *name == column), "{}.{column}", fill.name());
            }
        }
    }
}
