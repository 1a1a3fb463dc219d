//! Arrays of the system catalog. Redshift has them on the leader node only; their syntax is rewritten to
//! these functions in queries over the catalog (`rewrite::catalog`). Names with a blank cannot be
//! written in SQL.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanBuilder, Int32Builder, Int64Builder, ListBuilder, StringViewBuilder},
    compute::cast,
    datatypes::{DataType, Field, Int64Type},
};

use crate::{
    error::{Error, Result},
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction, Types},
    },
    types::text::format_value,
};

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

fn is_list(data_type: &DataType) -> bool {
    matches!(data_type, DataType::List(_) | DataType::LargeList(_) | DataType::Null)
}

/// The elements of a list's row; None for NULL.
pub(super) fn elements(lists: &ArrayRef, row: usize) -> Result<Option<ArrayRef>> {
    if lists.is_null(row) {
        return Ok(None);
    }
    match lists.data_type() {
        DataType::List(_) => Ok(Some(lists.as_list::<i32>().value(row))),
        DataType::LargeList(_) => Ok(Some(lists.as_list::<i64>().value(row))),
        DataType::Null => Ok(None),
        other => Err(Error::internal(format!("{other} is no array"))),
    }
}

/// The first index of an array: vectors begin at 0.
fn first_index(data_type: &DataType) -> i64 {
    i64::from(!matches!(data_type, DataType::LargeList(_)))
}

pub(super) fn require_list(types: &Types, index: usize) -> Result<()> {
    if is_list(types.data_type(index)) { Ok(()) } else { types.refuse() }
}

const fn private(name: &'static str, description: &'static str) -> Documentation {
    Documentation { name, aliases: &[], category: "catalog", description, arguments: &[], example: "" }
}

/// `ARRAY[a, b]`
pub static ARRAY_OF: ScalarFunction = ScalarFunction {
    documentation: private("array of", "An array of its arguments."),
    arity: (0, 1_000),
    returns: |types| {
        let mut item = DataType::Null;
        for index in 0..types.count() {
            item = match (&item, types.data_type(index)) {
                (known, DataType::Null) => known.clone(),
                (DataType::Null, DataType::Utf8 | DataType::LargeUtf8) => DataType::Utf8View,
                (DataType::Null, next) => next.clone(),
                (known, next) if known == next => next.clone(),
                (known, next) if known.is_integer() && next.is_integer() => {
                    let width = |data_type: &DataType| data_type.primitive_width().unwrap_or(8);
                    if width(known) >= width(next) { known.clone() } else { next.clone() }
                }
                _ => DataType::Utf8View,
            };
        }
        Ok(list_of(if item == DataType::Null { DataType::Utf8View } else { item }))
    },
    invoke: |call| {
        let item = match call.return_type {
            DataType::List(item) => item.data_type().clone(),
            other => return Err(Error::internal(format!("{other} is no array"))),
        };
        let columns = (0..call.count()).map(|index| {
            let (array, constant) = call.array(index)?;
            Ok((cast(&array, &item).map_err(Error::internal)?, constant))
        });
        let columns: Vec<(ArrayRef, bool)> = columns.collect::<Result<_>>()?;
        let offsets = arrow::buffer::OffsetBuffer::from_lengths(std::iter::repeat_n(columns.len(), call.rows));
        let arrays: Vec<&dyn Array> = columns.iter().map(|(array, _)| array.as_ref()).collect();
        let mut indices = Vec::with_capacity(columns.len() * call.rows);
        for row in 0..call.rows {
            indices.extend(
                columns.iter().enumerate().map(|(index, (_, constant))| (index, if *constant { 0 } else { row })),
            );
        }
        let values = if arrays.is_empty() {
            arrow::array::new_empty_array(&item)
        } else {
            arrow::compute::interleave(&arrays, &indices).map_err(Error::internal)?
        };
        let field = Arc::new(Field::new_list_field(item, true));
        Ok(Arc::new(arrow::array::ListArray::try_new(field, offsets, values, None).map_err(Error::internal)?))
    },
};

