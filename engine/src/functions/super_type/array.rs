//! Arrays made and taken apart (page "Array functions"). Indices count from 0. What is no array gives NULL.

use std::collections::HashSet;

use arrow::{
    array::ArrayRef,
    datatypes::{DataType, Int64Type},
};

use super::{SUPER, numbers, of_value, require_super};
use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::{Call, Kind, Values},
        definition::{Documentation, ScalarFunction, Types},
        type_name,
    },
    types::super_value::{
        Elements, Super,
        builder::{self, Compound},
        compare,
    },
};

/// Refuses values that SUPER cannot hold, in the words that the pages of ARRAY and OBJECT use.
pub(super) fn require_convertible(types: &Types, index: usize, function: &str) -> Result<()> {
    match types.kind(index) {
        Kind::Null | Kind::Super | Kind::Text | Kind::Boolean | Kind::Integer | Kind::Decimal | Kind::Float => Ok(()),
        _ => {
            let name = type_name(types.data_type(index));
            let message = format!("{function} could not convert type {name} to super");
            Err(Error::new(SqlState::CANNOT_COERCE, message))
        }
    }
}

/// The array in a row, if it is one.
pub(super) fn elements<'v>(values: &'v Values<arrow::array::LargeBinaryArray>, row: usize) -> Option<Elements<'v>> {
    match Super::of(values.get(row)?) {
        Super::Array(elements) => Some(elements),
        _ => None,
    }
}

/// ARRAY
pub static ARRAY: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "array",
        aliases: &[],
        category: "super",
        description: "An array of values, which may differ in type.",
        arguments: &[("value", "any number of values, but no dates or times")],
        example: "select array(1,'abc',true,3.14); -- [1,\"abc\",true,3.14]",
    },
    arity: (0, usize::MAX),
    returns: |types| {
        (0..types.count()).try_for_each(|index| require_convertible(types, index, "ARRAY"))?;
        Ok(SUPER)
    },
    invoke: |call| {
        let values = all_values(call)?;
        call.write_super(|row, out| {
            let mut array = Compound::default();
            for value in &values {
                match value.get(row) {
                    Some(value) => array.push(value),
                    None => {
                        builder::null(&mut array.values);
                        array.end_element();
                    }
                }
            }
            array.finish_array(out)?;
            Ok(true)
        })
    },
};

fn all_values(call: &Call) -> Result<Vec<Values<arrow::array::LargeBinaryArray>>> {
    (0..call.count()).map(|index| call.semi_structured(index)).collect()
}

/// ARRAY_CONCAT
pub static ARRAY_CONCAT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "array_concat",
        aliases: &[],
        category: "super",
        description: "Two arrays joined to one. NULL if one of them is no array.",
        arguments: &[("super_expr1", "an array"), ("super_expr2", "an array")],
        example: "select array_concat(array(10001,10002),array(10003,10004)); -- [10001,10002,10003,10004]",
    },
    arity: (2, 2),
    returns: |types| {
        require_super(types, 0)?;
        require_super(types, 1)?;
        Ok(SUPER)
    },
    invoke: |call| {
        let values = all_values(call)?;
        call.write_super(|row, out| {
            let mut array = Compound::default();
            for value in &values {
                let Some(elements) = elements(value, row) else { return Ok(false) };
                elements.iter().for_each(|element| array.push(element));
            }
            array.finish_array(out)?;
            Ok(true)
        })
    },
};

/// ARRAY_FLATTEN
pub static ARRAY_FLATTEN: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "array_flatten",
        aliases: &[],
        category: "super",
        description: "An array of arrays, at any depth, as one array. NULL for what is no array.",
        arguments: &[("super_expr", "an array")],
        example: "select array_flatten(array(1,array(2,array(3,array())))); -- [1,2,3]",
    },
    arity: (1, 1),
    returns: array_type,
    invoke: |call| remade(call, flatten),
};

fn array_type(types: &Types) -> Result<DataType> {
    require_super(types, 0)?;
    Ok(SUPER)
}

/// An array made of another one; NULL for what is no array.
fn remade(call: &Call, make: fn(Elements<'_>, &mut Compound)) -> Result<ArrayRef> {
    let values = call.semi_structured(0)?;
    call.write_super(|row, out| {
        let Some(elements) = elements(&values, row) else { return Ok(false) };
        let mut array = Compound::default();
        make(elements, &mut array);
        array.finish_array(out)?;
        Ok(true)
    })
}

fn flatten(elements: Elements<'_>, array: &mut Compound) {
    for element in elements.iter() {
        match Super::of(element) {
            Super::Array(inner) => flatten(inner, array),
            _ => array.push(element),
        }
    }
}

/// GET_ARRAY_LENGTH
pub static GET_ARRAY_LENGTH: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "get_array_length",
        aliases: &["array_length"],
        category: "super",
        description: "How many elements an array has. NULL for what is no array.",
        arguments: &[("super_expr", "an array")],
        example: "select get_array_length(array(1,2,3)); -- 3",
    },
    arity: (1, 1),
    returns: |types| of_value(types, DataType::Int64),
    invoke: |call| {
        numbers::<Int64Type>(call, |value| match value {
            Super::Array(elements) => Some(elements.len() as i64),
            _ => None,
        })
    },
};

