//! What the binder puts for paths, comparisons and operators of SUPER values (pages query-super,
//! operators-functions).

use std::cmp::Ordering;

use arrow::{
    array::{ArrayRef, BinaryViewBuilder, StringViewBuilder},
    datatypes::DataType,
};
use datafusion::logical_expr::{Expr, expr::ScalarFunction as Invocation};
use std::sync::Arc;

use super::SUPER;
use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction, Types},
        hash::digest::hex,
        operator::ArithmeticOperator,
    },
    types::super_value::{Super, compare, number},
};

/// A call of one of these functions.
pub fn call(function: &'static ScalarFunction, arguments: Vec<Expr>) -> Expr {
    Expr::ScalarFunction(Invocation::new_udf(function.to_udf(), arguments))
}

/// Whether `expr` is a call of `function`.
pub fn is_call(expr: &Expr, function: &'static ScalarFunction) -> bool {
    matches!(expr, Expr::ScalarFunction(call) if call.func.name() == function.documentation.name)
}

macro_rules! internal {
    ($(#[$doc:meta])* $constant:ident, $name:literal, $arity:expr, $returns:expr, $invoke:expr) => {
        $(#[$doc])*
        pub static $constant: ScalarFunction = ScalarFunction {
            documentation: Documentation {
                name: $name,
                aliases: &[],
                category: "super",
                description: "",
                arguments: &[],
                example: "",
            },
            arity: $arity,
            returns: $returns,
            invoke: $invoke,
        };
    };
}
pub(super) use internal;

// ---- paths ----

internal!(
    /// `value.name[index]…`: what is not there is NULL.
    PATH, "super path", (2, usize::MAX), path_type, |call| navigate(call, false)
);
internal!(
    /// The same while `navigate_super_null_on_error` is off: what is not there is an error.
    STRICT_PATH, "super path strict", (2, usize::MAX), path_type, |call| navigate(call, true)
);

fn path_type(types: &Types) -> Result<DataType> {
    if !matches!(types.kind(0), Kind::Super | Kind::Null) {
        let name = crate::functions::type_name(types.data_type(0));
        let step = match types.constant_text(1) {
            Some(attribute) => format!("column notation .{attribute}"),
            None => "a subscript".to_owned(),
        };
        return Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("{step} applied to type {name}, which is not a composite type"),
        ));
    }
    Ok(SUPER)
}

enum Step {
    Name(crate::functions::arguments::Values<arrow::array::StringViewArray>),
    Index(crate::functions::arguments::Values<arrow::array::Int64Array>),
    /// A subscript that is SUPER itself: a string or a number.
    Dynamic(crate::functions::arguments::Values<arrow::array::LargeBinaryArray>),
}

fn navigate(call: &Call, strict: bool) -> Result<ArrayRef> {
    let values = call.semi_structured(0)?;
    let mut steps = Vec::with_capacity(call.count());
    for index in 1..call.count() {
        steps.push(match call.kind(index) {
            Kind::Text => Step::Name(call.text(index)?),
            Kind::Super => Step::Dynamic(call.semi_structured(index)?),
            _ => Step::Index(call.int(index)?),
        });
    }
    call.build_super(|row| {
        let Some(mut value) = values.get(row) else { return Ok(None) };
        for step in &steps {
            let found = match step {
                Step::Name(names) => names.get(row).and_then(|name| attribute(value, name)),
                Step::Index(indices) => indices.get(row).and_then(|index| element(value, index)),
                Step::Dynamic(keys) => match keys.get(row).map(Super::of) {
                    Some(Super::String(name)) => attribute(value, name),
                    Some(Super::Integer(index)) => element(value, index),
                    _ => None,
                },
            };
            match found {
                Some(found) => value = found,
                None if strict => return Err(invalid_navigation(value, step, row)),
                None => return Ok(None),
            }
        }
        Ok(Some(value))
    })
}

fn attribute<'v>(value: &'v [u8], name: &str) -> Option<&'v [u8]> {
    match Super::of(value) {
        Super::Object(attributes) => attributes.find(name),
        _ => None,
    }
}

fn element(value: &[u8], index: i64) -> Option<&[u8]> {
    match Super::of(value) {
        Super::Array(elements) => elements.element(usize::try_from(index).ok()?),
        _ => None,
    }
}

fn invalid_navigation(value: &[u8], step: &Step, row: usize) -> Error {
    let found = Super::of(value).type_name();
    let detail = match step {
        Step::Name(names) => format!("There is no attribute \"{}\" in the {found}.", names.get(row).unwrap_or("")),
        Step::Index(indices) => format!("There is no element {} in the {found}.", indices.get(row).unwrap_or(-1)),
        Step::Dynamic(_) => format!("The subscript finds nothing in the {found}."),
    };
    Error::new(SqlState::INVALID_PARAMETER_VALUE, "invalid navigation of a SUPER value")
        .with_detail(detail)
        .with_hint("SET navigate_super_null_on_error TO on makes it NULL.")
}

// ---- equality, order ----

