//! An opened warehouse: the storage, the data catalog, the query engine's state, and the sessions
//! made from them. Nothing is global: two engines can live in one process.

use std::sync::Arc;

use datafusion::{
    execution::{
        FunctionRegistry, SessionState, SessionStateBuilder,
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::MemoryPool,
        runtime_env::RuntimeEnvBuilder,
    },
    optimizer::{Analyzer, Optimizer},
    prelude::SessionConfig,
};

use crate::{
    binder::{RedshiftOperators, semantics::RedshiftSemantics},
    compute::Compute,
    config::Config,
    error::Result,
    functions,
    glue::{self, DataCatalog},
    lake::{LakeFolder, ObjectStores},
    optimizer::{self, BoundedRecursion, CastNullability, PartitionedWindows, Yielding},
    session::{
        ClientInfo, Session, SessionRegistry,
        auto_refresh::{self, AutoRefresh},
        process_functions,
        queue::QueryQueue,
    },
    storage::{FileSystem, LocalFileSystem, head::Head, verify::VerifyReport},
    transaction::{CatalogSnapshot, Warehouse},
};

/// The file of the data catalog.
const DATA_CATALOG: &str = "glue.sqlite";

/// An opened warehouse. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
}

/// What all sessions of an engine share.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) warehouse: Arc<Warehouse>,
    pub(crate) data_catalog: Arc<DataCatalog>,
    pub(crate) stores: Arc<ObjectStores>,
    pub(crate) lake: Arc<LakeFolder>,
    pub(crate) state: SessionState,
    /// Where queries compute.
    pub(crate) compute: Compute,
    /// The sessions that are alive, and what they ran.
    pub(crate) registry: Arc<SessionRegistry>,
    /// Where queries wait for their turn.
    pub(crate) queue: QueryQueue,
    /// Which materialized views are to be refreshed.
    pub(crate) auto_refresh: AutoRefresh,
}

impl Engine {
    /// Opens the warehouse of `config`, and makes it when there is none.
    ///
    /// Errors: a folder that cannot be made or read, a damaged catalog.
    pub fn open(config: Config) -> Result<Engine> {
        Engine::open_with(config, Arc::new(LocalFileSystem))
    }

    /// The same on another file system, for tests with faults.
    pub fn open_with(config: Config, file_system: Arc<dyn FileSystem>) -> Result<Engine> {
        let warehouse = Warehouse::open_with(&config, file_system)?;
        let file_system = Arc::clone(warehouse.segments().file_system());
        let head = Head::new(Arc::clone(&file_system), config.warehouse.join("locks"), "head-glue", DATA_CATALOG);
        let data_catalog = DataCatalog::open_with(&config.warehouse.join(DATA_CATALOG), Some(head))?;
        let stores = Arc::new(ObjectStores::new_on(&config, Arc::clone(&file_system)));
        let lake = Arc::new(LakeFolder::open(file_system, config.warehouse.join("lake"))?);
        let registry = Arc::new(SessionRegistry::default());
        let state = session_state(&config, &warehouse, &registry)?;
        let queue = QueryQueue::new(config.query_slots.max(1));
        let data_catalog = Arc::new(data_catalog);
        let compute = Compute::new(config.threads)?;
        let auto_refresh = AutoRefresh::default();
        let shared =
            Shared { warehouse, data_catalog, stores, lake, state, compute, config, registry, queue, auto_refresh };
        Ok(Engine { shared: Arc::new(shared) })
    }

    /// A new session of the warehouse's own user. Takes well under a millisecond.
    pub fn session(&self) -> Session {
        let Config { user, database, .. } = &self.shared.config;
        Session::new(Arc::clone(&self.shared), user, database, ClientInfo::default())
    }

    /// A new session of another user; who they are was proved before.
    pub fn session_as(&self, user: &str, database: &str, client: ClientInfo) -> Session {
        Session::new(Arc::clone(&self.shared), user, database, client)
    }

    /// The catalog as it was committed last.
    pub(crate) fn catalog_snapshot(&self) -> Result<Arc<CatalogSnapshot>> {
        self.shared.warehouse.begin().snapshot()
    }

