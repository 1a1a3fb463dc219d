//! Elements looked for in arrays (pages array_contains, array_position, array_positions, arrays_overlap).
//!
//! With *null_match* (the default, by the parameter `default_array_search_null_handling`) null is an element
//! like others. Without it, looking for NULL gives NULL, and so does a vain search among elements of which some
//! are null.

use arrow::{
    array::LargeBinaryArray,
    datatypes::{DataType, Int32Type},
};

use super::{
    SUPER,
    array::{elements, require_convertible},
    require_super,
};
use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind, Values},
        definition::{Documentation, ScalarFunction, Types},
    },
    types::super_value::{
        Super,
        builder::{self, Compound},
        compare,
    },
};

fn require_search(types: &Types) -> Result<()> {
    require_super(types, 0)?;
    require_convertible(types, 1, "ARRAY")?;
    types.require(2, |kind| kind == Kind::Boolean)
}

/// A search of one value in one array, for all rows.
struct Search {
    arrays: Values<LargeBinaryArray>,
    wanted: Values<LargeBinaryArray>,
    null_match: Option<Values<arrow::array::BooleanArray>>,
}

/// The places where a value was found; `vain` when nothing was found and that means NULL.
struct Found {
    places: Vec<usize>,
    unknown: bool,
}

impl Search {
    fn new(call: &Call) -> Result<Self> {
        Ok(Search {
            arrays: call.semi_structured(0)?,
            wanted: call.semi_structured(1)?,
            null_match: if call.count() > 2 { Some(call.boolean(2)?) } else { None },
        })
    }

    /// None where the first argument is no array.
    fn row(&self, row: usize) -> Option<Found> {
        let elements = elements(&self.arrays, row)?;
        let null_match = self.null_match.as_ref().is_none_or(|flags| flags.get(row).unwrap_or(true));
        let wanted = self.wanted.get(row).filter(|value| Super::of(value) != Super::Null);
        let is_null = |element: &[u8]| Super::of(element) == Super::Null;
        let key = wanted.map(compare::key);
        let places: Vec<usize> = elements
            .iter()
            .enumerate()
            .filter(|(_, element)| match &key {
                Some(key) => compare::key(element) == *key,
                None => null_match && is_null(element),
            })
            .map(|(place, _)| place)
            .collect();
        let unknown = !null_match && (wanted.is_none() || (places.is_empty() && elements.iter().any(is_null)));
        Some(Found { places, unknown })
    }
}

/// ARRAY_CONTAINS
pub static ARRAY_CONTAINS: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "array_contains",
        aliases: &[],
        category: "super",
        description: "Whether an array has an element.",
        arguments: &[
            ("array", "an array"),
            ("value", "the element"),
            ("null_match", "optional: whether null is found"),
        ],
        example: "select array_contains(array('red','green'), 'red'); -- t",
    },
    arity: (2, 3),
    returns: |types| {
        require_search(types)?;
        Ok(DataType::Boolean)
    },
    invoke: |call| {
        let search = Search::new(call)?;
        call.build_boolean(|row| {
            Ok(search.row(row).filter(|found| !found.unknown).map(|found| !found.places.is_empty()))
        })
    },
};

/// ARRAY_POSITION
pub static ARRAY_POSITION: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "array_position",
        aliases: &[],
        category: "super",
        description: "Where an element is first in an array, from 0; -1 when it is not there.",
        arguments: &[
            ("array", "an array"),
            ("value", "the element"),
            ("null_match", "optional: whether null is found"),
        ],
        example: "select array_position(array('red','green'), 'green'); -- 1",
    },
    arity: (2, 3),
    returns: |types| {
        require_search(types)?;
        Ok(DataType::Int32)
    },
    invoke: |call| {
        let search = Search::new(call)?;
        call.build::<Int32Type>(|row| {
            let found = search.row(row).filter(|found| !found.unknown);
            Ok(found.map(|found| found.places.first().and_then(|place| i32::try_from(*place).ok()).unwrap_or(-1)))
        })
    },
};

/// ARRAY_POSITIONS
pub static ARRAY_POSITIONS: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "array_positions",
        aliases: &[],
        category: "super",
        description: "All places of an element in an array, from 0.",
        arguments: &[
            ("array", "an array"),
            ("value", "the element"),
            ("null_match", "optional: whether null is found"),
        ],
        example: "select array_positions(array('red','green','red'), 'red'); -- [0,2]",
    },
    arity: (2, 3),
    returns: |types| {
        require_search(types)?;
        Ok(SUPER)
    },
    invoke: |call| {
        let search = Search::new(call)?;
        call.write_super(|row, out| {
            let Some(found) = search.row(row).filter(|found| !found.unknown) else { return Ok(false) };
            let mut array = Compound::default();
            for place in found.places {
                builder::integer(&mut array.values, place as i64);
                array.end_element();
            }
            array.finish_array(out)?;
            Ok(true)
        })
    },
};

/// ARRAYS_OVERLAP
pub static ARRAYS_OVERLAP: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "arrays_overlap",
        aliases: &[],
        category: "super",
        description: "Whether two arrays have an element in common.",
        arguments: &[("array1", "an array"), ("array2", "an array"), ("null_match", "optional: whether null is found")],
        example: "select arrays_overlap(array('red','green'), array('red','blue')); -- t",
    },
    arity: (2, 3),
    returns: |types| {
        require_super(types, 0)?;
        require_super(types, 1)?;
        types.require(2, |kind| kind == Kind::Boolean)?;
        Ok(DataType::Boolean)
    },
    invoke: |call| {
        let (left, right) = (call.semi_structured(0)?, call.semi_structured(1)?);
        let null_match = if call.count() > 2 { Some(call.boolean(2)?) } else { None };
        call.build_boolean(|row| {
            let (Some(left), Some(right)) = (elements(&left, row), elements(&right, row)) else { return Ok(None) };
            let null_match = null_match.as_ref().is_none_or(|flags| flags.get(row).unwrap_or(true));
            let is_null = |element: &[u8]| Super::of(element) == Super::Null;
            let keys: std::collections::HashSet<Vec<u8>> =
                left.iter().filter(|element| null_match || !is_null(element)).map(compare::key).collect();
            let overlap = right.iter().any(|element| keys.contains(&compare::key(element)));
            let nulls = left.iter().any(is_null) || right.iter().any(is_null);
            // An empty array has nothing in common with any other, whatever the nulls may stand for.
            let unknown = !overlap && !null_match && nulls && !left.is_empty() && !right.is_empty();
            Ok((!unknown).then_some(overlap))
        })
    },
};
