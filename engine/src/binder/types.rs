//! Types in casts: DataFusion's planner asks here first.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, FieldRef},
    common::Result as DataFusionResult,
    logical_expr::planner::TypePlanner,
};

use crate::types::RedshiftType;

/// Resolves the types that Redshift knows, and refuses all others.
#[derive(Debug, Default)]
pub struct RedshiftTypes;

impl TypePlanner for RedshiftTypes {
    fn plan_type(&self, sql_type: &blueshift_sql::ast::DataType) -> DataFusionResult<Option<DataType>> {
        Ok(Some(RedshiftType::in_expression(sql_type)?.arrow()))
    }

    fn plan_type_field(&self, sql_type: &blueshift_sql::ast::DataType) -> DataFusionResult<Option<FieldRef>> {
        let field = RedshiftType::in_expression(sql_type)?.field("", true);
        Ok(Some(Arc::new(field)))
    }
}
