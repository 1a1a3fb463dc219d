//! Functions over the system catalog ("System information functions" of the guide, and those of
//! PostgreSQL that clients call).
//!
//! Those that need the catalog are made by the binder for one statement ([`bind`]): they hold what the
//! statement sees. Redshift runs them on the leader node only, and so they never leave the planner's
//! process. The others ([`SCALAR`]) keep no state, as all functions.

/// Arrays: constructor, subscript, ANY, ARRAY_TO_STRING, ARRAY_UPPER, …
pub mod array;
/// Arrays of text: concatenation, a prefix for each element.
mod array_text;
/// What a function of the catalog is, for DataFusion.
mod context_function;
/// PG_GET_VIEWDEF, PG_GET_CONSTRAINTDEF and their like.
mod definition;
/// OBJ_DESCRIPTION, COL_DESCRIPTION.
mod description;
/// FORMAT_TYPE, FORMAT_ENCODING, PG_ENCODING_TO_CHAR.
mod format;
/// Names to numbers of objects and back: `regclass` and its like.
pub mod object_name;
/// USER_IS_MEMBER_OF, ROLE_IS_MEMBER_OF.
mod membership;
/// HAS_TABLE_PRIVILEGE and its like.
mod privilege;
/// PG_LAST_QUERY_ID, CURRENT_SETTING, CURRENT_SCHEMAS, …
mod session;
/// PG_TABLE_SIZE and its like.
mod size;
/// The value of a subquery that gives at most one row.
pub mod single_value;
/// PG_TABLE_IS_VISIBLE and its like.
mod visible;

use std::sync::Arc;

use datafusion::logical_expr::{AggregateUDF, ScalarUDF};

use super::definition::{Documentation, ScalarFunction};
use crate::{binder::BindContext, catalog::system_view::SystemContext};
use context_function::ContextFunction;

/// Functions that keep no state.
pub const SCALAR: &[&ScalarFunction] = &[
    &array_text::ARRAY_CONCAT,
    &array_text::ARRAY_PREFIXED,
    &size::PG_SIZE_PRETTY,
    &array::ARRAY_ANY,
    &array::ARRAY_LOWER,
    &array::ARRAY_OF,
    &array::ARRAY_OR_EMPTY,
    &array::ARRAY_SERIES,
    &array::ARRAY_SUBSCRIPT,
    &array::ARRAY_TO_STRING,
    &array::ARRAY_UPPER,
    &format::FORMAT_ENCODING,
    &format::FORMAT_TYPE,
    &format::PG_CHAR_TO_ENCODING,
    &format::PG_CLIENT_ENCODING,
    &format::PG_ENCODING_TO_CHAR,
    &format::PG_TABLESPACE_LOCATION,
    &format::TEXT_FORM,
];

const CONTEXT: &[&ContextFunction] = &[
    &definition::PG_GET_CONSTRAINTDEF,
    &definition::PG_GET_EXPR,
    &definition::PG_GET_FUNCTIONDEF,
    &definition::PG_GET_FUNCTION_ARGUMENTS,
    &definition::PG_GET_FUNCTION_RESULT,
    &definition::PG_GET_INDEXDEF,
    &definition::PG_GET_RULEDEF,
    &definition::PG_GET_TRIGGERDEF,
    &definition::PG_GET_USERBYID,
    &definition::PG_GET_VIEWDEF,
    &description::COL_DESCRIPTION,
    &description::OBJ_DESCRIPTION,
    &description::SHOBJ_DESCRIPTION,
    &membership::ROLE_IS_MEMBER_OF,
    &membership::USER_IS_MEMBER_OF,
    &object_name::OBJECT_NAME,
    &object_name::OBJECT_NUMBER,
    &object_name::VIEW_COLUMNS,
    &privilege::HAS_ANY_COLUMN_PRIVILEGE,
    &privilege::HAS_COLUMN_PRIVILEGE,
    &privilege::HAS_DATABASE_PRIVILEGE,
    &privilege::HAS_FUNCTION_PRIVILEGE,
    &privilege::HAS_LANGUAGE_PRIVILEGE,
    &privilege::HAS_SCHEMA_PRIVILEGE,
    &privilege::HAS_TABLE_PRIVILEGE,
    &size::PG_DATABASE_SIZE,
    &size::PG_TABLESPACE_SIZE,
    &size::PG_TABLE_SIZE,
    &session::CURRENT_SCHEMAS,
    &session::CURRENT_SETTING,
    &session::PG_LAST_COPY_COUNT,
    &session::PG_LAST_COPY_ID,
    &session::PG_LAST_QUERY_ID,
    &session::PG_LAST_UNLOAD_COUNT,
    &session::PG_LAST_UNLOAD_ID,
    &visible::PG_FUNCTION_IS_VISIBLE,
    &visible::PG_OTHER_IS_VISIBLE,
    &visible::PG_TABLE_IS_VISIBLE,
    &visible::PG_TYPE_IS_VISIBLE,
];

/// The function of that name over what `context` sees.
pub fn bind(name: &str, context: &BindContext) -> Option<Arc<ScalarUDF>> {
    let function = CONTEXT.iter().find(|function| {
        let documentation = &function.documentation;
        documentation.name == name || documentation.aliases.contains(&name)
    })?;
    Some(function.to_udf(Arc::new(SystemContext::new(context.clone()))))
}

/// Aggregates that only queries of the catalog use.
pub fn aggregates() -> Vec<Arc<AggregateUDF>> {
    vec![single_value::aggregate()]
}

/// The documentation of the functions over the catalog.
pub fn documentation() -> impl Iterator<Item = &'static Documentation> {
    CONTEXT.iter().map(|function| &function.documentation)
}
