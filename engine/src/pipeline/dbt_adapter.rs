//! dbt's database: sessions of the engine. The runner's threads are plain threads; each one blocks
//! on the runtime while its statement runs.

use std::collections::BTreeMap;

use blueshift_dbt::{Adapter, AdapterError, Cell, Column, Connection, Outcome, RelationKind};
use datafusion::{
    arrow::{
        array::{Array, AsArray},
        datatypes::{DataType, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type},
        record_batch::RecordBatch,
    },
    common::TableReference,
};
use tokio::runtime::Handle;

use crate::{
    Engine, Session,
    binder::{BindContext, ResolvedRelation, resolve_name},
    catalog::external_schema,
    error::{Error, Result, SqlState},
    session::StatementResult,
    statement::is_materialized_view,
    storage::metadata::Relation,
    types::{RedshiftType, text::format_value},
};

/// Opens sessions of an engine for the dbt runner.
pub struct EngineAdapter {
    engine: Engine,
    runtime: Handle,
}

impl EngineAdapter {
    /// An adapter whose statements run on `runtime`. Its connections must not be used on a thread of that runtime.
    pub fn new(engine: Engine, runtime: Handle) -> Self {
        EngineAdapter { engine, runtime }
    }
}

impl Adapter for EngineAdapter {
    fn connect(&self) -> std::result::Result<Box<dyn Connection>, AdapterError> {
        Ok(Box::new(EngineConnection { session: self.engine.session(), runtime: self.runtime.clone() }))
    }
}

struct EngineConnection {
    session: Session,
    runtime: Handle,
}

impl EngineConnection {
    fn lookup<T>(&mut self, look: impl FnOnce(&BindContext) -> Result<T>) -> std::result::Result<T, AdapterError> {
        self.session.lookup(look).map_err(adapter_error)
    }
}

impl Connection for EngineConnection {
    fn execute(&mut self, sql: &str) -> std::result::Result<Outcome, AdapterError> {
        let mut results = self.runtime.block_on(self.session.run(sql)).map_err(|failed| adapter_error(failed.error))?;
        match results.pop() {
            Some(result) => outcome(&result).map_err(adapter_error),
            None => Ok(Outcome::default()),
        }
    }

    fn relation(
        &mut self,
        database: &str,
        schema: &str,
        identifier: &str,
    ) -> std::result::Result<Option<RelationKind>, AdapterError> {
        let name = reference(database, schema, identifier);
        self.lookup(|context| match resolve_name(context, &name) {
            Ok(relation) => Ok(Some(kind(&relation))),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        })
    }

    fn columns(
        &mut self,
        database: &str,
        schema: &str,
        identifier: &str,
    ) -> std::result::Result<Vec<Column>, AdapterError> {
        let name = reference(database, schema, identifier);
        self.lookup(|context| Ok(relation_columns(&resolve_name(context, &name)?)))
    }

    fn relations(
        &mut self,
        _database: &str,
        schema: &str,
    ) -> std::result::Result<Vec<(String, RelationKind)>, AdapterError> {
        let schema = schema.to_lowercase();
        self.lookup(|context| {
            let mut found = BTreeMap::new();
            if let Some(managed) = context.snapshot.schema(&schema) {
                for relation in context.snapshot.relations(managed.id) {
                    found.insert(relation.name().to_owned(), relation_kind(relation));
                }
            }
            if let Some(external) = external_schema::find(&context.snapshot, &schema) {
                for table in context.data_catalog.tables(&external.database)? {
                    found.insert(table.name.clone(), RelationKind::External);
                }
            }
            Ok(found.into_iter().collect())
        })
    }

    fn schemas(&mut self, _database: &str) -> std::result::Result<Vec<String>, AdapterError> {
        self.lookup(|context| {
            let managed = context.snapshot.schemas().map(|schema| schema.name.clone());
            let external = external_schema::all(&context.snapshot).into_iter().map(|schema| schema.name);
            Ok(managed.chain(external).collect())
        })
    }
}

