//! MERGE: matched rows are updated or deleted, unmatched rows of the source inserted.
//!
//! Two queries: the inner join of target and source gives the changes, the rows of the source
//! that match nothing give the inserts. A target row that matches twice is an error.

use std::{collections::HashMap, ops::ControlFlow, sync::Arc};

use blueshift_sql::ast::{
    self, Expr, Ident, MergeAction, MergeInsert, MergeMatched, TableFactor, TableWithJoins, ValueOrDefault,
    sql::{JoinConstraint, JoinOperator, SelectItem, Value, Visit, Visitor},
};
use futures::TryStreamExt;

use super::{
    assignment::{self, Conversion, Source, TableWriter},
    constant_column::is_constant,
    name, row_change,
};
use crate::{
    binder::{ResolvedRelation, resolve_name},
    error::{Error, Result, SqlState},
    security::Privilege,
    session::{Session, StatementResult},
    storage::{DeletedPositions, SegmentMeta, metadata::TableSnapshot},
};

const ROW_ID_COLUMNS: usize = 2;

/// Runs MERGE.
pub async fn execute(session: &mut Session, merge: &ast::Merge) -> Result<StatementResult> {
    let table = name::changed_table(session, &merge.target, first_privilege(&merge.action))?;
    check_source(session, merge, &table)?;
    check_no_parts(merge)?;
    let MergeAction::When { matched, not_matched } = &merge.action else {
        return remove_duplicates(session, merge, &table).await;
    };
    if not_matched.is_some() {
        name::require(session, &table, Privilege::Insert)?;
    }
    let (positions, mut segments) = match matched {
        Some(matched) => change_matched(session, merge, matched, &table).await?,
        None => (DeletedPositions::new(), vec![]),
    };
    if let Some(insert) = not_matched {
        segments.extend(insert_unmatched(session, merge, insert, &table).await?);
    }
    let transaction = session.transaction()?;
    if !positions.is_empty() {
        transaction.delete_rows(table.id, positions)?;
    }
    transaction.append(table.id, segments)?;
    Ok(StatementResult::done("MERGE"))
}

fn first_privilege(action: &MergeAction) -> Privilege {
    match action {
        MergeAction::When { matched: Some(MergeMatched::Update(_)), .. } => Privilege::Update,
        MergeAction::When { matched: Some(MergeMatched::Delete), .. } | MergeAction::RemoveDuplicates => {
            Privilege::Delete
        }
        MergeAction::When { matched: None, .. } => Privilege::Insert,
    }
}

/// Errors: the target is its own source.
fn check_source(session: &mut Session, merge: &ast::Merge, table: &TableSnapshot) -> Result<()> {
    let TableFactor::Table { name: source, .. } = &merge.source else { return Ok(()) };
    let Some(source) = ast::ObjectName::from_sql_name(source) else { return Ok(()) };
    let context = session.bind_context()?;
    match resolve_name(&context, &name::table_reference(&source)?) {
        Ok(ResolvedRelation::Table(source)) if source.id == table.id => {
            Err(Error::new(SqlState::INVALID_DEFINITION, "source and target of MERGE cannot be the same table"))
        }
        _ => Ok(()),
    }
}

/// Errors: an element or attribute of a SUPER value in the condition or in what is assigned (page r_MERGE).
fn check_no_parts(merge: &ast::Merge) -> Result<()> {
    let mut named = vec![merge.target.name()];
    named.extend(merge.alias.as_ref().map(|alias| alias.value.as_str()));
    if let TableFactor::Table { name, alias, .. } = &merge.source {
        named.extend(name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.as_str()));
        named.extend(alias.as_ref().map(|alias| alias.name.value.as_str()));
    }
    let mut parts = Parts { named };
    let mut found = merge.on.visit(&mut parts).is_break();
    if let MergeAction::When { matched, not_matched } = &merge.action {
        let assigned = match matched {
            Some(MergeMatched::Update(assignments)) => assignments.as_slice(),
            _ => &[],
        };
        let values = assigned.iter().map(|assignment| &assignment.value);
        let values = values.chain(not_matched.iter().flat_map(|insert| &insert.values));
        found |= values.into_iter().any(|value| match value {
            ValueOrDefault::Expr(expr) => expr.visit(&mut parts).is_break(),
            ValueOrDefault::Default => false,
        });
    }
    match found {
        true => Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "Partial reference of SUPER column is not supported in MERGE statement.",
        )),
        false => Ok(()),
    }
}

