//! Planning and running queries.

use std::sync::Arc;

use blueshift_sql::ast::Query;
use datafusion::{
    arrow::{
        datatypes::{DataType, Field},
        record_batch::RecordBatch,
    },
    common::Column,
    execution::{
        SendableRecordBatchStream, SessionState,
        disk_manager::DiskManager,
        memory_pool::{MemoryConsumer, MemoryPool},
    },
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast},
    physical_plan::{ExecutionPlan, joins::HashJoinExec},
};
use futures::{FutureExt, TryStreamExt};

use super::{ResultColumn, Session, leader_node};
use crate::{
    binder::{Binder, Bindings},
    compute::Frugal,
    error::{Error, Result, SqlState},
    rewrite::column_name,
    types::RedshiftType,
};

impl Session {
    /// Binds and type-checks a query.
    pub(crate) fn plan_query(&mut self, query: &Query) -> Result<LogicalPlan> {
        self.plan_query_with(query, Bindings::new())
    }

    /// The same, with names that stand for given relations.
    pub(crate) fn plan_query_with(&mut self, query: &Query, bindings: Bindings) -> Result<LogicalPlan> {
        let context = self.bind_context()?;
        let shared = Arc::clone(&self.shared);
        let state = Arc::clone(self.state());
        let binder = Binder::new(&state, &context, shared.warehouse.segments()).with_bindings(bindings);
        let plan = self.analyze(binder.bind_query(query)?)?;
        leader_node::check(query, !binder.used_names().is_empty())?;
        with_typed_nulls(plan)
    }

    /// Columns as clients see them: their names in upper case when the session wants that.
    pub(crate) fn named(&self, mut columns: Vec<ResultColumn>) -> Vec<ResultColumn> {
        if self.parameters.is_on("describe_field_name_in_uppercase") {
            columns.iter_mut().for_each(|column| column.name = column.name.to_uppercase());
        }
        columns
    }

    /// Gives a bound plan its final types.
    pub(crate) fn analyze(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        let state = self.state();
        Ok(state.analyzer().execute_and_check(plan, state.config_options(), |_, _| {})?)
    }

    /// The memory that all queries share.
    pub(crate) fn memory_pool(&self) -> &Arc<dyn MemoryPool> {
        &self.shared.state.runtime_env().memory_pool
    }

    /// Where files for what does not fit memory are made.
    pub(crate) fn disk_manager(&self) -> Arc<DiskManager> {
        Arc::clone(&self.shared.state.runtime_env().disk_manager)
    }

    /// A plan after DataFusion's optimizer.
    pub(crate) fn optimize(&self, plan: &LogicalPlan) -> Result<LogicalPlan> {
        Ok(self.state().optimize(plan)?)
    }

    /// The physical plan of a bound plan.
    pub(crate) async fn physical_plan(&self, plan: &LogicalPlan) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self.state().create_physical_plan(plan).await?)
    }

    /// Starts a plan on the threads of the engine. Dropping the stream stops it.
    pub(crate) async fn stream(&self, plan: &LogicalPlan) -> Result<SendableRecordBatchStream> {
        let physical = self.physical_plan(plan).await?;
        let frugal = has_hash_join(&physical).then(|| sorted_joins(Arc::clone(self.state()), plan.clone()));
        self.shared.compute.run(physical, self.state().task_ctx(), frugal)
    }

    /// Runs a plan to its end and keeps its rows.
    pub(crate) async fn collect(&self, plan: &LogicalPlan) -> Result<Vec<RecordBatch>> {
        let mut stream = self.stream(plan).await?;
        let mut batches = vec![];
        let memory = MemoryConsumer::new("result").register(self.memory_pool());
        while let Some(batch) = stream.try_next().await? {
            if memory.try_grow(batch.get_array_memory_size()).is_err() {
                return Err(Error::new(SqlState::OUT_OF_MEMORY, "the result does not fit the memory limit")
                    .with_hint("Raise --memory-limit, or ask for fewer rows with LIMIT."));
            }
            batches.push(batch);
        }
        Ok(batches)
    }
}

fn has_hash_join(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.downcast_ref::<HashJoinExec>().is_some() || plan.children().into_iter().any(has_hash_join)
}

/// The same query with joins of sorted inputs, which go to disk where hash tables cannot.
fn sorted_joins(state: Arc<SessionState>, plan: LogicalPlan) -> Frugal {
    Box::new(|| {
        async move {
            let mut state = SessionState::clone(&state);
            let options = state.config_mut().options_mut();
            options.optimizer.prefer_hash_join = false;
            // With one partition the planner does not ask.
            options.execution.target_partitions = options.execution.target_partitions.max(2);
            state.create_physical_plan(&plan).await
        }
        .boxed()
    })
}

/// A bare NULL in a select list is of type text.
fn with_typed_nulls(plan: LogicalPlan) -> Result<LogicalPlan> {
    if plan.schema().fields().iter().all(|field| *field.data_type() != DataType::Null) {
        return Ok(plan);
    }
    let columns = plan.schema().iter().map(|(qualifier, field)| {
        let column = Expr::Column(Column::from((qualifier, field)));
        if *field.data_type() == DataType::Null { cast(column, DataType::Utf8View).alias(field.name()) } else { column }
    });
    let columns: Vec<Expr> = columns.collect();
    Ok(LogicalPlanBuilder::from(plan).project(columns)?.build()?)
}

/// The columns that a plan gives, as clients see them.
pub(crate) fn result_columns(plan: &LogicalPlan) -> Vec<ResultColumn> {
    plan.schema().fields().iter().map(|field| result_column(field)).collect()
}

pub(crate) fn result_column(field: &Field) -> ResultColumn {
    ResultColumn {
        name: column_name::visible(field.name()).to_owned(),
        type_name: RedshiftType::of_field(field)
            .map_or_else(|| field.data_type().to_string().to_lowercase(), |redshift_type| redshift_type.client_name()),
        data_type: field.data_type().clone(),
    }
}