fn reference(database: &str, schema: &str, identifier: &str) -> TableReference {
    let (database, schema, identifier) = (database.to_lowercase(), schema.to_lowercase(), identifier.to_lowercase());
    match (database.is_empty(), schema.is_empty()) {
        (_, true) => TableReference::bare(identifier),
        (true, false) => TableReference::partial(schema, identifier),
        (false, false) => TableReference::full(database, schema, identifier),
    }
}

fn is_missing(error: &Error) -> bool {
    [SqlState::UNDEFINED_TABLE, SqlState::UNDEFINED_SCHEMA].contains(&error.state())
}

fn kind(relation: &ResolvedRelation) -> RelationKind {
    match relation {
        ResolvedRelation::Table(table) if is_materialized_view(table) => RelationKind::MaterializedView,
        ResolvedRelation::Table(_) => RelationKind::Table,
        ResolvedRelation::View(_) | ResolvedRelation::System(_) => RelationKind::View,
        ResolvedRelation::External(_) => RelationKind::External,
    }
}

fn relation_kind(relation: &Relation) -> RelationKind {
    match relation {
        Relation::Table(table) if is_materialized_view(table) => RelationKind::MaterializedView,
        Relation::Table(_) => RelationKind::Table,
        Relation::View(_) => RelationKind::View,
    }
}

fn relation_columns(relation: &ResolvedRelation) -> Vec<Column> {
    match relation {
        ResolvedRelation::Table(table) => {
            let column = |c: &crate::storage::metadata::Column| Column {
                name: c.name.clone(),
                data_type: c.redshift_type.clone(),
            };
            table.columns.iter().map(column).collect()
        }
        ResolvedRelation::View(view) => {
            view.columns.iter().map(|c| Column { name: c.name.clone(), data_type: c.redshift_type.clone() }).collect()
        }
        ResolvedRelation::External(table) | ResolvedRelation::System(table) => table
            .schema()
            .fields()
            .iter()
            .map(|field| Column {
                name: field.name().clone(),
                data_type: RedshiftType::of_field(field).map_or_else(String::new, |t| t.storable().to_string()),
            })
            .collect(),
    }
}

fn adapter_error(error: Error) -> AdapterError {
    AdapterError {
        sqlstate: error.state().0.to_owned(),
        message: error.message().to_owned(),
        detail: error.detail().map(str::to_owned),
        hint: error.hint().map(str::to_owned),
        position: error.position(),
        cancelled: error.state() == SqlState::QUERY_CANCELED,
    }
}

fn outcome(result: &StatementResult) -> Result<Outcome> {
    let tag = result.tag().to_owned();
    let rows_affected = match tag.split(' ').next() {
        Some("INSERT" | "UPDATE" | "DELETE") => tag.rsplit(' ').next().and_then(|count| count.parse().ok()),
        _ => None,
    };
    let columns = result
        .columns()
        .iter()
        .map(|column| Column { name: column.name.clone(), data_type: column.type_name.clone() })
        .collect();
    let mut rows = Vec::with_capacity(result.row_count());
    if let StatementResult::Rows { batches, .. } = result {
        for batch in batches {
            for row in 0..batch.num_rows() {
                rows.push(batch_row(batch, row)?);
            }
        }
    }
    Ok(Outcome { rows_affected, tag, columns, rows })
}

fn batch_row(batch: &RecordBatch, row: usize) -> Result<Vec<Cell>> {
    batch.columns().iter().map(|array| cell(array.as_ref(), row)).collect()
}

fn cell(array: &dyn Array, row: usize) -> Result<Cell> {
    if array.is_null(row) || *array.data_type() == DataType::Null {
        return Ok(Cell::Null);
    }
    Ok(match array.data_type() {
        DataType::Boolean => Cell::Boolean(array.as_boolean().value(row)),
        DataType::Int16 => Cell::Integer(array.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => Cell::Integer(array.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Cell::Integer(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => Cell::Float(array.as_primitive::<Float32Type>().value(row).into()),
        DataType::Float64 => Cell::Float(array.as_primitive::<Float64Type>().value(row)),
        other => {
            let decimal = matches!(other, DataType::Decimal128(..));
            let mut text = String::new();
            format_value(array, row, &mut text)?;
            if decimal { Cell::Decimal(text) } else { Cell::Text(text) }
        }
    })
}
