//! CREATE VIEW.

use std::sync::Arc;

use blueshift_sql::ast::{self, Query};

use super::{create_table_as, name};
use crate::{
    binder::Binder,
    error::{Error, Result, SqlState},
    session::{Session, StatementResult},
    storage::metadata::{Relation, RelationId, ViewColumn},
    transaction::ViewDefinition,
};

/// Makes a view, or replaces one. A late-binding view is not checked before it is used.
pub fn execute(session: &mut Session, create: &ast::CreateView) -> Result<StatementResult> {
    if create.external {
        return Err(Error::not_supported("CREATE EXTERNAL VIEW"));
    }
    let schema_id = name::target_schema(session, &create.name, false)?;
    let view_name = name::identifier(create.name.name());
    let bound = bind(session, &create.query, &create.columns);
    let (columns, depends_on) = match bound {
        Ok(bound) => bound,
        // Its tables may come later.
        Err(_) if create.no_schema_binding => (vec![], vec![]),
        Err(error) => return Err(error),
    };
    let definition = ViewDefinition {
        schema_id,
        name: view_name.clone(),
        sql: blueshift_sql::unparse::sql_text(create.query.as_ref()),
        columns,
        late_binding: create.no_schema_binding,
        depends_on: if create.no_schema_binding { vec![] } else { depends_on },
        properties: serde_json::Value::Null,
    };
    replace_old(session, create, &definition)?;
    session.transaction()?.create_view(definition)?;
    Ok(StatementResult::done("CREATE VIEW"))
}

/// The columns of a view's query, and what it reads.
fn bind(session: &mut Session, query: &Query, names: &[ast::Ident]) -> Result<(Vec<ViewColumn>, Vec<RelationId>)> {
    let context = session.bind_context()?;
    let shared = Arc::clone(&session.shared);
    let binder = Binder::new(&shared.state, &context, shared.warehouse.segments());
    let plan = session.analyze(binder.bind_query(query)?)?;
    let columns = create_table_as::columns_of(&plan, names)?
        .into_iter()
        .map(|column| ViewColumn {
            name: column.name,
            data_type: column.data_type,
            redshift_type: column.redshift_type,
        })
        .collect();
    Ok((columns, binder.used_relations()))
}

fn replace_old(session: &mut Session, create: &ast::CreateView, new: &ViewDefinition) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    match snapshot.relation(new.schema_id, &new.name) {
        None => Ok(()),
        Some(Relation::View(old)) if create.or_replace => {
            let same = |(old, new): (&ViewColumn, &ViewColumn)| old.name == new.name;
            let compatible = old.columns.len() <= new.columns.len() && old.columns.iter().zip(&new.columns).all(same);
            if !old.columns.is_empty() && !new.late_binding && !compatible {
                return Err(Error::new(
                    SqlState::INVALID_DEFINITION,
                    "cannot change name or number of columns of a view",
                )
                .with_hint("Drop the view first."));
            }
            session.transaction()?.drop_relation(old.id)
        }
        Some(Relation::Table(_)) if create.or_replace => Err(Error::wrong_object_type(&new.name, "view")),
        Some(_) => Err(Error::duplicate_table(&new.name)),
    }
}
