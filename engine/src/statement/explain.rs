//! EXPLAIN: the plan as DataFusion has it. Redshift's own form (XN …) comes with distribution.

use std::sync::Arc;

use blueshift_sql::ast::{self, Statement};
use datafusion::{
    arrow::{array::StringViewArray, record_batch::RecordBatch},
    physical_plan::displayable,
};

use crate::{
    error::{Error, Result},
    session::{Session, StatementResult, result_column},
    types::RedshiftType,
};

/// Plans a query and shows the plan, a line a row.
pub async fn execute(session: &mut Session, explain: &ast::Explain) -> Result<StatementResult> {
    let Statement::Query(query) = &*explain.statement else {
        return Err(Error::not_supported("EXPLAIN of anything but a query"));
    };
    let plan = session.plan_query(query)?;
    let text = if explain.verbose {
        session.optimize(&plan)?.display_indent().to_string()
    } else {
        displayable(session.physical_plan(&plan).await?.as_ref()).indent(false).to_string()
    };
    lines("QUERY PLAN", text.lines(), "EXPLAIN")
}

/// Text as a result of one column, a line a row.
pub fn lines<'t>(column: &str, lines: impl Iterator<Item = &'t str>, tag: &str) -> Result<StatementResult> {
    let field = RedshiftType::Varchar(None).field(column, false);
    let array: StringViewArray = lines.map(Some).collect();
    let columns = vec![result_column(&field)];
    let schema = Arc::new(datafusion::arrow::datatypes::Schema::new(vec![field]));
    let batch = RecordBatch::try_new(schema, vec![Arc::new(array)]).map_err(Error::internal)?;
    Ok(StatementResult::Rows { columns, batches: vec![batch], tag: tag.to_owned() })
}