/// Finds paths into columns of relations with these names.
struct Parts<'n> {
    named: Vec<&'n str>,
}

impl Visitor for Parts<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let is_part = match expr {
            Expr::JsonAccess { .. } | Expr::CompoundFieldAccess { .. } => true,
            Expr::CompoundIdentifier(parts) if parts.len() > 2 => self.named.contains(&parts[0].value.as_str()),
            _ => false,
        };
        if is_part { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// REMOVE DUPLICATES: rows of the target that match go, and all rows of the source come. So of
/// several that match one row of the source that row remains.
async fn remove_duplicates(
    session: &mut Session,
    merge: &ast::Merge,
    table: &Arc<TableSnapshot>,
) -> Result<StatementResult> {
    name::require(session, table, Privilege::Insert)?;
    let (positions, _) = change_matched(session, merge, &MergeMatched::Delete, table).await?;
    let from = TableWithJoins { relation: merge.source.clone(), joins: vec![] };
    let everything = SelectItem::Wildcard(Default::default());
    let query = row_change::select(None, vec![everything], vec![from], None);
    let source = session.plan_query(&query)?;
    let columns = assignment::plan_columns(&source);
    if columns.len() != table.columns.len() {
        return Err(Error::new(
            SqlState::DATATYPE_MISMATCH,
            "MERGE … REMOVE DUPLICATES takes a source with the columns of its target",
        ));
    }
    let names = table.columns.iter().map(|column| column.name.clone());
    let sources = names.zip(columns.into_iter().map(Source::Expr)).collect();
    let plan = assignment::project_to_table(session, source, table, sources, Conversion::Typed)?;
    let (segments, _) = assignment::write_plan(session, &plan, table).await?;
    let transaction = session.transaction()?;
    if !positions.is_empty() {
        transaction.delete_rows(table.id, positions)?;
    }
    transaction.append(table.id, segments)?;
    Ok(StatementResult::done("MERGE"))
}

async fn change_matched(
    session: &mut Session,
    merge: &ast::Merge,
    matched: &MergeMatched,
    table: &TableSnapshot,
) -> Result<(DeletedPositions, Vec<SegmentMeta>)> {
    let qualifier = row_change::target_qualifier(&merge.target, merge.alias.as_ref());
    let assigned: HashMap<&str, &ValueOrDefault> = match matched {
        MergeMatched::Update(assignments) => {
            row_change::check_unqualified(assignments, &table.name)?;
            assignments.iter().map(|a| (a.column.value.as_str(), &a.value)).collect()
        }
        MergeMatched::Delete => HashMap::new(),
    };
    check_columns(table, assigned.keys().copied())?;
    let mut items = row_change::row_id_items(&qualifier);
    if matches!(matched, MergeMatched::Update(_)) {
        for column in &table.columns {
            let expr = match assigned.get(column.name.as_str()) {
                Some(ValueOrDefault::Expr(expr)) => expr.clone(),
                _ => row_change::qualified(&qualifier, &column.name),
            };
            items.push(SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', column.name.clone()) });
        }
    }
    let schema = row_change::schema_name(session, table)?;
    let mut from = row_change::target_with_row_ids(session, &merge.target, &schema, merge.alias.as_ref());
    from.joins.push(ast::sql::Join {
        relation: merge.source.clone(),
        global: false,
        join_operator: JoinOperator::Inner(JoinConstraint::On(merge.on.clone())),
    });
    let query = row_change::select(None, items, vec![from], None);
    let source = session.plan_query(&query)?;
    let columns = assignment::plan_columns(&source);
    let mut expressions = columns[..ROW_ID_COLUMNS].to_vec();
    for (column, value) in table.columns.iter().zip(&columns[ROW_ID_COLUMNS..]) {
        let value = match assigned.get(column.name.as_str()) {
            Some(ValueOrDefault::Default) => assignment::default_value(session, column)?,
            _ => value.clone(),
        };
        let conversion = if is_constant(&value, &source) { Conversion::Literal } else { Conversion::Typed };
        expressions.push(assignment::assign(value, column, source.schema(), conversion)?.alias(&column.name));
    }
    let plan = datafusion::logical_expr::LogicalPlanBuilder::from(source).project(expressions)?.build()?;

    let mut stream = session.stream(&plan).await?;
    let mut writer = TableWriter::new(session, table)?;
    let mut seen = row_change::SeenRows::within(session.memory_pool());
    let mut positions = DeletedPositions::within(session.memory_pool());
    let mut matches = 0;
    while let Some(batch) = stream.try_next().await? {
        seen.first_meetings(batch.column(0), batch.column(1))?;
        matches += batch.num_rows();
        if matches > seen.len() {
            return Err(Error::new(
                SqlState::CARDINALITY_VIOLATION,
                "Found multiple matches to update the same tuple.",
            ));
        }
        positions.extend_from_columns(batch.column(0), batch.column(1))?;
        if batch.num_columns() > ROW_ID_COLUMNS {
            let columns: Vec<usize> = (ROW_ID_COLUMNS..batch.num_columns()).collect();
            writer.push(batch.project(&columns).map_err(Error::internal)?).await?;
        }
    }
    drop(stream);
    let (segments, _) = writer.finish().await?;
    Ok((positions, segments))
}

async fn insert_unmatched(
    session: &mut Session,
    merge: &ast::Merge,
    insert: &MergeInsert,
    table: &TableSnapshot,
) -> Result<Vec<SegmentMeta>> {
    let targets: Vec<String> = if insert.columns.is_empty() {
        table.columns.iter().map(|column| column.name.clone()).collect()
    } else {
        insert.columns.iter().map(|ident| ident.value.clone()).collect()
    };
    check_columns(table, targets.iter().map(String::as_str))?;
    if targets.len() != insert.values.len() {
        return Err(Error::syntax("INSERT has not as many expressions as target columns"));
    }
    let items = insert
        .values
        .iter()
        .zip(&targets)
        .map(|(value, target)| {
            let expr = match value {
                ValueOrDefault::Expr(expr) => expr.clone(),
                ValueOrDefault::Default => Expr::value(Value::Null),
            };
            SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', target.clone()) }
        })
        .collect();
    let one = SelectItem::UnnamedExpr(Expr::value(Value::Number("1".to_owned(), false)));
    let target =
        TableWithJoins { relation: row_change::table_factor(&merge.target, merge.alias.as_ref()), joins: vec![] };
    let matching = row_change::select(None, vec![one], vec![target], Some(merge.on.clone()));
    let unmatched = Expr::Exists { subquery: Box::new(matching), negated: true };
    let from = TableWithJoins { relation: merge.source.clone(), joins: vec![] };
    let query = row_change::select(None, items, vec![from], Some(unmatched));
    let source = session.plan_query(&query)?;
    let columns = assignment::plan_columns(&source);
    let sources = targets
        .into_iter()
        .zip(columns)
        .zip(&insert.values)
        .map(|((target, expr), value)| match value {
            ValueOrDefault::Default => (target, Source::Default),
            ValueOrDefault::Expr(_) => (target, Source::Expr(expr)),
        })
        .collect();
    let plan = assignment::project_to_table(session, source, table, sources, Conversion::Typed)?;
    Ok(assignment::write_plan(session, &plan, table).await?.0)
}

fn check_columns<'n>(table: &TableSnapshot, mut names: impl Iterator<Item = &'n str>) -> Result<()> {
    match names.find(|name| table.column(name).is_none()) {
        Some(name) => Err(Error::new(
            SqlState::UNDEFINED_COLUMN,
            format!("column \"{name}\" of relation \"{}\" does not exist", table.name),
        )),
        None => Ok(()),
    }
}
