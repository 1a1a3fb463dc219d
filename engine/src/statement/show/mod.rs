//! SHOW: parameters, definitions of objects, lists of objects (pages r_SHOW_*).

/// SHOW GRANTS, SHOW COLUMN GRANTS.
mod grants;
/// SHOW DATABASES, SCHEMAS, TABLES, COLUMNS.
mod list;
/// SHOW CONSTRAINTS.
mod constraints;
/// SHOW TABLE, SHOW VIEW, SHOW EXTERNAL TABLE.
mod object;
/// SHOW PROCEDURE, FUNCTION, PROCEDURES, FUNCTIONS, PARAMETERS.
mod routine;

use std::sync::Arc;

use blueshift_sql::ast::{ObjectName, Show, ShowFilter};

use super::{
    name,
    rows::{Columns, rows_result},
};
use crate::{
    catalog::system_view::{
        SystemContext,
        item::RelationItem,
        value::{TEXT, Value},
    },
    error::{Error, Result, SqlState},
    session::{ResultColumn, Session, StatementResult, result_column},
    transaction::{IsolationLevel, isolation_level},
    types::RedshiftType,
};

/// Lists of more rows are an error, as documented.
const ROWS_MAX: usize = 10_000;

/// SHOW.
pub fn show(session: &mut Session, show: &Show, text: &str) -> Result<StatementResult> {
    match show {
        // No setting of the session: the database decides.
        Show::Parameter(name) if name == "transaction_isolation" => {
            let context = session.bind_context()?;
            let level = match isolation_level(&context.snapshot, &context.database) {
                IsolationLevel::Snapshot => "snapshot isolation",
                IsolationLevel::Serializable => "serializable",
            };
            return rows(&[("transaction_isolation", TEXT)], vec![vec![level.into()]]);
        }
        Show::Parameter(name) => return parameter(session, name),
        Show::All => {
            let all =
                session.parameters.all().map(|(name, value)| vec![name.to_owned().into(), value.to_owned().into()]);
            return rows(&[("name", TEXT), ("setting", TEXT)], all.collect());
        }
        _ => {}
    }
    let context = SystemContext::new(session.bind_context()?);
    let unsupported = || Err(Error::not_supported(format!("the command {text}")));
    match show {
        Show::View(view) => object::view(&context, view),
        Show::Table(table) => object::table(&context, table),
        Show::ExternalTable { name, partition } => object::external_table(&context, name, *partition),
        Show::Routine { procedure, name, arguments } => {
            routine::definition(&context, *procedure, name, arguments.as_deref())
        }
        Show::Databases { from: None, filter } => list::databases(&context, filter),
        Show::Schemas { database, filter } => list::schemas(&context, database, filter),
        Show::Tables { schema, filter } => list::tables(&context, schema, filter),
        Show::Columns { table, filter } => list::columns(&context, table, filter),
        Show::Routines { procedures, schema, filter } => routine::list(&context, *procedures, schema, filter),
        Show::RoutineParameters { procedure, name, arguments, filter } => {
            routine::parameters(&context, *procedure, name, arguments, filter)
        }
        Show::Other { kind, rest } => match kind.as_str() {
            "GRANTS" => grants::grants(&context, rest),
            "COLUMN GRANTS" => grants::column_grants(&context, rest),
            "CONSTRAINTS" => constraints::constraints(&context, rest),
            _ => unsupported(),
        },
        _ => unsupported(),
    }
}

/// The columns of a list, which do not depend on what there is; None for any other SHOW.
pub fn columns(show: &Show) -> Option<Vec<ResultColumn>> {
    let columns: Vec<(&str, RedshiftType)> = match show {
        Show::Databases { .. } => list::DATABASES.into(),
        Show::Schemas { .. } => list::SCHEMAS.into(),
        Show::Tables { .. } => list::TABLES.into(),
        Show::Columns { .. } => list::COLUMNS.into(),
        Show::Routines { procedures, .. } => routine::list_columns(*procedures).into(),
        Show::RoutineParameters { procedure, .. } => routine::parameter_columns(*procedure).into(),
        Show::Other { kind, rest } => match kind.as_str() {
            "GRANTS" => grants::COLUMNS.into(),
            "COLUMN GRANTS" => grants::COLUMN_GRANTS.into(),
            "CONSTRAINTS" if after(rest, "PRIMARY KEYS").is_some() => constraints::PRIMARY_KEYS.into(),
            "CONSTRAINTS" => constraints::FOREIGN_KEYS.into(),
            _ => return None,
        },
        _ => return None,
    };
    Some(columns.iter().map(|(name, redshift_type)| result_column(&redshift_type.field(*name, true))).collect())
}

fn parameter(session: &Session, name: &str) -> Result<StatementResult> {
    let value = session.parameters.get(name).ok_or_else(|| {
        Error::new(SqlState::UNDEFINED_OBJECT, format!("unrecognized configuration parameter \"{name}\""))
    })?;
    rows(&[(name, RedshiftType::Varchar(None))], vec![vec![value.to_owned().into()]])
}

/// Rows as a result.
fn rows(columns: &Columns, rows: Vec<Vec<Value>>) -> Result<StatementResult> {
    rows_result(columns, &rows, "SHOW")
}

