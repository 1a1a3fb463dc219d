//! Syntax tree to logical plan: names are resolved against one snapshot of the catalog, types are
//! Redshift's, views are opened up.
//!
//! DataFusion's `SqlToRel` translates the query; what it asks for (tables, functions, types) comes
//! from [`Binder`]. It is given queries only: DDL and DML never reach it.

/// Privileges on what a query reads.
mod access;
/// Correlated values in aggregates.
mod aggregate_subquery;
/// Text whose case does not count.
pub mod collation;
/// What a statement sees: the snapshot, the search path, the session's values.
mod context;
/// Whether a query reads the system catalog alone.
mod leader;
/// What rows are grouped and sorted by.
mod group_key;
/// The same for grouping sets.
mod grouping_set;
/// Types of recursive common table expressions.
mod recursion;
/// Types of outer columns in subqueries.
mod correlated;
/// Correlated subqueries in forms that DataFusion joins rightly.
mod correlated_subquery;
/// Names to relations.
mod resolve;
/// Comparisons: operands of one type.
mod comparison;
/// Operators while a query is bound.
mod expr_planner;
/// Common types of CASE and UNION, declared lengths of columns.
mod result_type;
/// The analyzer rule that gives operators, literals and casts Redshift's meaning.
pub mod semantics;
/// SUPER in expressions, when the types are known.
mod super_expr;
/// SUPER in plans: grouping, sorting, joining, unions.
mod super_plan;
/// SUPER while expressions are planned.
mod super_planner;
/// Text is compared without the blanks at its end.
mod text_comparison;
/// Types in casts.
mod types;
/// Unnest in place of FROM items that iterate over SUPER values.
mod unnest;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::Arc,
};

use blueshift_sql::{
    ParserOptions,
    ast::{
        Query,
        sql::{Expr as SqlExpr, ObjectName, Statement as SqlStatement},
    },
};
use datafusion::{
    arrow::{
        array::{RecordBatch, RecordBatchOptions},
        datatypes::{DataType, Schema, SchemaRef},
    },
    catalog::{TableProvider, cte_worktable::CteWorkTable, view::ViewTable},
    common::{DFSchema, Result as DataFusionResult, ScalarValue, TableReference},
    config::ConfigOptions,
    datasource::provider_as_source,
    error::DataFusionError,
    execution::SessionState,
    logical_expr::{
        AggregateUDF, ColumnarValue, Expr, HigherOrderUDF, LogicalPlan, LogicalPlanBuilder, ScalarUDF, TableSource,
        WindowUDF, col,
        planner::{ContextProvider, ExprPlanner, TypePlanner},
    },
    sql::planner::{PlannerContext, SqlToRel},
};

pub use access::columns_read;
pub use context::BindContext;
pub use expr_planner::RedshiftOperators;
pub use resolve::{ResolvedRelation, resolve_name};
use super_planner::SuperPlanner;
pub use text_comparison::is_pruning_bound;

use crate::{
    catalog::system_view::table_function,
    error::{Error, Result},
    functions::{self, unknown::unknown_function},
    lake::external_table::ExternalTable,
    rewrite::{self, NodeRules, catalog::LeaderQuery},
    routine::inline,
    storage::{
        ManagedTable, SegmentStore,
        metadata::{Relation, RelationId, ViewSnapshot},
    },
};

/// Views on views may be nested this deep.
const VIEW_DEPTH_MAX: usize = 64;

/// How SQL text of the catalog is read: names in it are folded already.
pub const STORED_SQL: ParserOptions =
    ParserOptions { case_sensitive_identifiers: true, case_sensitive_attributes: true };

/// Names, as a query writes them, and the relations that they stand for.
pub type Bindings = HashMap<String, RelationId>;

/// Key of a view's properties that holds its [`Bindings`].
const BINDINGS: &str = "bindings";

/// The bindings among a view's properties; none for a late-binding view.
pub fn bindings_of(properties: &serde_json::Value) -> Bindings {
    let names = properties.get(BINDINGS).and_then(|names| names.as_object());
    let names = names.into_iter().flatten();
    names.filter_map(|(name, id)| Some((name.clone(), RelationId(id.as_i64()?)))).collect()
}

/// Properties of a view with its bindings.
pub fn with_bindings_in(mut properties: serde_json::Value, bindings: &Bindings) -> serde_json::Value {
    if !properties.is_object() {
        properties = serde_json::json!({});
    }
    properties[BINDINGS] = bindings.iter().map(|(name, id)| (name.clone(), serde_json::Value::from(id.0))).collect();
    properties
}

