//! Arrays as sets, or as sets with doubles (pages array_except, array_intersection, array_union). Nulls are
//! elements like others.

use std::collections::HashMap;

use super::{SUPER, array::elements, require_super};
use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction, Types},
    },
    types::super_value::{Elements, builder::Compound, compare},
};

fn set_type(types: &Types) -> Result<arrow::datatypes::DataType> {
    require_super(types, 0)?;
    require_super(types, 1)?;
    types.require(2, |kind| kind == Kind::Boolean)?;
    Ok(SUPER)
}

type Combine = fn(Elements<'_>, Elements<'_>, bool, &mut Compound);

fn combine(call: &Call, combine: Combine) -> Result<arrow::array::ArrayRef> {
    let (left, right) = (call.semi_structured(0)?, call.semi_structured(1)?);
    let distinct = if call.count() > 2 { Some(call.boolean(2)?) } else { None };
    call.write_super(|row, out| {
        let (Some(left), Some(right)) = (elements(&left, row), elements(&right, row)) else { return Ok(false) };
        let distinct = distinct.as_ref().and_then(|flags| flags.get(row)).unwrap_or(false);
        let mut array = Compound::default();
        combine(left, right, distinct, &mut array);
        array.finish_array(out)?;
        Ok(true)
    })
}

/// How often each element occurs.
fn counts(elements: Elements<'_>) -> HashMap<Vec<u8>, usize> {
    let mut counts = HashMap::new();
    for element in elements.iter() {
        *counts.entry(compare::key(element)).or_insert(0) += 1;
    }
    counts
}

/// ARRAY_EXCEPT
pub static ARRAY_EXCEPT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "array_except",
        aliases: &[],
        category: "super",
        description: "The elements of the first array that the second has not. An element of the second takes one \
                      away, or all equal ones when distinct elements are wanted.",
        arguments: &[("array1", "an array"), ("array2", "an array"), ("distinct", "optional: whether doubles go")],
        example: "select array_except(array('a','b','c'), array('b','c','d')); -- [\"a\"]",
    },
    arity: (2, 3),
    returns: set_type,
    invoke: |call| {
        combine(call, |left, right, distinct, out| {
            let mut taken = counts(right);
            for element in left.iter() {
                match taken.entry(compare::key(element)) {
                    std::collections::hash_map::Entry::Occupied(mut entry) => {
                        if distinct {
                            continue;
                        }
                        match entry.get_mut() {
                            0 => out.push(element),
                            left_over => *left_over -= 1,
                        }
                    }
                    std::collections::hash_map::Entry::Vacant(entry) => {
                        entry.insert(0);
                        out.push(element);
                    }
                }
            }
        })
    },
};

/// ARRAY_INTERSECTION
pub static ARRAY_INTERSECTION: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "array_intersection",
        aliases: &[],
        category: "super",
        description: "The elements that both arrays have, as often as both have them, or once when distinct elements \
                      are wanted.",
        arguments: &[("array1", "an array"), ("array2", "an array"), ("distinct", "optional: whether doubles go")],
        example: "select array_intersection(array('a','b','c'), array('b','c','d')); -- [\"b\",\"c\"]",
    },
    arity: (2, 3),
    returns: set_type,
    invoke: |call| {
        combine(call, |left, right, distinct, out| {
            let mut shared = counts(right);
            for element in left.iter() {
                if let Some(count) = shared.get_mut(&compare::key(element)).filter(|count| **count > 0) {
                    *count = if distinct { 0 } else { *count - 1 };
                    out.push(element);
                }
            }
        })
    },
};

/// ARRAY_UNION
pub static ARRAY_UNION: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "array_union",
        aliases: &[],
        category: "super",
        description: "The elements of both arrays, each once.",
        arguments: &[("array1", "an array"), ("array2", "an array")],
        example: "select array_union(array('a','b','b'), array('b','c','c')); -- [\"a\",\"b\",\"c\"]",
    },
    arity: (2, 2),
    returns: set_type,
    invoke: |call| {
        combine(call, |left, right, _, out| {
            let mut seen = std::collections::HashSet::new();
            for element in left.iter().chain(right.iter()) {
                if seen.insert(compare::key(element)) {
                    out.push(element);
                }
            }
        })
    },
};