/// `generate_series(from, to, step)`
pub static ARRAY_SERIES: ScalarFunction = ScalarFunction {
    documentation: private("array series", "The numbers from one to another."),
    arity: (2, 3),
    returns: |types| {
        let wide =
            types.kinds().count() > 0 && (0..types.count()).any(|index| *types.data_type(index) == DataType::Int64);
        Ok(list_of(if wide { DataType::Int64 } else { DataType::Int32 }))
    },
    invoke: |call| {
        let (from, to) = (call.int(0)?, call.int(1)?);
        let step = if call.count() > 2 { Some(call.int(2)?) } else { None };
        let mut builder = ListBuilder::new(Int64Builder::new());
        for row in 0..call.rows {
            let step = step.as_ref().map_or(Some(1), |step| step.get(row));
            let (Some(from), Some(to), Some(step)) = (from.get(row), to.get(row), step) else {
                builder.append(true);
                continue;
            };
            if step == 0 {
                return Err(Error::new(crate::error::SqlState::INVALID_PARAMETER_VALUE, "step size may not be 0"));
            }
            let count = if (step > 0) == (from <= to) || from == to { (to - from) / step + 1 } else { 0 };
            if count > SERIES_MAX {
                return Err(Error::not_supported(format!("a series of more than {SERIES_MAX} numbers")));
            }
            for index in 0..count {
                builder.values().append_value(from + index * step);
            }
            builder.append(true);
        }
        let list: ArrayRef = Arc::new(builder.finish());
        cast(&list, call.return_type).map_err(Error::internal)
    },
};

/// Numbers of a series.
const SERIES_MAX: i64 = 10_000_000;

/// `array[index]`
pub static ARRAY_SUBSCRIPT: ScalarFunction = ScalarFunction {
    documentation: private("array subscript", "An element of an array; NULL outside of it."),
    arity: (2, 2),
    returns: |types| match types.data_type(0) {
        DataType::List(item) | DataType::LargeList(item) => Ok(item.data_type().clone()),
        DataType::Null => Ok(DataType::Utf8View),
        _ => types.refuse(),
    },
    invoke: |call| {
        let (lists, constant) = call.array(0)?;
        let index = call.int(1)?;
        let first = first_index(lists.data_type());
        let mut parts: Vec<ArrayRef> = Vec::with_capacity(call.rows);
        for row in 0..call.rows {
            let found = elements(&lists, if constant { 0 } else { row })?;
            let place = index.get(row).and_then(|index| usize::try_from(index - first).ok());
            parts.push(match (found, place) {
                (Some(found), Some(place)) if place < found.len() => found.slice(place, 1),
                _ => arrow::array::new_null_array(call.return_type, 1),
            });
        }
        concatenated(&parts, call.return_type)
    },
};

fn concatenated(parts: &[ArrayRef], data_type: &DataType) -> Result<ArrayRef> {
    if parts.is_empty() {
        return Ok(arrow::array::new_empty_array(data_type));
    }
    let parts: Vec<&dyn Array> = parts.iter().map(|part| part.as_ref()).collect();
    arrow::compute::concat(&parts).map_err(Error::internal)
}

/// `value = ANY (array)`
pub static ARRAY_ANY: ScalarFunction = ScalarFunction {
    documentation: private("array any", "Whether a value is among the elements of an array."),
    arity: (2, 2),
    returns: |types| {
        require_list(types, 1)?;
        Ok(DataType::Boolean)
    },
    invoke: |call| {
        let (lists, constant) = call.array(1)?;
        let numbers = call.kind(0) == Kind::Integer;
        let integer = if numbers { Some(call.int(0)?) } else { None };
        let text = if numbers { None } else { Some(call.text(0)?) };
        let mut builder = BooleanBuilder::with_capacity(call.rows);
        let mut scratch = String::new();
        for row in 0..call.rows {
            let Some(found) = elements(&lists, if constant { 0 } else { row })? else {
                builder.append_null();
                continue;
            };
            let answer = match (&integer, &text) {
                (Some(integer), _) => {
                    let found = cast(&found, &DataType::Int64).map_err(Error::internal)?;
                    let found = found.as_primitive::<Int64Type>();
                    integer.get(row).map(|wanted| found.iter().any(|element| element == Some(wanted)))
                }
                (None, Some(text)) => match text.get(row) {
                    Some(wanted) => {
                        let mut among = false;
                        for index in 0..found.len() {
                            scratch.clear();
                            format_value(found.as_ref(), index, &mut scratch)?;
                            among |= found.is_valid(index) && scratch == wanted;
                        }
                        Some(among)
                    }
                    None => None,
                },
                (None, None) => None,
            };
            // Not found among NULLs is unknown.
            builder.append_option(answer.filter(|among| *among || found.null_count() == 0));
        }
        Ok(Arc::new(builder.finish()))
    },
};

