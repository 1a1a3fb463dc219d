//! CREATE TABLE AS, SELECT INTO.

use blueshift_sql::ast::{
    self, ObjectName, Query, TableAttributes,
    sql::{SelectInto, SetExpr},
};
use datafusion::logical_expr::LogicalPlan;
use std::collections::BTreeMap;

use super::{
    assignment,
    create_table::{self, DraftTable},
    name,
};
use crate::{
    binder::collation,
    error::{Error, Result},
    rewrite::column_name,
    security::{self, Object},
    session::{Session, StatementResult},
    storage::metadata::Relation,
    transaction::{ColumnDefinition, TableStatistics},
    types::RedshiftType,
};

/// What the new table takes over from the one it reads.
mod inherited;

/// Makes a table of a query's rows.
pub async fn execute(session: &mut Session, create: &ast::CreateTableAs) -> Result<StatementResult> {
    let target = Target {
        name: &create.name,
        temporary: create.temporary,
        columns: &create.columns,
        attributes: &create.attributes,
        if_not_exists: create.if_not_exists,
    };
    make(session, target, &create.query).await?;
    Ok(StatementResult::done("SELECT"))
}

/// `SELECT … INTO [TEMP] t …`
pub async fn select_into(session: &mut Session, query: &Query, into: &SelectInto) -> Result<StatementResult> {
    let mut query = query.clone();
    if let SetExpr::Select(select) = &mut *query.body {
        select.into = None;
    }
    let name = ObjectName::from_sql_name(&into.name).ok_or_else(|| Error::syntax("SELECT INTO takes a table name"))?;
    let temporary = into.temporary || name.name().starts_with('#');
    let target =
        Target { name: &name, temporary, columns: &[], attributes: &TableAttributes::default(), if_not_exists: false };
    make(session, target, &query).await?;
    Ok(StatementResult::done("SELECT"))
}

struct Target<'a> {
    name: &'a ObjectName,
    temporary: bool,
    columns: &'a [ast::Ident],
    attributes: &'a TableAttributes,
    if_not_exists: bool,
}

async fn make(session: &mut Session, target: Target<'_>, query: &Query) -> Result<()> {
    let schema_id = name::target_schema(session, target.name, target.temporary, "CREATE TABLE")?;
    let table_name = name::identifier(target.name.name());
    if create_table::already_there(session, schema_id, &table_name, target.if_not_exists)? {
        return Ok(());
    }
    let plan = session.plan_query(query)?;
    collation::check_storable(&plan)?;
    let mut definition = DraftTable::new(schema_id, table_name.clone(), columns_of(&plan, target.columns)?);
    create_table::apply_attributes(&mut definition, target.attributes)?;
    inherited::apply(&mut definition, target.attributes, &plan);
    if target.temporary {
        create_table::leave_raw(&mut definition);
    }
    let definition = definition.into_definition(session)?;
    let id = session.transaction()?.create_table(definition)?;
    security::own_new(session, &Object::Relation(id), Some(schema_id))?;

    let snapshot = session.transaction()?.snapshot()?;
    let Some(Relation::Table(table)) = snapshot.relation(schema_id, &table_name) else {
        return Err(Error::internal("a table that was just made is not there"));
    };
    let (segments, _) = assignment::write_in_order(session, plan, &table).await?;
    session.transaction()?.append(table.id, segments)?;
    // The new table counts as analysed ("ANALYZE", usage notes); different values are counted by ANALYZE itself.
    let snapshot = session.transaction()?.snapshot()?;
    let Some(table) = snapshot.table(table.id) else { return Ok(()) };
    let statistics = TableStatistics::new(table, BTreeMap::new());
    session.transaction()?.put_statistics(table.id, &statistics)
}

/// The columns of a plan as columns of a table or view, under other names if some are given.
pub fn columns_of(plan: &LogicalPlan, names: &[ast::Ident]) -> Result<Vec<ColumnDefinition>> {
    let fields = plan.schema().fields();
    if names.len() > fields.len() {
        return Err(Error::syntax("too many column names were specified"));
    }
    fields
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let name =
                names.get(index).map_or_else(|| column_name::visible(field.name()), |ident| ident.value.as_str());
            let redshift_type = RedshiftType::of_field(field)
                .ok_or_else(|| Error::not_supported(format!("a column of type {}", field.data_type())))?
                .storable();
            Ok(ColumnDefinition::new(name::identifier(name), redshift_type.arrow(), redshift_type.to_string()))
        })
        .collect()
}