/// Mark at the end of a database name: this reference is the target of DML and shows its row ids.
const ROW_IDS_MARK: char = '\u{1}';

/// Binds queries of one statement.
pub struct Binder<'a> {
    state: &'a SessionState,
    context: &'a BindContext,
    store: &'a Arc<SegmentStore>,
    view_depth: usize,
    /// Relations that were looked up, for dependencies of views.
    used: RefCell<Vec<(String, RelationId)>>,
    /// Names that stand for what they stood for when a view was made.
    bindings: Bindings,
    /// Whose privileges count; None: those of the session's user. A view reads with its owner's.
    acting: Option<String>,
    /// Tables of which only some columns may be read.
    restricted: RefCell<Vec<access::Restricted>>,
    expr_planners: Vec<Arc<dyn ExprPlanner>>,
    /// Whether a table, view or external table was looked up.
    reads_user_tables: Cell<bool>,
    /// Whether anything was.
    reads_tables: Cell<bool>,
    /// The query names `"$path"` or `"$size"`, so external tables show them.
    pseudo_columns: Cell<bool>,
}

impl<'a> Binder<'a> {
    /// A binder that sees what `context` holds.
    pub fn new(state: &'a SessionState, context: &'a BindContext, store: &'a Arc<SegmentStore>) -> Self {
        let super_planner = SuperPlanner { strict: !context.constants.super_options.navigate_null_on_error };
        let mut expr_planners: Vec<Arc<dyn ExprPlanner>> = vec![Arc::new(super_planner)];
        expr_planners.extend(state.expr_planners().iter().cloned());
        Binder {
            state,
            context,
            store,
            view_depth: 0,
            used: RefCell::default(),
            bindings: Bindings::new(),
            acting: None,
            restricted: RefCell::default(),
            expr_planners,
            reads_user_tables: Cell::default(),
            reads_tables: Cell::default(),
            pseudo_columns: Cell::default(),
        }
    }

    /// With names that stand for given relations, whatever else bears them by now.
    pub fn with_bindings(self, bindings: Bindings) -> Self {
        Binder { bindings, ..self }
    }

    /// The plan of `query`.
    ///
    /// Errors: what is unknown, ambiguous, of the wrong type or not supported.
    pub fn bind_query(&self, query: &Query) -> Result<LogicalPlan> {
        let rules = NodeRules::of(query);
        let mut query = query.clone();
        self.pseudo_columns.set(self.context.pseudo_columns && rewrite::names_pseudo_columns(&query));
        let mut rewrite_context = self.rewrite_context();
        if let Some(reads) = leader::leader_query(self.context, &query) {
            rewrite::catalog::rewrite(&mut query, reads);
            // What Redshift rejects over tables it still knows on its leader node.
            rewrite_context.strict &= reads == LeaderQuery::Nothing;
        }
        rewrite::rewrite_query(&mut query, rewrite_context)?;
        let planner = SqlToRel::new(self);
        let plan = planner.sql_statement_to_plan(SqlStatement::Query(Box::new(query)))?;
        if self.context.strict {
            rules.check(self.reads_user_tables.get(), self.reads_tables.get())?;
        }
        access::check_columns(&plan, &self.restricted.borrow())?;
        inline::expand(unnest::place_unnests(plan)?, self)
    }

    /// What the binder sees.
    pub(crate) fn context(&self) -> &BindContext {
        self.context
    }

    /// An expression over the columns of `schema`.
    pub fn bind_expr(&self, expr: &SqlExpr, schema: &DFSchema) -> Result<Expr> {
        let mut expr = expr.clone();
        rewrite::rewrite_expr(&mut expr, self.rewrite_context())?;
        let planner = SqlToRel::new(self);
        Ok(planner.sql_to_expr(expr, schema, &mut PlannerContext::new())?)
    }