internal!(
    /// Bytes that are equal, and ordered, as the values are; NULL for null.
    KEY, "super key", (1, 1), |_| Ok(DataType::BinaryView), |call| {
        let values = call.semi_structured(0)?;
        let mut keys = BinaryViewBuilder::with_capacity(call.rows);
        let mut key = Vec::new();
        for row in 0..call.rows {
            match values.get(row).map(Super::of) {
                None | Some(Super::Null) => keys.append_null(),
                Some(value) => {
                    key.clear();
                    compare::write_key(value, &mut key);
                    keys.append_value(&key);
                }
            }
        }
        Ok(Arc::new(keys.finish()))
    }
);
internal!(
    /// The key in hexadecimal digits, where bytes cannot be sorted by (windows).
    KEY_TEXT, "super key text", (1, 1), |_| Ok(DataType::Utf8View), |call| {
        let values = call.semi_structured(0)?;
        let mut key = Vec::new();
        let mut out = StringViewBuilder::with_capacity(call.rows);
        let mut digits = String::new();
        for row in 0..call.rows {
            match values.get(row).map(Super::of) {
                None | Some(Super::Null) => out.append_null(),
                Some(value) => {
                    key.clear();
                    digits.clear();
                    compare::write_key(value, &mut key);
                    hex(&mut digits, &key);
                    out.append_value(&digits);
                }
            }
        }
        Ok(Arc::new(out.finish()))
    }
);
internal!(
    /// JSON's null as SQL's.
    SQL_NULL, "super null", (1, 1), |_| Ok(SUPER), |call| {
        let values = call.semi_structured(0)?;
        call.build_super(|row| Ok(values.get(row).filter(|value| Super::of(value) != Super::Null)))
    }
);
internal!(
    /// A mark that the binder leaves on the operand of a cast while `cast_super_null_on_error` is off.
    STRICT_CAST, "super strict", (1, 1), |types| Ok(types.data_type(0).clone()), |call| Ok(call.array(0)?.0)
);
internal!(/** `<` */ LESS, "super <", (2, 2), boolean, |call| compared(call, |order| order == Ordering::Less));
internal!(/** `<=` */ LESS_EQUAL, "super <=", (2, 2), boolean, |call| compared(call, |order| order != Ordering::Greater));
internal!(/** `>` */ GREATER, "super >", (2, 2), boolean, |call| compared(call, |order| order == Ordering::Greater));
internal!(/** `>=` */ GREATER_EQUAL, "super >=", (2, 2), boolean, |call| compared(call, |order| order != Ordering::Less));

fn boolean(_types: &Types) -> Result<DataType> {
    Ok(DataType::Boolean)
}

/// NULL where the dynamic types differ.
fn compared(call: &Call, accept: fn(Ordering) -> bool) -> Result<ArrayRef> {
    let (left, right) = (call.semi_structured(0)?, call.semi_structured(1)?);
    call.build_boolean(|row| {
        let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
        Ok(compare::compare(left, right).map(accept))
    })
}

// ---- arithmetic ----

internal!(/** `+` */ ADD, "super +", (2, 2), |_| Ok(SUPER), |call| binary(call, ArithmeticOperator::Add));
internal!(/** `-` */ SUBTRACT, "super -", (2, 2), |_| Ok(SUPER), |call| binary(call, ArithmeticOperator::Subtract));
internal!(/** `*` */ MULTIPLY, "super *", (2, 2), |_| Ok(SUPER), |call| binary(call, ArithmeticOperator::Multiply));
internal!(/** `/` */ DIVIDE, "super /", (2, 2), |_| Ok(SUPER), |call| binary(call, ArithmeticOperator::Divide));
internal!(/** `%` */ MODULO, "super %", (2, 2), |_| Ok(SUPER), |call| binary(call, ArithmeticOperator::Modulo));
internal!(
    /// `-value`
    NEGATE, "super negate", (1, 1), |_| Ok(SUPER), |call| {
        let values = call.semi_structured(0)?;
        call.write_super(|row, out| values.get(row).map_or(Ok(false), |value| number::negated(Super::of(value), out)))
    }
);

internal!(
    /// `-value` of any type, until types are known.
    MINUS_MARK, "super minus", (1, 1), signed, |_| Err(Error::internal("a sign was not placed"))
);
internal!(
    /// `+value` of any type, until types are known.
    PLUS_MARK, "super plus", (1, 1), signed, |_| Err(Error::internal("a sign was not placed"))
);
internal!(
    /// `+value` of SUPER: NULL for what is no number.
    IDENTITY, "super identity", (1, 1), |_| Ok(SUPER), |call| {
        let values = call.semi_structured(0)?;
        call.build_super(|row| Ok(values.get(row).filter(|value| Super::of(value).is_number())))
    }
);

fn signed(types: &Types) -> Result<DataType> {
    types.require(0, |kind| kind.is_number() || matches!(kind, Kind::Interval | Kind::Super))?;
    Ok(types.data_type(0).clone())
}

fn binary(call: &Call, operator: ArithmeticOperator) -> Result<ArrayRef> {
    let (left, right) = (call.semi_structured(0)?, call.semi_structured(1)?);
    call.write_super(|row, out| {
        let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(false) };
        number::arithmetic(operator, Super::of(left), Super::of(right), out)
    })
}
