//! A function that does not exist: it takes any call and answers with Redshift's error, which names the types of the
//! arguments.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::{
    error::Result as DataFusionResult,
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};

use super::type_name;
use crate::error::Error;

/// Functions of Redshift that are not here: those of the leader node that are deprecated, of types that no column can
/// have, and those that speak of a cluster or an account.
const MISSING: [&str; 20] = [
    "change_query_priority",
    "change_session_priority",
    "change_user_priority",
    "current_aws_account",
    "current_namespace",
    "current_session_arn",
    "default_iam_role",
    "explain_model",
    "get_byte",
    "has_assumerole_privilege",
    "last_user_query_id",
    "pg_get_grantee_by_iam_role",
    "pg_get_iam_role_by_user",
    "pg_timezone_abbrevs",
    "pg_timezone_names",
    "reboot_cluster",
    "set_bit",
    "set_byte",
    "size",
    "to_ascii",
];

/// Whether Redshift has a function that is not here; spatial functions are known by the beginnings of their names.
fn is_missing(name: &str) -> bool {
    let spatial = ["st_", "h3_", "geometrytype", "addbbox", "dropbbox"].iter().any(|start| name.starts_with(start));
    spatial || name == "slice_num" || MISSING.contains(&name)
}

/// Functions of PostgreSQL that Redshift has not (page c_unsupported-postgresql-functions).
const OF_POSTGRESQL: [&str; 24] = [
    "array_agg",
    "bit_length",
    "clock_timestamp",
    "convert_from",
    "convert_to",
    "corr",
    "covar_pop",
    "covar_samp",
    "div",
    "encode",
    "every",
    "format",
    "generate_series",
    "overlay",
    "pg_sleep",
    "quote_nullable",
    "regexp_matches",
    "regexp_split_to_array",
    "regexp_split_to_table",
    "setseed",
    "string_agg",
    "transaction_timestamp",
    "width_bucket",
    "xml_agg",
];

/// What the error of such a function says beside its text.
pub const NOT_IN_REDSHIFT: &str = "Redshift does not have this function of PostgreSQL.";

#[derive(Debug, PartialEq, Eq, Hash)]
struct Unknown {
    name: String,
    signature: Signature,
}

/// The function that stands for an unknown name.
pub fn unknown_function(name: &str) -> Arc<ScalarUDF> {
    let signature = Signature::user_defined(Volatility::Immutable);
    Arc::new(ScalarUDF::from(Unknown { name: name.to_owned(), signature }))
}

impl ScalarUDFImpl for Unknown {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn return_type(&self, types: &[DataType]) -> DataFusionResult<DataType> {
        if is_missing(&self.name) {
            return Err(Error::not_supported(format!("function {}", self.name)).into());
        }
        // Literals of text and integers have not got their final types yet.
        let name = |data_type: &DataType| match data_type {
            DataType::Int64 => "integer".to_owned(),
            other => type_name(other),
        };
        let types: Vec<String> = types.iter().map(name).collect();
        let error = Error::undefined_function(format!("{}({})", self.name, types.join(", ")));
        let of_postgresql = OF_POSTGRESQL.contains(&self.name.as_str()) || self.name.starts_with("regr_");
        Err(if of_postgresql { error.with_detail(NOT_IN_REDSHIFT).into() } else { error.into() })
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        Err(Error::undefined_function(format!("{}()", self.name)).into())
    }
}