    fn rewrite_context(&self) -> rewrite::RewriteContext<'_> {
        rewrite::RewriteContext {
            constants: &self.context.constants,
            database: &self.context.database,
            relations: self,
            strict: self.context.strict,
            pseudo_columns: self.pseudo_columns.get(),
        }
    }

    /// Ids of the tables and views that were looked up, each once.
    pub fn used_relations(&self) -> Vec<RelationId> {
        let mut used: Vec<RelationId> = self.used.borrow().iter().map(|(_, id)| *id).collect();
        used.sort();
        used.dedup();
        used
    }

    /// The names that were looked up, and what they stood for.
    pub fn used_names(&self) -> Bindings {
        self.used.borrow().iter().cloned().collect()
    }

    /// What a name stands for: what it is bound to, or what the catalog has now.
    fn resolve(&self, name: &TableReference) -> Result<ResolvedRelation> {
        let Some(id) = self.bindings.get(&name.to_string()) else { return resolve_name(self.context, name) };
        match self.context.snapshot.relation_by_id(*id) {
            Some(Relation::Table(table)) => Ok(ResolvedRelation::Table(table)),
            Some(Relation::View(view)) => Ok(ResolvedRelation::View(view)),
            None => Err(Error::undefined_table(name)),
        }
    }

    /// The name by which a query of ours refers to the target of DML, so that its row ids are there.
    pub fn row_ids_database(database: &str) -> String {
        format!("{database}{ROW_IDS_MARK}")
    }

    fn provider(&self, name: &TableReference) -> Result<Arc<dyn TableProvider>> {
        let (name, wants_row_ids) = unmark(name);
        let resolved = self.resolve(&name)?;
        self.reads_tables.set(true);
        if !matches!(resolved, ResolvedRelation::System(_)) {
            self.reads_user_tables.set(true);
        }
        match resolved {
            ResolvedRelation::Table(table) => {
                self.used.borrow_mut().push((name.to_string(), table.id));
                self.context.reads.record(table.id);
                if !wants_row_ids {
                    self.check_read(&name, &Relation::Table(Arc::clone(&table)))?;
                }
                let store = Arc::clone(self.store);
                Ok(Arc::new(if wants_row_ids {
                    ManagedTable::with_row_ids(store, table)
                } else {
                    let statistics = crate::transaction::TableStatistics::of(&self.context.snapshot, table.id);
                    ManagedTable::new(store, table).with_distinct(statistics.map(|s| s.distinct).unwrap_or_default())
                }))
            }
            ResolvedRelation::View(view) => {
                self.used.borrow_mut().push((name.to_string(), view.id));
                self.check_read(&name, &Relation::View(Arc::clone(&view)))?;
                self.view(&view)
            }
            ResolvedRelation::External(table) => {
                self.check_external(&name)?;
                self.with_pseudo_columns(table)
            }
            ResolvedRelation::System(table) => Ok(table),
        }
    }

    /// An external table that shows its pseudo columns when the query names them.
    fn with_pseudo_columns(&self, table: Arc<dyn TableProvider>) -> Result<Arc<dyn TableProvider>> {
        match table.downcast_ref::<ExternalTable>() {
            Some(external) if self.pseudo_columns.get() => {
                let contents = Arc::new(external.contents().clone());
                let shown = ExternalTable::new(contents, Arc::clone(&self.context.stores))?.with_pseudo_columns()?;
                Ok(Arc::new(shown))
            }
            _ => Ok(table),
        }
    }

    /// A view as a table whose plan the optimizer opens up.
    fn view(&self, view: &ViewSnapshot) -> Result<Arc<dyn TableProvider>> {
        if self.view_depth >= VIEW_DEPTH_MAX {
            return Err(Error::not_supported(format!("nesting of more than {VIEW_DEPTH_MAX} views")));
        }
        let query = blueshift_sql::parse_query(&view.sql, STORED_SQL)
            .map_err(|error| Error::internal(format!("view \"{}\" cannot be read: {error}", view.name)))?;
        let inner = Binder {
            view_depth: self.view_depth + 1,
            used: RefCell::default(),
            bindings: bindings_of(&view.properties),
            acting: self.owner_of(view)?,
            restricted: RefCell::default(),
            expr_planners: self.expr_planners.clone(),
            reads_user_tables: Cell::default(),
            reads_tables: Cell::default(),
            pseudo_columns: Cell::default(),
            ..*self
        };
        let plan = inner.bind_query(&query)?;
        let plan = if view.late_binding { plan } else { with_columns(plan, view)? };
        Ok(Arc::new(ViewTable::new(plan, Some(view.sql.clone()))))
    }
}

/// A view shows the columns it was made with, also when `*` would give more today.
fn with_columns(plan: LogicalPlan, view: &ViewSnapshot) -> Result<LogicalPlan> {
    let fields = plan.schema().fields();
    if view.columns.len() > fields.len() {
        return Err(Error::internal(format!("view \"{}\" has lost columns", view.name)));
    }
    let projection: Vec<Expr> = view
        .columns
        .iter()
        .zip(plan.schema().columns())
        .map(|(column, source)| col(source).alias(&column.name))
        .collect();
    Ok(LogicalPlanBuilder::from(plan).project(projection)?.build()?)
}

