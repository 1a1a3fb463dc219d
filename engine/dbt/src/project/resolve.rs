//! What `ref` and `source` mean: the relation behind a name.

use crate::{
    Error, Result,
    jinja::context::Resolve,
    project::{Node, Project, SourceTable},
    relation::Relation,
};

impl Project {
    /// The model or seed that a `ref` means; an error that names what is wrong.
    pub fn find_ref(&self, package: Option<&str>, name: &str) -> Result<&Node> {
        if let Some(package) = package.filter(|package| *package != self.name) {
            return Err(Error::unsupported(format!("ref('{package}', '{name}'): the package `{package}`")));
        }
        self.node_named(name).ok_or_else(|| match self.disabled.get(name) {
            Some(path) => Error::dependency(format!("ref('{name}') points to a disabled node ({})", path.display())),
            None => Error::dependency(format!("ref('{name}') points to a node that was not found")),
        })
    }

    /// The table that a `source` means.
    pub fn find_source(&self, source: &str, table: &str) -> Result<&SourceTable> {
        let id = format!("source.{}.{source}.{table}", self.name);
        let missing =
            || Error::dependency(format!("source('{source}', '{table}') points to a source that was not found"));
        self.sources.get(&id).ok_or_else(missing)
    }

    /// An error unless the node `from` is known to depend on `id`: dbt builds the graph from what it
    /// sees while parsing, so a reference that shows up only now was never in the graph.
    fn check_inferred(&self, from: &str, id: &str, call: &str) -> Result<()> {
        let known = self.nodes.get(from).is_none_or(|node| node.depends_on.iter().any(|known| known == id));
        if known {
            return Ok(());
        }
        Err(Error::compilation(format!(
            "dbt was unable to infer all dependencies: {call} is called only at run time (inside `is_incremental()` or \
             `execute`?). Add this comment to the top of the model: -- depends_on: {{{{ {call} }}}}"
        )))
    }
}

impl Resolve for Project {
    fn resolve_ref(&self, from: &str, package: Option<&str>, name: &str) -> Result<Relation> {
        let node = self.find_ref(package, name)?;
        self.check_inferred(from, &node.unique_id, &format!("ref('{name}')"))?;
        if node.is_ephemeral() {
            return Ok(Relation::cte(&node.cte_name()));
        }
        let mut relation = node.relation.clone();
        relation.kind = match node.materialized() {
            "view" => Some("view".to_owned()),
            "materialized_view" => Some("materialized_view".to_owned()),
            _ => Some("table".to_owned()),
        };
        Ok(relation)
    }

    fn resolve_source(&self, from: &str, source: &str, table: &str) -> Result<Relation> {
        let found = self.find_source(source, table)?;
        self.check_inferred(from, &found.unique_id, &format!("source('{source}', '{table}')"))?;
        Ok(found.relation.clone())
    }
}
