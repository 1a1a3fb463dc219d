//! CREATE EXTERNAL TABLE, and its partitions: they live in the data catalog, outside transactions.

use blueshift_sql::ast::{
    self, AlterTableAction, ExternalColumn, ExternalType, PartitionValue, RowFormat, StorageFormat,
    sql::{Expr, UnaryOperator, Value},
};
use std::collections::BTreeMap;

use super::name;
use crate::{
    catalog::external_schema::{self, ExternalSchema},
    error::{Error, Result, SqlState},
    glue::data_catalog::{CatalogColumn, TableFormat, TableInput},
    glue::hive_type::HiveType,
    lake::{Location, text::TextOptions},
    session::{Session, StatementResult},
    types::RedshiftType,
};

/// Makes an external table.
pub fn create(session: &mut Session, create: &ast::CreateExternalTable) -> Result<StatementResult> {
    refuse_in_block(session, "CREATE EXTERNAL TABLE")?;
    if create.query.is_some() {
        return Err(Error::not_supported("CREATE EXTERNAL TABLE AS"));
    }
    let (schema, table) = external_target(session, &create.name)?;
    let location = create.location.as_deref().ok_or_else(|| Error::syntax("an external table needs a LOCATION"))?;
    check_location(session, location)?;
    if session.shared.data_catalog.table(&schema.database, &table)?.is_some() {
        return Err(Error::duplicate_table(table));
    }
    let mut parameters: BTreeMap<String, String> = create.properties.iter().cloned().collect();
    if let Some(RowFormat::Delimited { fields, lines }) = &create.row_format {
        parameters.extend(fields.iter().map(|delimiter| ("field.delim".to_owned(), delimiter.clone())));
        parameters.extend(lines.iter().map(|delimiter| ("line.delim".to_owned(), delimiter.clone())));
    }
    if let Some(RowFormat::Serde { class, properties }) = &create.row_format {
        parameters.insert("serde".to_owned(), class.clone());
        parameters.extend(properties.iter().cloned());
    }
    let input = TableInput {
        name: table,
        columns: columns(&create.columns)?,
        partition_keys: columns(&create.partition_columns)?,
        format: format(create.stored_as.as_ref(), create.row_format.as_ref())?,
        location: location.to_owned(),
        managed: false,
        parameters,
    };
    session.shared.data_catalog.create_table(&schema.database, &input)?;
    Ok(StatementResult::done("CREATE EXTERNAL TABLE"))
}

/// ALTER TABLE on an external table.
pub fn alter(session: &mut Session, alter: &ast::AlterTable) -> Result<StatementResult> {
    refuse_in_block(session, "ALTER EXTERNAL TABLE")?;
    let (schema, table) = external_target(session, &alter.name)?;
    for action in &alter.actions {
        match action {
            AlterTableAction::AddPartitions { if_not_exists: _, partitions } => {
                for partition in partitions {
                    check_location(session, &partition.location)?;
                    let values = partition_values(&partition.values)?;
                    session.shared.data_catalog.update(|change| {
                        let id = change.require_table(&schema.database, &table)?;
                        change.ensure_partition(id, &values, &partition.location).map(|_| ())
                    })?;
                }
            }
            AlterTableAction::DropPartition { if_exists, values } => {
                let values = partition_values(values)?;
                let dropped = session
                    .shared
                    .data_catalog
                    .update(|change| change.drop_partition(change.require_table(&schema.database, &table)?, &values))?;
                if !dropped && !if_exists {
                    return Err(Error::new(SqlState::UNDEFINED_OBJECT, "partition does not exist"));
                }
            }
            AlterTableAction::SetLocation { partition, location } if partition.is_empty() => {
                check_location(session, location)?;
                session
                    .shared
                    .data_catalog
                    .update(|change| change.set_location(change.require_table(&schema.database, &table)?, location))?;
            }
            AlterTableAction::SetTableProperties(properties) => {
                session.shared.data_catalog.update(|change| {
                    let id = change.require_table(&schema.database, &table)?;
                    properties.iter().try_for_each(|(key, value)| change.set_parameter(id, key, value))
                })?;
            }
            _ => return Err(Error::not_supported("this form of ALTER TABLE on an external table")),
        }
    }
    Ok(StatementResult::done("ALTER EXTERNAL TABLE"))
}

/// The data catalog takes part in no transaction, so changing it inside a block is refused, as in Redshift.
fn refuse_in_block(session: &Session, command: &str) -> Result<()> {
    session.check_alone(command)
}

fn external_target(session: &mut Session, table: &ast::ObjectName) -> Result<(ExternalSchema, String)> {
    let context = session.bind_context()?;
    name::check_database(&context, table)?;
    let schema =
        table.schema().ok_or_else(|| Error::syntax("an external table must be named with its external schema"))?;
    match external_schema::find(&context.snapshot, schema) {
        Some(external) => Ok((external, name::identifier(table.name()))),
        None if context.snapshot.schema(schema).is_some() => Err(Error::wrong_object_type(schema, "external schema")),
        None => Err(Error::undefined_schema(schema)),
    }
}

fn check_location(session: &Session, location: &str) -> Result<()> {
    session.shared.stores.check_sql_access(&Location::parse(location)?)
}

fn columns(columns: &[ExternalColumn]) -> Result<Vec<CatalogColumn>> {
    columns
        .iter()
        .map(|column| {
            let ExternalType::Scalar(data_type) = &column.data_type else {
                return Err(Error::not_supported(format!("the nested type of column \"{}\"", column.name.value)));
            };
            // Hive's STRING is no type of SQL.
            let hive_type = match data_type.to_string().to_lowercase().as_str() {
                "string" => HiveType::String,
                _ => HiveType::from_arrow(&RedshiftType::from_sql(data_type)?.arrow())?,
            };
            Ok(CatalogColumn::new(name::identifier(&column.name.value), hive_type))
        })
        .collect()
}

fn format(stored_as: Option<&StorageFormat>, row_format: Option<&RowFormat>) -> Result<TableFormat> {
    match stored_as {
        Some(StorageFormat::Orc) => Ok(TableFormat::Orc),
        Some(StorageFormat::Parquet) => Ok(TableFormat::Parquet),
        None | Some(StorageFormat::TextFile) => match row_format {
            Some(RowFormat::Serde { class, .. }) if class.to_lowercase().contains("json") => Ok(TableFormat::Json),
            // Which serdes of delimited text are read, and with which properties: lake::text.
            Some(RowFormat::Serde { class, properties }) => {
                let serde = ("serde".to_owned(), class.clone());
                TextOptions::delimited(&properties.iter().cloned().chain([serde]).collect())?;
                Ok(TableFormat::Text)
            }
            _ => Ok(TableFormat::Text),
        },
        Some(other) => Err(Error::not_supported(format!("an external table stored as {other:?}"))),
    }
}

fn partition_values(values: &[PartitionValue]) -> Result<Vec<String>> {
    values.iter().map(|value| literal(&value.value)).collect()
}

fn literal(expr: &Expr) -> Result<String> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Ok(text.clone()),
            Value::Number(number, _) => Ok(number.to_string()),
            other => Err(Error::syntax(format!("{other} is no partition value"))),
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => literal(expr).map(|text| format!("-{text}")),
        Expr::TypedString(typed) => match &typed.value.value {
            Value::SingleQuotedString(text) => Ok(text.clone()),
            other => Err(Error::syntax(format!("{other} is no partition value"))),
        },
        other => Err(Error::syntax(format!("{other} is no partition value"))),
    }
}