fn unmark(name: &TableReference) -> (TableReference, bool) {
    match name {
        TableReference::Full { catalog, schema, table } if catalog.ends_with(ROW_IDS_MARK) => {
            let database = catalog.trim_end_matches(ROW_IDS_MARK);
            (TableReference::full(database, schema.as_ref(), table.as_ref()), true)
        }
        other => (other.clone(), false),
    }
}

impl Binder<'_> {
    /// The value of an expression without columns; any other expression as it is.
    fn folded(&self, expr: Expr) -> Expr {
        if matches!(expr, Expr::Literal(..)) || expr.any_column_refs() {
            return expr;
        }
        let evaluate = || -> DataFusionResult<ScalarValue> {
            let physical = self.state.create_physical_expr(expr.clone(), &DFSchema::empty())?;
            let options = RecordBatchOptions::new().with_row_count(Some(1));
            let row = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options)?;
            match physical.evaluate(&row)? {
                ColumnarValue::Scalar(value) => Ok(value),
                ColumnarValue::Array(array) => ScalarValue::try_from_array(&array, 0),
            }
        };
        match evaluate() {
            Ok(value) => Expr::Literal(value, None),
            Err(_) => expr,
        }
    }
}

impl rewrite::Relations for Binder<'_> {
    fn columns(&self, name: &ObjectName) -> Result<Option<Vec<String>>> {
        let parts: Option<Vec<&str>> =
            name.0.iter().map(|part| part.as_ident().map(|ident| ident.value.as_str())).collect();
        let name = match parts.as_deref() {
            Some([table]) => TableReference::bare(*table),
            Some([schema, table]) => TableReference::partial(*schema, *table),
            Some([database, schema, table]) => TableReference::full(*database, *schema, *table),
            _ => return Ok(None),
        };
        match self.provider(&name) {
            Ok(table) => Ok(Some(table.schema().fields().iter().map(|field| field.name().clone()).collect())),
            // The planner raises it, or the name is no relation at all.
            Err(_) => Ok(None),
        }
    }
}

impl ContextProvider for Binder<'_> {
    fn get_table_source(&self, name: TableReference) -> DataFusionResult<Arc<dyn TableSource>> {
        Ok(provider_as_source(self.provider(&name)?))
    }

    fn get_table_function_source(&self, name: &str, arguments: Vec<Expr>) -> DataFusionResult<Arc<dyn TableSource>> {
        let arguments: Vec<Expr> = arguments.into_iter().map(|argument| self.folded(argument)).collect();
        match table_function::find(self.context, name, &arguments)? {
            Some(table) => Ok(provider_as_source(table)),
            None => Err(DataFusionError::from(Error::not_supported(format!("table function {name}")))),
        }
    }

    fn create_cte_work_table(&self, name: &str, schema: SchemaRef) -> DataFusionResult<Arc<dyn TableSource>> {
        Ok(provider_as_source(Arc::new(CteWorkTable::new(name, schema))))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        &self.expr_planners
    }

    fn get_type_planner(&self) -> Option<Arc<dyn TypePlanner>> {
        Some(Arc::new(types::RedshiftTypes))
    }

    /// A name that no function bears stands for one that refuses its arguments, so that the error tells their types.
    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        let name = name.strip_prefix("pg_catalog.").unwrap_or(name);
        let built_in = self.state.scalar_functions().get(name).cloned();
        let elsewhere = name == "array agg"
            || self.state.aggregate_functions().contains_key(name)
            || self.state.window_functions().contains_key(name);
        built_in
            .or_else(|| functions::catalog::bind(name, self.context))
            .or_else(|| inline::function(self.context, name))
            .or_else(|| (!elsewhere && name != "unnest").then(|| unknown_function(name)))
    }

    fn get_higher_order_meta(&self, _name: &str) -> Option<Arc<HigherOrderUDF>> {
        None
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        let name = name.strip_prefix("pg_catalog.").unwrap_or(name);
        // The name that rewritten queries over the catalog use.
        if name == "array agg" {
            return Some(datafusion::functions_aggregate::array_agg::array_agg_udaf());
        }
        self.state.aggregate_functions().get(name).cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        self.state.window_functions().get(name).cloned()
    }

    fn get_variable_type(&self, _names: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        self.state.config_options()
    }

    fn udf_names(&self) -> Vec<String> {
        self.state.scalar_functions().keys().cloned().collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        vec![]
    }

    fn udaf_names(&self) -> Vec<String> {
        self.state.aggregate_functions().keys().cloned().collect()
    }

    fn udwf_names(&self) -> Vec<String> {
        self.state.window_functions().keys().cloned().collect()
    }
}
