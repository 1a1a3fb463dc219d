//! Functions that stand in FROM: PG_GET_LATE_BINDING_VIEW_COLS, PG_GET_COLS, GENERATE_SERIES, PG_TIMEZONE_NAMES.

use std::sync::Arc;

use datafusion::{
    catalog::TableProvider,
    common::ScalarValue,
    logical_expr::{Expr, Operator},
};

use super::{
    context::SystemContext,
    item::ColumnItem,
    provider::SystemViewTable,
    value::*,
    view::{Column, PG_CATALOG, SystemView, View, col},
};
use crate::{
    binder::BindContext,
    error::{Error, Result},
    functions::catalog::object_name,
};

const COLUMNS_OF_VIEW: &[Column<ColumnItem>] = &[
    col("view_schema", NAME, |_, c| (&*c.relation.schema).into()),
    col("view_name", NAME, |_, c| (&c.relation.name).into()),
    col("col_name", NAME, |_, c| c.name().into()),
    col("col_type", TEXT, |_, c| c.type_name().into_owned().into()),
    col("col_num", INT4, |_, c| c.number().into()),
];

const LATE_BINDING_VIEW_COLUMNS: View<ColumnItem> = View {
    schema: PG_CATALOG,
    name: "pg_get_late_binding_view_cols",
    items: |context| Ok(object_name::late_binding_columns(context)),
    columns: COLUMNS_OF_VIEW,
};

const VIEW_COLUMNS: View<ColumnItem> = View {
    schema: PG_CATALOG,
    name: "pg_get_cols",
    items: |context| match context.arguments.first() {
        Some(name) => object_name::columns_of(context, name),
        None => Ok(vec![]),
    },
    columns: COLUMNS_OF_VIEW,
};

const GENERATE_SERIES: View<i64> = View {
    schema: PG_CATALOG,
    name: "generate_series",
    items: |context| {
        let numbers = context.arguments.iter().map(|text| text.parse::<i64>());
        let numbers: Vec<i64> = numbers
            .collect::<std::result::Result<_, _>>()
            .map_err(|_| Error::not_supported("GENERATE_SERIES over anything but integers"))?;
        let (from, to, step) = match numbers.as_slice() {
            [from, to] => (*from, *to, 1),
            [from, to, step] if *step != 0 => (*from, *to, *step),
            _ => return Err(Error::undefined_function("generate_series")),
        };
        let count = if (step > 0) == (from <= to) || from == to { (to - from) / step + 1 } else { 0 };
        if count > SERIES_MAX {
            return Err(Error::not_supported(format!("a series of more than {SERIES_MAX} numbers")));
        }
        Ok((0..count).map(|index| from + index * step).collect())
    },
    columns: &[col("generate_series", INT4, |_, number| (*number).into())],
};

/// Numbers of a series.
const SERIES_MAX: i64 = 10_000_000;

const TIMEZONE_NAMES: View<&str> = View {
    schema: PG_CATALOG,
    name: "pg_timezone_names",
    items: |_| Ok(chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect()),
    columns: &[col("name", TEXT, |_, name| (*name).into())],
};

const CURRENT_DATABASE: View<()> = View {
    schema: PG_CATALOG,
    name: "current_database",
    items: |_| Ok(vec![()]),
    columns: &[col("current_database", NAME, |context, ()| context.database().into())],
};

const FUNCTIONS: &[&dyn SystemView] =
    &[&LATE_BINDING_VIEW_COLUMNS, &VIEW_COLUMNS, &GENERATE_SERIES, &CURRENT_DATABASE, &TIMEZONE_NAMES];

/// Whether there is such a function.
pub fn is_known(name: &str) -> bool {
    // UNNEST of arrays of the catalog is rewritten where it is supported.
    name == "unnest" || FUNCTIONS.iter().any(|function| function.name() == name)
}

/// The rows of a function.
///
/// Errors: 0A000 for an argument that is no constant.
pub fn find(context: &BindContext, name: &str, arguments: &[Expr]) -> Result<Option<Arc<dyn TableProvider>>> {
    let Some(function) = FUNCTIONS.iter().find(|function| function.name() == name).copied() else { return Ok(None) };
    let arguments = arguments.iter().map(constant).collect::<Result<Vec<_>>>()?;
    let mut context = SystemContext::new(context.clone());
    context.arguments = arguments;
    Ok(Some(Arc::new(SystemViewTable::new(function, Arc::new(context)))))
}

fn constant(expr: &Expr) -> Result<String> {
    match expr {
        Expr::Literal(ScalarValue::Utf8(Some(text)) | ScalarValue::Utf8View(Some(text)), _) => Ok(text.clone()),
        Expr::Literal(value, _) if !value.is_null() => Ok(value.to_string()),
        Expr::Negative(inner) => Ok(format!("-{}", constant(inner)?)),
        Expr::Cast(cast) => constant(&cast.expr),
        Expr::BinaryExpr(binary) if matches!(binary.op, Operator::Plus | Operator::Minus) => {
            let number = |expr: &Expr| constant(expr)?.parse::<i64>().map_err(Error::internal);
            let (left, right) = (number(&binary.left)?, number(&binary.right)?);
            Ok(if binary.op == Operator::Plus { left + right } else { left - right }.to_string())
        }
        _ => Err(Error::not_supported("a table function whose argument is no constant")),
    }
}