/// What `ARRAY(SELECT …)` gives for no rows.
pub static ARRAY_OR_EMPTY: ScalarFunction = ScalarFunction {
    documentation: private("array or empty", "The array, or an empty one for NULL."),
    arity: (1, 1),
    returns: |types| {
        require_list(types, 0)?;
        Ok(types.data_type(0).clone())
    },
    invoke: |call| {
        let (lists, constant) = call.array(0)?;
        let DataType::List(item) = lists.data_type() else { return Ok(lists) };
        let lists = lists.as_list::<i32>();
        let mut lengths = Vec::with_capacity(call.rows);
        let mut parts = Vec::with_capacity(call.rows);
        for row in 0..call.rows {
            let row = if constant { 0 } else { row };
            let found =
                if lists.is_null(row) { arrow::array::new_empty_array(item.data_type()) } else { lists.value(row) };
            lengths.push(found.len());
            parts.push(found);
        }
        let values = concatenated(&parts, item.data_type())?;
        let offsets = arrow::buffer::OffsetBuffer::from_lengths(lengths);
        let list = arrow::array::ListArray::try_new(Arc::clone(item), offsets, values, None);
        Ok(Arc::new(list.map_err(Error::internal)?))
    },
};

/// ARRAY_TO_STRING
pub static ARRAY_TO_STRING: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "array_to_string",
        aliases: &[],
        category: "catalog",
        description: "The elements of an array, joined; NULLs are left out. On the leader node only.",
        arguments: &[("array", "an array of the system catalog"), ("delimiter", "what comes between elements")],
        example: "select array_to_string(current_schemas(false), ', '); -- public",
    },
    arity: (2, 2),
    returns: |types| {
        require_list(types, 0)?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| {
        let (lists, constant) = call.array(0)?;
        let delimiter = call.text(1)?;
        let mut builder = StringViewBuilder::with_capacity(call.rows);
        for row in 0..call.rows {
            let found = elements(&lists, if constant { 0 } else { row })?;
            let (Some(found), Some(delimiter)) = (found, delimiter.get(row)) else {
                builder.append_null();
                continue;
            };
            let mut joined = String::new();
            for (place, index) in (0..found.len()).filter(|index| found.is_valid(*index)).enumerate() {
                if place > 0 {
                    joined.push_str(delimiter);
                }
                format_value(found.as_ref(), index, &mut joined)?;
            }
            builder.append_value(joined);
        }
        Ok(Arc::new(builder.finish()))
    },
};

/// The bound of an array: NULL for an empty one, and for other dimensions than the first.
fn bound(call: &Call, of: fn(i64, i64) -> i64) -> Result<ArrayRef> {
    let (lists, constant) = call.array(0)?;
    let dimension = call.int(1)?;
    let first = first_index(lists.data_type());
    let mut builder = Int32Builder::with_capacity(call.rows);
    for row in 0..call.rows {
        let found = elements(&lists, if constant { 0 } else { row })?;
        let length = found.filter(|found| !found.is_empty() && dimension.get(row) == Some(1)).map(|found| found.len());
        builder.append_option(length.and_then(|length| i32::try_from(of(first, length as i64)).ok()));
    }
    Ok(Arc::new(builder.finish()))
}

/// ARRAY_UPPER
pub static ARRAY_UPPER: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "array_upper",
        aliases: &[],
        category: "catalog",
        description: "The last index of an array of the system catalog. On the leader node only.",
        arguments: &[("array", "an array"), ("dimension", "1")],
        example: "select array_upper(current_schemas(false), 1); -- 1",
    },
    arity: (2, 2),
    returns: |types| {
        require_list(types, 0)?;
        Ok(DataType::Int32)
    },
    invoke: |call| bound(call, |first, length| first + length - 1),
};

/// ARRAY_LOWER
pub static ARRAY_LOWER: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "array_lower",
        aliases: &[],
        category: "catalog",
        description: "The first index of an array of the system catalog. On the leader node only.",
        arguments: &[("array", "an array"), ("dimension", "1")],
        example: "select array_lower(current_schemas(false), 1); -- 1",
    },
    arity: (2, 2),
    returns: |types| {
        require_list(types, 0)?;
        Ok(DataType::Int32)
    },
    invoke: |call| bound(call, |first, _| first),
};
