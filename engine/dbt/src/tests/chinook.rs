//! The project in `data/chinook`: everything loads and compiles, and runs in a sensible order.

use std::path::Path;

use super::*;
use crate::{Node, NodeKind, Status};

#[test]
fn the_chinook_project_loads_compiles_and_builds() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/chinook");
    if !dir.join("dbt_project.yml").is_file() {
        // The crate may be tested on its own, without the repository around it.
        return;
    }
    let target = Target { threads: 4, ..Target::default() };
    let project = Arc::new(Project::load(&dir, &target, &BTreeMap::new()).unwrap());
    assert_eq!(project.warnings(), [] as [&str; 0]);
    assert_eq!(project.node_named("dim_track").unwrap().relation.to_string(), r#""dev"."gold"."dim_track""#);
    let runner = Runner::new(project.clone(), Arc::new(Fake::default()), RunOptions::default());
    let results = runner.run(Command::Compile, &Selection::default(), &crate::Silent).unwrap();
    let failed: Vec<_> = results.results.iter().filter(|result| result.status != Status::Success).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let (contracted, plain): (Vec<&Node>, Vec<&Node>) = project
        .nodes
        .values()
        .filter(|node| node.kind != NodeKind::Test)
        .partition(|node| node.config.contract_enforced());
    assert!(!contracted.is_empty() && !plain.is_empty());
    for nodes in contracted.iter().map(std::slice::from_ref) {
        build(&project, nodes, 1);
    }
    build(&project, &plain, 2);
}

/// Builds nodes a number of times; the fake says of contracted ones that they keep their contract.
fn build(project: &Arc<Project>, nodes: &[&Node], times: usize) {
    let fake = Fake::default();
    for node in nodes.iter().filter(|node| node.config.contract_enforced()) {
        let columns = node.columns.iter().map(|column| (column.name.as_str(), column.data_type.as_deref().unwrap()));
        fake.answer("__dbt_sbq", &columns.collect::<Vec<_>>(), Vec::new());
    }
    for node in nodes {
        let place = format!("{}.{}", node.relation.schema(), node.relation.identifier());
        fake.set_columns(&place, &[("id", "integer")]);
    }
    let select = nodes.iter().map(|node| node.name.clone()).collect();
    let selection = Selection { select, exclude: Vec::new() };
    let runner = Runner::new(project.clone(), Arc::new(fake.clone()), RunOptions::default());
    for _ in 0..times {
        let results = runner.run(Command::Build, &selection, &crate::Silent).unwrap();
        let failed: Vec<_> = results.results.iter().filter(|result| result.status.is_failure()).collect();
        assert!(failed.is_empty(), "{failed:#?}");
    }
    let statements = fake.take_log();
    assert!(
        !statements.iter().any(|statement| statement.contains("{{") || statement.contains("None")),
        "unrendered Jinja"
    );
}
