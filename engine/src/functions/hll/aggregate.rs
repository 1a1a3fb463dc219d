//! HLL, HLL_CREATE_SKETCH and HLL_COMBINE (pages r_HLL_function, r_HLL_CREATE_SKETCH, r_HLL_COMBINE).

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::{DataType, Field, FieldRef},
};
use datafusion::{
    common::ScalarValue,
    error::{DataFusionError, Result as DataFusionResult},
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};

use super::Sketch;
use crate::{
    error::Result,
    functions::{
        arguments::Kind,
        definition::{Documentation, Types},
        hash::farmfingerprint64::fingerprint64,
    },
    types::text::format_value,
};

/// HLL
pub static HLL: Documentation = Documentation {
    name: "hll",
    aliases: &[],
    category: "hll",
    description: "The number of distinct values, estimated.",
    arguments: &[("aggregate_expression", "a value of any type but SUPER, VARBYTE and HLLSKETCH")],
    example: "select hll(a_int) from t;",
};

/// HLL_CREATE_SKETCH
pub static HLL_CREATE_SKETCH: Documentation = Documentation {
    name: "hll_create_sketch",
    aliases: &[],
    category: "hll",
    description: "A sketch of the values.",
    arguments: &[("aggregate_expression", "a value of any type but SUPER, VARBYTE and HLLSKETCH")],
    example: "select hll_create_sketch(a_int) from t;",
};

/// HLL_COMBINE
pub static HLL_COMBINE: Documentation = Documentation {
    name: "hll_combine",
    aliases: &[],
    category: "hll",
    description: "A sketch of all that the sketches have seen.",
    arguments: &[("hllsketch_expression", "an HLLSKETCH")],
    example: "select hll_combine(sketch) from t;",
};

/// The family's aggregate functions, for DataFusion.
pub fn all() -> Vec<Arc<AggregateUDF>> {
    [(&HLL, Kind::Null), (&HLL_CREATE_SKETCH, Kind::Null), (&HLL_COMBINE, Kind::Sketch)]
        .into_iter()
        .map(|(documentation, takes)| {
            let signature = Signature::user_defined(Volatility::Immutable);
            Arc::new(AggregateUDF::new_from_impl(Sketching { documentation, takes, signature }))
        })
        .collect()
}

#[derive(Debug)]
struct Sketching {
    documentation: &'static Documentation,
    /// Sketch for the function that combines them.
    takes: Kind,
    signature: Signature,
}

impl PartialEq for Sketching {
    fn eq(&self, other: &Self) -> bool {
        self.documentation.name == other.documentation.name
    }
}

impl Eq for Sketching {}

impl Hash for Sketching {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.documentation.name.hash(state);
    }
}

impl Sketching {
    fn result_type(&self, types: &[DataType]) -> Result<DataType> {
        let call = Types::new(self.documentation.name, types);
        let accepted = call.count() == 1
            && match call.kind(0) {
                Kind::Sketch => self.takes == Kind::Sketch,
                Kind::Null => true,
                Kind::Super | Kind::Binary | Kind::Interval | Kind::Other => false,
                _ => self.takes != Kind::Sketch,
            };
        if !accepted {
            return call.refuse();
        }
        Ok(if self.documentation.name == HLL.name { DataType::Int64 } else { DataType::Binary })
    }
}

impl AggregateUDFImpl for Sketching {
    fn name(&self) -> &str {
        self.documentation.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        self.result_type(arg_types).map_err(DataFusionError::from)?;
        Ok(arg_types.to_vec())
    }

    fn return_type(&self, arg_types: &[DataType]) -> DataFusionResult<DataType> {
        self.result_type(arg_types).map_err(DataFusionError::from)
    }

    fn accumulator(&self, _args: AccumulatorArgs) -> DataFusionResult<Box<dyn Accumulator>> {
        let counts = self.documentation.name == HLL.name;
        let combines = self.takes == Kind::Sketch;
        Ok(Box::new(Sketcher { sketch: (!combines).then(Sketch::default), counts, combines }))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> DataFusionResult<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[sketch]", args.name), DataType::Binary, true))])
    }
}

/// A sketch in the making. Combining no sketches gives NULL.
#[derive(Debug)]
struct Sketcher {
    sketch: Option<Sketch>,
    counts: bool,
    combines: bool,
}

impl Sketcher {
    fn combine(&mut self, sketches: &ArrayRef) -> Result<()> {
        let Some(sketches) = sketches.as_binary_opt::<i32>() else { return Ok(()) };
        for bytes in sketches.iter().flatten() {
            self.sketch.get_or_insert_default().merge(&Sketch::from_bytes(bytes)?);
        }
        Ok(())
    }
}

impl Accumulator for Sketcher {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DataFusionResult<()> {
        let [values] = values else { return Ok(()) };
        if self.combines {
            return Ok(self.combine(values)?);
        }
        let sketch = self.sketch.get_or_insert_default();
        let mut text = String::new();
        for row in 0..values.len() {
            if values.is_null(row) {
                continue;
            }
            text.clear();
            format_value(values.as_ref(), row, &mut text)?;
            // Blanks at the end of text do not count, as in comparisons.
            sketch.add_hash(fingerprint64(text.trim_end_matches(' ').as_bytes()));
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DataFusionResult<()> {
        match states {
            [sketches] => Ok(self.combine(sketches)?),
            _ => Ok(()),
        }
    }

    fn state(&mut self) -> DataFusionResult<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Binary(self.sketch.as_ref().map(Sketch::to_bytes))])
    }

    fn evaluate(&mut self) -> DataFusionResult<ScalarValue> {
        Ok(if self.counts {
            ScalarValue::Int64(self.sketch.as_ref().map(Sketch::cardinality))
        } else {
            ScalarValue::Binary(self.sketch.as_ref().map(Sketch::to_bytes))
        })
    }

    fn size(&self) -> usize {
        let entries = match &self.sketch {
            Some(Sketch::Sparse(entries)) => entries.len() * 16,
            Some(Sketch::Dense(registers)) => registers.len(),
            None => 0,
        };
        size_of::<Self>() + entries
    }
}
