//! RANDOM (page r_RANDOM): a number between 0 and 1. After `SET SEED TO value` (page r_SET) its calls go through a
//! sequence that the seed determines: that of the additive feedback generator of C libraries, as the numbers printed on
//! both pages are.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Float64Array},
    datatypes::DataType,
};
use datafusion::{
    common::Result as DataFusionResult,
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};
use parking_lot::Mutex;

use crate::functions::settings::SessionSettings;

/// Words of state.
const DEGREE: usize = 31;
/// How far behind the word lies that is added to.
const SEPARATION: usize = 3;
/// Numbers that are thrown away after seeding.
const WARM_UP: usize = 310;

/// A sequence of numbers that looks random and is determined by its seed.
#[derive(Debug, Clone)]
pub struct Sequence {
    state: [u32; DEGREE],
    front: usize,
}

impl Sequence {
    /// The sequence of a seed between 0 and 1.
    pub fn of_seed(seed: f64) -> Self {
        let first = (seed * f64::from(i32::MAX)) as i64;
        let mut word = if first == 0 { 1 } else { first };
        let mut state = [0; DEGREE];
        for place in &mut state {
            *place = word as u32;
            word = word * 16_807 % i64::from(i32::MAX);
        }
        let mut sequence = Sequence { state, front: SEPARATION };
        for _ in 0..WARM_UP {
            sequence.draw();
        }
        sequence
    }

    /// The next number, from 0 to less than 1.
    pub fn draw(&mut self) -> f64 {
        let rear = (self.front + DEGREE - SEPARATION) % DEGREE;
        let word = self.state[self.front].wrapping_add(self.state[rear]);
        self.state[self.front] = word;
        self.front = (self.front + 1) % DEGREE;
        f64::from(word >> 1) / f64::from(1_u32 << 31)
    }
}

/// The function.
pub fn random() -> Arc<ScalarUDF> {
    let unseeded = datafusion::functions::math::random();
    Arc::new(ScalarUDF::from(Random { signature: Signature::nullary(Volatility::Volatile), unseeded }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Random {
    signature: Signature,
    unseeded: Arc<ScalarUDF>,
}

impl ScalarUDFImpl for Random {
    fn name(&self) -> &str {
        "random"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DataFusionResult<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        let settings = SessionSettings::of(&args.config_options);
        let values: Float64Array = match settings.random_sequence() {
            Some(sequence) => {
                let mut sequence = sequence.lock();
                (0..args.number_rows).map(|_| sequence.draw()).collect()
            }
            None => return self.unseeded.invoke_with_args(args),
        };
        Ok(ColumnarValue::Array(Arc::new(values) as ArrayRef))
    }
}

/// A sequence that the threads of a query share.
pub type SharedSequence = Arc<Mutex<Sequence>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_of_the_page() {
        let mut sequence = Sequence::of_seed(0.25);
        let percent: Vec<i64> = (0..3).map(|_| (sequence.draw() * 100.0).round() as i64).collect();
        assert_eq!(percent, [21, 79, 12]);
    }
}
