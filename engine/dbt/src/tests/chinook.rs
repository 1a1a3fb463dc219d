//! The project in `data/chinook`: everything loads and compiles, and runs in a sensible order.

use std::path::Path;

use super::*;
use crate::Status;

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
    // Contracts compare with what the fake does not know, so only models without one are built.
    let selection = Selection { select: Vec::new(), exclude: vec!["config.contract.enforced:true+".to_owned()] };
    let results = runner.run(Command::Build, &selection, &crate::Silent).unwrap();
    let failed: Vec<_> = results.results.iter().filter(|result| result.status.is_failure()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