/// A list as a result: what LIKE keeps, at most LIMIT.
fn listed(
    columns: &Columns,
    filter: &ShowFilter,
    name_column: usize,
    mut list: Vec<Vec<Value>>,
) -> Result<StatementResult> {
    if let Some(pattern) = &filter.like {
        list.retain(|row| matches!(row.get(name_column), Some(Value::Text(name)) if like(name, pattern)));
    }
    if let Some(limit) = filter.limit {
        list.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    if list.len() > ROWS_MAX {
        return Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, format!("SHOW gives more than {ROWS_MAX} rows"))
            .with_hint("Use LIKE or LIMIT."));
    }
    rows(columns, list)
}

/// LIKE: case counts, `%` and `_` stand for any text and any character, backslash escapes.
fn like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut at, mut next) = (0, 0);
    // Where the last `%` stands in the pattern, and how much of the text it is taken to stand for: only that one can be
    // to blame when something after it does not fit, so nothing is tried twice.
    let mut any: Option<(usize, usize)> = None;
    while at < text.len() {
        let step = match pattern.get(next) {
            Some('%') => {
                any = Some((next + 1, at));
                next += 1;
                continue;
            }
            Some('_') => Some(1),
            Some('\\') if next + 1 < pattern.len() => (pattern[next + 1] == text[at]).then_some(2),
            Some(c) => (*c == text[at]).then_some(1),
            None => None,
        };
        match (step, any) {
            (Some(step), _) => {
                next += step;
                at += 1;
            }
            (None, Some((after, from))) => {
                any = Some((after, from + 1));
                (next, at) = (after, from + 1);
            }
            (None, None) => return false,
        }
    }
    pattern[next..].iter().all(|c| *c == '%')
}

/// Refuses another database.
fn check_database(context: &SystemContext, database: &str) -> Result<()> {
    if database == context.database() { Ok(()) } else { Err(Error::undefined_database(database)) }
}

/// The relation that a name stands for.
fn relation<'c>(context: &'c SystemContext, wanted: &ObjectName) -> Result<&'c Arc<RelationItem>> {
    if let Some(database) = wanted.database() {
        check_database(context, database)?;
    }
    let within = |schema: &str| {
        context.relations().iter().find(|relation| &*relation.schema == schema && relation.name == wanted.name())
    };
    let found = match wanted.schema() {
        Some(schema) => within(schema),
        None => context.visible_schemas().into_iter().find_map(within),
    };
    found.ok_or_else(|| Error::undefined_table(name::written(wanted)))
}

/// The name of the schema of `[database.]schema`, which must be there.
fn schema(context: &SystemContext, wanted: &ObjectName) -> Result<String> {
    if let Some(database) = wanted.schema() {
        check_database(context, database)?;
    }
    let all = crate::catalog::system_view::item::schema::all(context);
    match all.into_iter().find(|schema| schema.name == wanted.name()) {
        Some(schema) => Ok(schema.name),
        None => Err(Error::undefined_schema(wanted.name())),
    }
}

/// A name in the rest of a statement that the parser left as text.
fn parse_name(text: &str) -> Result<ObjectName> {
    let wrong = || Error::syntax(format!("syntax error at or near \"{text}\""));
    match blueshift_sql::parse_expression(text, blueshift_sql::ParserOptions::default()).map_err(|_| wrong())? {
        blueshift_sql::ast::Expr::Identifier(name) => Ok(ObjectName(vec![name])),
        blueshift_sql::ast::Expr::CompoundIdentifier(names) => Ok(ObjectName(names)),
        _ => Err(wrong()),
    }
}

/// `… LIKE 'pattern' LIMIT n` at the end of a text: the text before it, and the filter.
fn split_filter(text: &str) -> Result<(&str, ShowFilter)> {
    let lower = text.to_ascii_lowercase();
    let mut filter = ShowFilter::default();
    let mut end = text.len();
    if let Some(at) = lower.rfind(" limit ") {
        let number = text[at + " limit ".len()..].trim();
        filter.limit =
            Some(number.parse().map_err(|_| Error::syntax(format!("syntax error at or near \"{number}\"")))?);
        end = at;
    }
    if let Some(at) = lower[..end].rfind(" like ") {
        let pattern = text[at + " like ".len()..end].trim();
        let literal = blueshift_sql::parse_expression(pattern, blueshift_sql::ParserOptions::default());
        let like = match literal {
            Ok(blueshift_sql::ast::Expr::Value(value)) => value.value.into_string(),
            _ => None,
        };
        filter.like = Some(like.ok_or_else(|| Error::syntax(format!("syntax error at or near \"{pattern}\"")))?);
        end = at;
    }
    Ok((text[..end].trim(), filter))
}

/// What follows `word` at the beginning of a text.
fn after<'t>(text: &'t str, words: &str) -> Option<&'t str> {
    let start = text.get(..words.len())?;
    let rest = &text[words.len()..];
    (start.eq_ignore_ascii_case(words) && (rest.is_empty() || rest.starts_with(' '))).then(|| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_like_does() {
        assert!(like("sales", "s%") && like("sales", "_ales") && like("a_b", "a\\_b") && like("", "%"));
        assert!(!like("Sales", "s%") && !like("axb", "a\\_b"));
    }

    #[test]
    fn filters_are_taken_off() {
        let (text, filter) = split_filter("ON TABLE a.b LIKE 'x%' LIMIT 3").unwrap();
        assert_eq!((text, filter.like.as_deref(), filter.limit), ("ON TABLE a.b", Some("x%"), Some(3)));
        assert_eq!(after("on table a", "ON TABLE"), Some("a"));
        assert_eq!(after("on tables", "ON TABLE"), None);
    }
}
