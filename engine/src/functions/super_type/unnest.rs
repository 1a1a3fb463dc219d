//! What unnesting iterates over: the elements of an array and their indices, the values of an object's attributes
//! and their names (page query-super, "Unnesting queries" and "Object unpivoting").
//!
//! The binder puts these functions below DataFusion's Unnest. Their result is NULL, and not an empty list, when
//! there is nothing to iterate over, so that one row stays where an outer join wants it.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, BinaryViewBuilder, Int64Builder, LargeBinaryBuilder, ListArray, StringViewBuilder},
    buffer::{NullBuffer, OffsetBuffer},
    datatypes::{DataType, Field},
};

use super::operator::internal;
use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction, Types},
        type_name,
    },
    types::super_value::{Elements, Super},
};

internal!(
    /// An array's elements.
    ELEMENTS, "super elements", (1, 1), |_| Ok(list_type(DataType::LargeBinary)), |call| {
        let mut values = LargeBinaryBuilder::new();
        let lengths = each(call, array, |elements| elements.iter().for_each(|element| values.append_value(element)))?;
        lists(Arc::new(values.finish()), lengths)
    }
);
internal!(
    /// The indices of an array's elements.
    INDICES, "super indices", (1, 1), |_| Ok(list_type(DataType::Int64)), |call| {
        let mut indices = Int64Builder::new();
        let lengths = each(call, array, |elements| (0..elements.len()).for_each(|index| indices.append_value(index as i64)))?;
        lists(Arc::new(indices.finish()), lengths)
    }
);
internal!(
    /// The values of an object's attributes.
    VALUES, "super values", (1, 1), |_| Ok(list_type(DataType::LargeBinary)), |call| {
        let mut values = LargeBinaryBuilder::new();
        let lengths =
            each(call, object, |attributes| {
                (0..attributes.len()).for_each(|index| values.append_option(attributes.attribute(index).map(|(_, value)| value)));
            })?;
        lists(Arc::new(values.finish()), lengths)
    }
);
internal!(
    /// The names of an object's attributes.
    NAMES, "super names", (1, 1), |_| Ok(list_type(DataType::Utf8View)), |call| {
        let mut names = StringViewBuilder::new();
        let lengths =
            each(call, object, |attributes| {
                (0..attributes.len()).for_each(|index| names.append_option(attributes.attribute(index).map(|(name, _)| name)));
            })?;
        lists(Arc::new(names.finish()), lengths)
    }
);
internal!(
    /// The bytes of a value, which are equal when the values are the same to the letter.
    BYTES, "super bytes", (1, 1), |_| Ok(DataType::BinaryView), |call| {
        let values = call.semi_structured(0)?;
        let mut bytes = BinaryViewBuilder::with_capacity(call.rows);
        (0..call.rows).for_each(|row| bytes.append_option(values.get(row)));
        Ok(Arc::new(bytes.finish()))
    }
);
internal!(
    /// The value of which BYTES gave the bytes.
    OF_BYTES, "super of bytes", (1, 1), |_| Ok(DataType::LargeBinary), |call| {
        let bytes = call.binary(0)?;
        call.build_super(|row| Ok(bytes.get(row)))
    }
);
internal!(
    /// Stands for the element in a FROM item that unnests, until the binder has put an Unnest there.
    UNNEST_MARK, "super unnest", (1, 1), iterable, |_| Err(unplaced())
);
internal!(
    /// Stands for the value of an attribute in a FROM item that unpivots.
    UNPIVOT_MARK, "super unpivot", (1, 1), iterable, |_| Err(unplaced())
);
internal!(
    /// Stands for the index of the element.
    INDEX_MARK, "super index", (0, 0), |_| Ok(DataType::Int64), |_| Err(unplaced())
);
internal!(
    /// Stands for the name of the attribute.
    NAME_MARK, "super name", (0, 0), |_| Ok(DataType::Utf8View), |_| Err(unplaced())
);

fn iterable(types: &Types) -> Result<DataType> {
    if !matches!(types.kind(0), Kind::Super | Kind::Null) {
        let name = type_name(types.data_type(0));
        let message = format!("cannot iterate over a value of type {name}; only SUPER can be iterated over");
        return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message));
    }
    Ok(DataType::LargeBinary)
}

fn unplaced() -> Error {
    Error::not_supported("unnesting a SUPER value in this place")
}

fn item(data_type: DataType) -> Arc<Field> {
    Arc::new(Field::new_list_field(data_type, true))
}

fn list_type(data_type: DataType) -> DataType {
    DataType::List(item(data_type))
}

fn array<'v>(value: Super<'v>) -> Option<Elements<'v>> {
    match value {
        Super::Array(elements) => Some(elements),
        _ => None,
    }
}

fn object<'v>(value: Super<'v>) -> Option<Elements<'v>> {
    match value {
        Super::Object(attributes) => Some(attributes),
        _ => None,
    }
}

/// Hands the elements of each row to `append`, and gives how many each row has.
fn each(
    call: &Call,
    elements_of: for<'v> fn(Super<'v>) -> Option<Elements<'v>>,
    mut append: impl FnMut(Elements<'_>),
) -> Result<Vec<usize>> {
    let values = call.semi_structured(0)?;
    let mut lengths = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        match values.get(row).map(Super::of).and_then(elements_of) {
            Some(elements) => {
                append(elements);
                lengths.push(elements.len());
            }
            None => lengths.push(0),
        }
    }
    Ok(lengths)
}

fn lists(values: ArrayRef, lengths: Vec<usize>) -> Result<ArrayRef> {
    let nulls = NullBuffer::from_iter(lengths.iter().map(|length| *length > 0));
    let offsets = OffsetBuffer::from_lengths(lengths);
    let item = item(values.data_type().clone());
    Ok(Arc::new(ListArray::try_new(item, offsets, values, Some(nulls)).map_err(Error::internal)?))
}
