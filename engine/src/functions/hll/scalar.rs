//! HLL_CARDINALITY and HLL_COMBINE_SKETCHES (pages r_HLL_CARDINALITY, r_HLL_COMBINE_SKETCHES).

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, BinaryBuilder},
    datatypes::{DataType, Int64Type},
};

use super::Sketch;
use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction},
        type_name,
    },
    types::cast::is_text,
};

/// HLL_CARDINALITY
pub static HLL_CARDINALITY: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "hll_cardinality",
        aliases: &[],
        category: "hll",
        description: "The number of distinct values that a sketch has seen, estimated.",
        arguments: &[("hllsketch_expression", "an HLLSKETCH")],
        example: "select hll_cardinality(sketch) from t;",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, |kind| kind == Kind::Sketch)?;
        Ok(DataType::Int64)
    },
    invoke: |call| {
        let sketches = Sketches::of(call, 0)?;
        call.build::<Int64Type>(|row| Ok(sketches.get(row)?.map(|sketch| sketch.cardinality())))
    },
};

/// HLL_COMBINE_SKETCHES
pub static HLL_COMBINE_SKETCHES: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "hll_combine_sketches",
        aliases: &[],
        category: "hll",
        description: "A sketch of all that two sketches have seen.",
        arguments: &[("hllsketch_expression1", "an HLLSKETCH"), ("hllsketch_expression2", "an HLLSKETCH")],
        example: "select hll_combine_sketches(a, b) from t;",
    },
    arity: (2, 2),
    returns: |types| {
        types.require(0, |kind| kind == Kind::Sketch)?;
        types.require(1, |kind| kind == Kind::Sketch)?;
        Ok(DataType::Binary)
    },
    invoke: |call| {
        let (left, right) = (Sketches::of(call, 0)?, Sketches::of(call, 1)?);
        let mut out = BinaryBuilder::new();
        for row in 0..call.rows {
            match (left.get(row)?, right.get(row)?) {
                (Some(mut sketch), Some(other)) => {
                    sketch.merge(&other);
                    out.append_value(sketch.to_bytes());
                }
                _ => out.append_null(),
            }
        }
        Ok(Arc::new(out.finish()))
    },
};

/// An argument of sketches.
struct Sketches {
    array: ArrayRef,
    constant: bool,
}

impl Sketches {
    fn of(call: &Call, index: usize) -> Result<Self> {
        let (array, constant) = call.array(index)?;
        Ok(Sketches { array, constant })
    }

    fn get(&self, row: usize) -> Result<Option<Sketch>> {
        let row = if self.constant { 0 } else { row };
        match self.array.as_binary_opt::<i32>() {
            Some(values) if values.is_valid(row) => Sketch::from_bytes(values.value(row)).map(Some),
            _ => Ok(None),
        }
    }
}

/// A column cast to HLLSKETCH: text is read.
///
/// Errors: 42846, 22P02.
pub fn cast(array: &ArrayRef) -> Result<ArrayRef> {
    match array.data_type() {
        DataType::Binary => Ok(Arc::clone(array)),
        text if is_text(text) => {
            let texts = arrow::compute::cast(array, &DataType::Utf8View).map_err(Error::internal)?;
            let mut out = BinaryBuilder::new();
            for text in texts.as_string_view() {
                match text {
                    Some(text) => out.append_value(Sketch::parse(text)?.to_bytes()),
                    None => out.append_null(),
                }
            }
            Ok(Arc::new(out.finish()))
        }
        other => {
            Err(Error::new(SqlState::CANNOT_COERCE, format!("cannot cast type {} to hllsketch", type_name(other))))
        }
    }
}