    /// The sessions that are alive, and what they ran.
    pub fn registry(&self) -> &Arc<SessionRegistry> {
        &self.shared.registry
    }

    /// Refreshes the materialized views with AUTO REFRESH YES that wait for it. To be awaited before a process ends
    /// that may not have had the time.
    pub async fn settle(&self) {
        auto_refresh::settle(&self.shared).await;
    }

    /// Checks the whole warehouse without changing it: both catalogs, and every file's existence,
    /// length, checksum and rows, also of the lake. `progress` is told the files checked and the files there are.
    pub fn verify(&self, mut progress: impl FnMut(usize, usize)) -> Result<VerifyReport> {
        let mut report = self.shared.warehouse.verify(&mut progress)?;
        glue::verify::verify(self.data_catalog(), self.lake(), &mut report, progress)?;
        Ok(report)
    }

    /// The settings that the engine was opened with.
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// The memory that queries, writers and jobs share.
    pub fn memory_pool(&self) -> &Arc<dyn MemoryPool> {
        self.shared.warehouse.segments().memory_pool()
    }

    /// The data catalog.
    pub fn data_catalog(&self) -> &Arc<DataCatalog> {
        &self.shared.data_catalog
    }

    /// The lake folder: what the Glue job writes.
    pub fn lake(&self) -> &Arc<LakeFolder> {
        &self.shared.lake
    }

    /// The object stores behind locations.
    pub fn object_stores(&self) -> &Arc<ObjectStores> {
        &self.shared.stores
    }
}

/// The query engine: Redshift's functions, types and rules; bounded memory; spill files below the warehouse.
fn session_state(config: &Config, warehouse: &Warehouse, registry: &Arc<SessionRegistry>) -> Result<SessionState> {
    let spill = DiskManagerBuilder::default()
        .with_mode(DiskManagerMode::Directories(vec![config.warehouse.join("tmp")]))
        .with_max_temp_directory_size(config.spill_limit_bytes);
    let store = warehouse.segments();
    let pool = Arc::clone(store.memory_pool());
    let runtime = RuntimeEnvBuilder::new().with_disk_manager_builder(spill).with_memory_pool(pool).build_arc()?;
    runtime.register_object_store(store.url().as_ref(), Arc::clone(store.object_store()) as _);

    let mut options = SessionConfig::new().with_target_partitions(config.threads.max(1));
    let parser = &mut options.options_mut().sql_parser;
    parser.parse_float_as_decimal = true;
    // Names are folded by our own lexer.
    parser.enable_ident_normalization = false;
    parser.map_string_types_to_utf8view = true;
    parser.default_null_ordering = "nulls_max".to_owned();
    options.options_mut().execution.time_zone = Some("UTC".to_owned());

    // It would also compare metadata, which only the logical plan carries through: declared lengths of text.
    options.options_mut().execution.skip_physical_aggregate_schema_check = true;

    let mut analyzer = Analyzer::new();
    analyzer.rules.insert(0, Arc::new(RedshiftSemantics));
    let mut rules = Optimizer::new().rules;
    optimizer::guard(&mut rules);
    optimizer::keep_keys(&mut rules);
    optimizer::insert_join_order(&mut rules);
    rules.push(Arc::new(CastNullability));
    let mut builder = SessionStateBuilder::new()
        .with_config(options)
        .with_runtime_env(runtime)
        .with_expr_planners(vec![Arc::new(RedshiftOperators)])
        .with_default_features();
    // Only Redshift's functions can be called: DataFusion's are replaced by ours, and others are not known.
    *builder.scalar_functions() = None;
    *builder.aggregate_functions() = None;
    *builder.window_functions() = None;
    let mut state = builder
        .with_analyzer_rules(analyzer.rules)
        .with_optimizer_rules(rules)
        .with_physical_optimizer_rules(optimizer::physical_rules())
        .with_physical_optimizer_rule(Arc::new(BoundedRecursion))
        .with_physical_optimizer_rule(Arc::new(PartitionedWindows))
        .with_physical_optimizer_rule(Arc::new(Yielding))
        .build();
    functions::register_all(&mut state)?;
    for function in process_functions(registry) {
        state.register_udf(Arc::new(function))?;
    }
    Ok(state)
}
