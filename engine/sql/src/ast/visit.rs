//! Walks over the queries and expressions inside of a statement: prepared statements and PL/pgSQL put values in for
//! parameters and variables.

use std::ops::ControlFlow;

use sqlparser::ast::{VisitMut, VisitorMut};

use super::{Assignment, InsertSource, MergeAction, MergeMatched, Statement, TableElement, ValueOrDefault};

impl Statement {
    /// Visits the queries and expressions of queries, DML, CREATE … AS, EXPLAIN, EXECUTE, CALL and cursors.
    /// Other commands hold none that could depend on a parameter.
    pub fn visit_expressions<V: VisitorMut>(&mut self, visitor: &mut V) -> ControlFlow<V::Break> {
        match self {
            Statement::Query(query) => query.visit(visitor),
            Statement::Explain(explain) => explain.statement.visit_expressions(visitor),
            Statement::Insert(insert) => {
                insert.with.visit(visitor)?;
                match &mut insert.source {
                    InsertSource::DefaultValues => ControlFlow::Continue(()),
                    InsertSource::Query(query) => query.visit(visitor),
                    InsertSource::Values(rows) => rows.iter_mut().flatten().try_for_each(|v| value(v, visitor)),
                }
            }
            Statement::Update(update) => {
                update.with.visit(visitor)?;
                assignments(&mut update.assignments, visitor)?;
                update.from.visit(visitor)?;
                update.selection.visit(visitor)
            }
            Statement::Delete(delete) => {
                delete.with.visit(visitor)?;
                delete.using.visit(visitor)?;
                delete.selection.visit(visitor)
            }
            Statement::Merge(merge) => {
                merge.source.visit(visitor)?;
                merge.on.visit(visitor)?;
                let MergeAction::When { matched, not_matched } = &mut merge.action else {
                    return ControlFlow::Continue(());
                };
                if let Some(MergeMatched::Update(changes)) = matched {
                    assignments(changes, visitor)?;
                }
                let values = not_matched.iter_mut().flat_map(|insert| insert.values.iter_mut());
                values.into_iter().try_for_each(|v| value(v, visitor))
            }
            Statement::CreateTable(create) => create.elements.iter_mut().try_for_each(|element| match element {
                TableElement::Column(column) => column.default.visit(visitor),
                _ => ControlFlow::Continue(()),
            }),
            Statement::CreateTableAs(create) => create.query.visit(visitor),
            Statement::CreateView(create) => create.query.visit(visitor),
            Statement::CreateMaterializedView(create) => create.query.visit(visitor),
            Statement::DeclareCursor(declare) => declare.query.visit(visitor),
            Statement::Prepare(prepare) => prepare.statement.visit_expressions(visitor),
            Statement::Execute(execute) => execute.values.visit(visitor),
            Statement::Call(call) => call.arguments.visit(visitor),
            _ => ControlFlow::Continue(()),
        }
    }
}

fn value<V: VisitorMut>(value: &mut ValueOrDefault, visitor: &mut V) -> ControlFlow<V::Break> {
    match value {
        ValueOrDefault::Expr(expr) => expr.visit(visitor),
        ValueOrDefault::Default => ControlFlow::Continue(()),
    }
}

fn assignments<V: VisitorMut>(assignments: &mut [Assignment], visitor: &mut V) -> ControlFlow<V::Break> {
    assignments.iter_mut().try_for_each(|assignment| value(&mut assignment.value, visitor))
}
