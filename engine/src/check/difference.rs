//! What Redshift accepts and does not do as it says, and what only blueshift has.

use blueshift_sql::ast::{ColumnDefinition, CreateTable, Statement, TableConstraintKind, TableElement};

use super::Severity;

/// Severity, message and hint of what a statement does otherwise on Redshift.
pub fn of(statement: &Statement) -> Vec<(Severity, String, Option<String>)> {
    match statement {
        Statement::CreateTable(create) => constraints(create).into_iter().collect(),
        Statement::Set(set) if set.name.starts_with("blueshift_") => vec![(
            Severity::Error,
            format!("parameter \"{}\" exists in blueshift only", set.name),
            Some("Leave it out of scripts for Redshift.".to_owned()),
        )],
        Statement::CreateFunction(create) if create.language.starts_with("plpython") => vec![(
            Severity::Difference,
            "Redshift ends Python functions on 2026-06-30, and takes no new ones".to_owned(),
            Some("Write a SQL or Lambda function.".to_owned()),
        )],
        _ => vec![],
    }
}

/// Keys are information for the planner (page t_Defining_constraints).
fn constraints(create: &CreateTable) -> Option<(Severity, String, Option<String>)> {
    let of_column = |column: &ColumnDefinition| column.primary_key || column.unique || column.references.is_some();
    let has_keys = create.elements.iter().any(|element| match element {
        TableElement::Column(column) => of_column(column),
        TableElement::Constraint(constraint) => matches!(
            constraint.kind,
            TableConstraintKind::Unique(_)
                | TableConstraintKind::PrimaryKey(_)
                | TableConstraintKind::ForeignKey { .. }
        ),
        TableElement::Like { .. } => false,
    });
    has_keys.then(|| {
        (
            Severity::Difference,
            "primary keys, unique constraints and foreign keys are not enforced".to_owned(),
            Some("Redshift plans as if they held: duplicates give wrong answers. Test for them.".to_owned()),
        )
    })
}
