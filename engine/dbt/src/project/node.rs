//! Nodes: models, seeds and tests; and the tables of sources.

use std::path::PathBuf;

use serde_json::{Map, Value as Json, json};

use super::config::Config;
use crate::relation::Relation;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NodeKind {
    /// A `.sql` file of the model paths.
    Model,
    /// A `.csv` file of the seed paths.
    Seed,
    /// A generic or singular test.
    Test,
    /// A statement of `on-run-start` or `on-run-end`.
    Operation,
}

impl NodeKind {
    /// dbt's `resource_type`.
    pub fn as_str(self) -> &'static str {
        match self {
            NodeKind::Model => "model",
            NodeKind::Seed => "seed",
            NodeKind::Test => "test",
            NodeKind::Operation => "operation",
        }
    }
}

/// A constraint of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Constraint {
    /// `not_null`, `primary_key`, `foreign_key`, `unique`, `check`, `custom`.
    pub kind: String,
    /// Its name.
    pub name: Option<String>,
    /// The columns, for a constraint of the model.
    pub columns: Vec<String>,
    /// An expression, by kind.
    pub expression: Option<String>,
    /// The referenced relation, as written (`ref('x')`).
    pub to: Option<String>,
    /// The referenced columns.
    pub to_columns: Vec<String>,
}

/// A column as the properties file describes it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ColumnSpec {
    /// The name.
    pub name: String,
    /// The type, for contracts.
    pub data_type: Option<String>,
    /// The description.
    pub description: String,
    /// Whether the name is quoted in SQL.
    pub quote: bool,
    /// The constraints.
    pub constraints: Vec<Constraint>,
    /// Free metadata.
    pub meta: Json,
    /// Tags.
    pub tags: Vec<String>,
}

/// What makes a test generic.
#[derive(Debug, Clone, PartialEq)]
pub struct GenericTest {
    /// The macro without `test_`, e.g. `unique`.
    pub name: String,
    /// The package written in front of it, if any.
    pub namespace: Option<String>,
    /// The arguments, `model` and `column_name` included, as written.
    pub arguments: Map<String, Json>,
    /// The model or source that the test is attached to.
    pub attached_to: String,
}

/// One node of the graph.
#[derive(Debug, Clone)]
pub struct Node {
    /// e.g. `model.chinook.dim_track`.
    pub unique_id: String,
    /// The kind.
    pub kind: NodeKind,
    /// The name.
    pub name: String,
    /// The project's name.
    pub package: String,
    /// The file, relative to the project.
    pub path: PathBuf,
    /// The line of its definition, when it is not the whole file.
    pub line: Option<usize>,
    /// Package, folders, name.
    pub fqn: Vec<String>,
    /// The text of the file; empty for seeds and generic tests.
    pub raw_code: String,
    /// The merged config.
    pub config: Config,
    /// Where it is built; a test has only a name here.
    pub relation: Relation,
    /// The description.
    pub description: String,
    /// The described columns.
    pub columns: Vec<ColumnSpec>,
    /// The model's own constraints.
    pub constraints: Vec<Constraint>,
    /// The generic test behind a test node; `None` for a singular test.
    pub generic: Option<GenericTest>,
    /// `ref` calls: package and name.
    pub refs: Vec<(Option<String>, String)>,
    /// `source` calls.
    pub sources: Vec<(String, String)>,
    /// The ids of what it reads, sources included; filled once all nodes are known.
    pub depends_on: Vec<String>,
}

impl Node {
    /// Whether it becomes a CTE instead of a relation.
    pub fn is_ephemeral(&self) -> bool {
        self.kind == NodeKind::Model && self.config.materialized() == "ephemeral"
    }

    /// The CTE name of an ephemeral model.
    pub fn cte_name(&self) -> String {
        format!("__dbt__cte__{}", self.relation.identifier())
    }

    /// What is run: `table`, `view`, `incremental`, `seed`, `test`, …
    pub fn materialized(&self) -> &str {
        match self.kind {
            NodeKind::Model => self.config.materialized(),
            NodeKind::Seed => "seed",
            NodeKind::Test => "test",
            NodeKind::Operation => "hook",
        }
    }

    /// dbt's words for it in progress lines.
    pub fn describe(&self) -> String {
        let place = format!("{}.{}", self.relation.schema(), self.relation.identifier());
        match self.kind {
            NodeKind::Model => format!("sql {} model {place}", self.config.materialized()),
            NodeKind::Seed => format!("seed file {place}"),
            NodeKind::Test => format!("test {}", self.name),
            NodeKind::Operation => format!("hook: {}", self.name),
        }
    }

    /// `model` as templates see it.
    pub fn to_model(&self) -> Json {
        let columns: Map<String, Json> =
            self.columns.iter().map(|column| (column.name.clone(), column.to_json())).collect();
        json!({
            "unique_id": self.unique_id, "resource_type": self.kind.as_str(), "name": self.name,
            "package_name": self.package, "path": self.path, "original_file_path": self.path, "fqn": self.fqn,
            "database": self.relation.database, "schema": self.relation.schema, "alias": self.relation.identifier,
            "raw_code": self.raw_code, "raw_sql": self.raw_code, "language": "sql",
            "config": self.config.0, "tags": self.config.get("tags").cloned().unwrap_or_else(|| json!([])),
            "meta": self.config.get("meta").cloned().unwrap_or_else(|| json!({})),
            "description": self.description, "columns": columns,
            "constraints": self.constraints.iter().map(Constraint::to_json).collect::<Vec<_>>(),
            "refs": self.refs.iter().map(|(package, name)| json!({"package": package, "name": name})).collect::<Vec<_>>(),
            "sources": self.sources, "depends_on": {"nodes": self.depends_on},
        })
    }
}

impl ColumnSpec {
    fn to_json(&self) -> Json {
        json!({
            "name": self.name, "data_type": self.data_type, "description": self.description, "quote": self.quote,
            "meta": self.meta, "tags": self.tags,
            "constraints": self.constraints.iter().map(Constraint::to_json).collect::<Vec<_>>(),
        })
    }
}

impl Constraint {
    fn to_json(&self) -> Json {
        json!({
            "type": self.kind, "name": self.name, "columns": self.columns, "expression": self.expression,
            "to": self.to, "to_columns": self.to_columns,
        })
    }
}

/// One table of a source.
#[derive(Debug, Clone)]
pub struct SourceTable {
    /// e.g. `source.chinook.bronze.track`.
    pub unique_id: String,
    /// The source's name.
    pub source: String,
    /// The table's name in the project.
    pub name: String,
    /// The project's name.
    pub package: String,
    /// The relation that it stands for.
    pub relation: Relation,
    /// The properties file.
    pub path: PathBuf,
    /// The line of its definition.
    pub line: Option<usize>,
    /// Package, folders, source, table.
    pub fqn: Vec<String>,
    /// The tags.
    pub tags: Vec<String>,
    /// The description.
    pub description: String,
}
