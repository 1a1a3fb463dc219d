//! What the warehouse holds, asked of its system views, for `\d…` and for completion.

use arrow::record_batch::RecordBatch;
use blueshift_engine::{
    error::{Error, Result},
    types::text::format_value,
};

/// A schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Its name.
    pub name: String,
    /// `local` or `external`.
    pub kind: String,
}

/// A table or view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// `table`, `view`, `external table`.
    pub kind: String,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub type_name: String,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Its default, empty if there is none.
    pub default: String,
}

/// Runs a question and returns its rows.
pub type Query<'a> = &'a mut dyn FnMut(&str) -> Result<Vec<RecordBatch>>;

/// Schemas that are Redshift's own.
const SYSTEM_SCHEMAS: &str = "('pg_catalog', 'information_schema', 'pg_internal')";

/// All schemas of users.
pub fn schemas(query: Query<'_>) -> Result<Vec<Schema>> {
    let external = rows(&query("select schemaname from svv_external_schemas")?)?;
    let sql = format!("select nspname from pg_namespace where nspname not in {SYSTEM_SCHEMAS} order by 1");
    let schema = |[name]: [String; 1]| {
        let kind = if external.iter().any(|[other]| *other == name) { "external" } else { "local" };
        Schema { name, kind: kind.to_owned() }
    };
    Ok(rows(&query(&sql)?)?.into_iter().map(schema).collect())
}

/// All tables and views of users.
pub fn relations(query: Query<'_>) -> Result<Vec<Relation>> {
    let sql = format!(
        "select table_schema, table_name, table_type from svv_tables where table_schema not in {SYSTEM_SCHEMAS} order by 1, 2"
    );
    let relation = |[schema, name, kind]: [String; 3]| {
        let kind = kind.to_ascii_lowercase().replace("base table", "table");
        Relation { schema, name, kind }
    };
    Ok(rows(&query(&sql)?)?.into_iter().map(relation).collect())
}

/// The columns of a relation, in their order.
pub fn columns(query: Query<'_>, relation: &Relation) -> Result<Vec<Column>> {
    let sql = format!(
        "select column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, is_nullable, \
         column_default from svv_columns where table_schema = {} and table_name = {} order by ordinal_position",
        literal(&relation.schema),
        literal(&relation.name)
    );
    let column = |[name, data_type, length, precision, scale, nullable, default]: [String; 7]| Column {
        name,
        type_name: type_name(data_type, &length, &precision, &scale),
        nullable: !nullable.eq_ignore_ascii_case("no"),
        default,
    };
    Ok(rows(&query(&sql)?)?.into_iter().map(column).collect())
}

/// The type with its limits, which SVV_COLUMNS has in columns of their own.
fn type_name(data_type: String, length: &str, precision: &str, scale: &str) -> String {
    match data_type.as_str() {
        _ if data_type.contains('(') => data_type,
        "character varying" | "character" if !length.is_empty() => format!("{data_type}({length})"),
        "numeric" if !precision.is_empty() => format!("{data_type}({precision},{scale})"),
        _ => data_type,
    }
}

/// The names of all columns of users' relations, each once.
pub fn column_names(query: Query<'_>) -> Result<Vec<String>> {
    let sql = format!("select distinct column_name from svv_columns where table_schema not in {SYSTEM_SCHEMAS}");
    Ok(rows(&query(&sql)?)?.into_iter().map(|[name]: [String; 1]| name).collect())
}

/// Quotes a text for SQL.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// All rows as texts; NULL is empty.
fn rows<const N: usize>(batches: &[RecordBatch]) -> Result<Vec<[String; N]>> {
    let mut rows = Vec::new();
    for batch in batches {
        if batch.num_columns() != N {
            return Err(Error::internal(format!("a system view returned {} columns, not {N}", batch.num_columns())));
        }
        for row in 0..batch.num_rows() {
            let mut texts: [String; N] = std::array::from_fn(|_| String::new());
            for (array, text) in batch.columns().iter().zip(&mut texts) {
                format_value(array.as_ref(), row, text)?;
            }
            rows.push(texts);
        }
    }
    Ok(rows)
}

/// Whether `name` fits a pattern with `*` and `?`, as psql's \d commands take them.
pub fn matches(pattern: &str, name: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return name.is_empty() };
    let rest = &pattern[first.len_utf8()..];
    match (first, name.chars().next()) {
        ('*', _) => (0..=name.len()).filter(|&at| name.is_char_boundary(at)).any(|at| matches(rest, &name[at..])),
        (_, None) => false,
        (wanted, Some(letter)) => (wanted == '?' || wanted == letter) && matches(rest, &name[letter.len_utf8()..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names() {
        for (pattern, name, expected) in [
            ("dim_*", "dim_genre", true),
            ("dim_*", "fact_invoice", false),
            ("*", "", true),
            ("*e?re", "dim_genre", true),
            ("é*", "élan", true),
            ("genre", "genres", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn types_have_their_limits() {
        assert_eq!(type_name("character varying".to_owned(), "20", "", ""), "character varying(20)");
        assert_eq!(type_name("numeric".to_owned(), "", "10", "2"), "numeric(10,2)");
        assert_eq!(type_name("integer".to_owned(), "", "32", "0"), "integer");
    }

    #[test]
    fn texts_are_quoted() {
        assert_eq!(literal("it's \\"), "'it''s \\\\'");
    }
}