/// SPLIT_TO_ARRAY
pub static SPLIT_TO_ARRAY: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "split_to_array",
        aliases: &[],
        category: "super",
        description: "The parts of a string between delimiters, as an array.",
        arguments: &[("string", "the string to split"), ("delimiter", "optional: what separates the parts; a comma")],
        example: "select split_to_array('12|345|6789', '|'); -- [\"12\",\"345\",\"6789\"]",
    },
    arity: (1, 2),
    returns: |types| {
        types.require(0, |kind| kind == Kind::Text)?;
        types.require(1, |kind| kind == Kind::Text)?;
        Ok(SUPER)
    },
    invoke: |call| {
        let texts = call.text(0)?;
        let delimiters = if call.count() > 1 { Some(call.text(1)?) } else { None };
        call.write_super(|row, out| {
            let Some(text) = texts.get(row) else { return Ok(false) };
            let delimiter = match &delimiters {
                Some(delimiters) => match delimiters.get(row) {
                    Some(delimiter) => delimiter,
                    None => return Ok(false),
                },
                None => ",",
            };
            let mut array = Compound::default();
            let mut push = |part: &str| {
                builder::string(&mut array.values, part);
                array.end_element();
            };
            match delimiter {
                "" => push(text),
                delimiter => text.split(delimiter).for_each(push),
            }
            array.finish_array(out)?;
            Ok(true)
        })
    },
};

/// SUBARRAY
pub static SUBARRAY: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "subarray",
        aliases: &[],
        category: "super",
        description: "A part of an array. A negative start counts from the end.",
        arguments: &[
            ("super_expr", "an array"),
            ("start_position", "the place of the first element, from 0"),
            ("length", "how many elements"),
        ],
        example: "select subarray(array('a','b','c','d','e','f'), 2, 3); -- [\"c\",\"d\",\"e\"]",
    },
    arity: (3, 3),
    returns: |types| {
        require_super(types, 0)?;
        types.require(1, Kind::is_number)?;
        types.require(2, Kind::is_number)?;
        Ok(SUPER)
    },
    invoke: |call| {
        let (values, starts, lengths) = (call.semi_structured(0)?, call.int(1)?, call.int(2)?);
        call.write_super(|row, out| {
            let (Some(elements), Some(start), Some(length)) =
                (elements(&values, row), starts.get(row), lengths.get(row))
            else {
                return Ok(false);
            };
            let count = elements.len() as i64;
            let start = if start < 0 { count.saturating_add(start) } else { start };
            let end = start.saturating_add(length.max(0)).min(count);
            let mut array = Compound::default();
            for index in start.max(0)..end {
                if let Some(element) = usize::try_from(index).ok().and_then(|index| elements.element(index)) {
                    array.push(element);
                }
            }
            array.finish_array(out)?;
            Ok(true)
        })
    },
};

/// ARRAY_DISTINCT
pub static ARRAY_DISTINCT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "array_distinct",
        aliases: &[],
        category: "super",
        description: "An array without doubles; nulls count as equal. The first of equal elements stays.",
        arguments: &[("array", "an array")],
        example: "select array_distinct(array(1,1,'b','b',null,null)); -- [1,\"b\",null]",
    },
    arity: (1, 1),
    returns: array_type,
    invoke: |call| {
        remade(call, |elements, array| {
            let mut seen = HashSet::new();
            let firsts = elements.iter().filter(|element| seen.insert(compare::key(element)));
            firsts.for_each(|element| array.push(element));
        })
    },
};

/// ARRAY_SORT
pub static ARRAY_SORT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "array_sort",
        aliases: &[],
        category: "super",
        description: "An array sorted: booleans, numbers, strings, arrays, objects. Nulls come last, or first when \
                      the order is descending.",
        arguments: &[
            ("array", "an array"),
            ("sort_ascending", "optional: false for descending order"),
            ("nulls_first", "optional: where nulls go"),
        ],
        example: "select array_sort(array('b','a',0,null,1,false)); -- [false,0,1,\"a\",\"b\",null]",
    },
    arity: (1, 3),
    returns: |types| {
        require_super(types, 0)?;
        types.require(1, |kind| kind == Kind::Boolean)?;
        types.require(2, |kind| kind == Kind::Boolean)?;
        Ok(SUPER)
    },
    invoke: |call| {
        let values = call.semi_structured(0)?;
        let ascending = if call.count() > 1 { Some(call.boolean(1)?) } else { None };
        let nulls_first = if call.count() > 2 { Some(call.boolean(2)?) } else { None };
        call.write_super(|row, out| {
            let Some(elements) = elements(&values, row) else { return Ok(false) };
            let ascending = ascending.as_ref().is_none_or(|flags| flags.get(row).unwrap_or(true));
            let nulls_first = nulls_first.as_ref().and_then(|flags| flags.get(row)).unwrap_or(!ascending);
            let (nulls, mut others): (Vec<&[u8]>, Vec<&[u8]>) =
                elements.iter().partition(|element| Super::of(element) == Super::Null);
            others.sort_by_cached_key(|element| compare::key(element));
            if !ascending {
                others.reverse();
            }
            let (first, last) = if nulls_first { (nulls, others) } else { (others, nulls) };
            let mut array = Compound::default();
            first.into_iter().chain(last).for_each(|element| array.push(element));
            array.finish_array(out)?;
            Ok(true)
        })
    },
};
