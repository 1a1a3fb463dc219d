//! FNV_HASH (page r_FNV_HASH): 64-bit FNV-1a over a value's bytes, integers in the width of their type
//! with the least byte first.

use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::{DataType, Int64Type},
};

use crate::{
    error::{Error, Result},
    functions::{
        arguments::{Call, Kind, convert},
        definition::{Documentation, ScalarFunction, Types},
        type_name,
    },
};

/// FNV_HASH
pub static FNV_HASH: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "fnv_hash",
        aliases: &[],
        category: "hash",
        description: "The 64-bit FNV-1a hash of a value as BIGINT; of NULL it is the seed.",
        arguments: &[("value", "a value"), ("seed", "optional: a hash to go on from")],
        example: "select fnv_hash('Amazon Redshift', fnv_hash(1)); -- -2202602717770968555",
    },
    arity: (1, 2),
    returns: |types| {
        hashable(types)?;
        types.require(1, |kind| kind == Kind::Integer)?;
        Ok(DataType::Int64)
    },
    invoke: |call| {
        let seeds = if call.count() > 1 { Some(call.int(1)?) } else { None };
        let bytes = Bytes::new(call, 0)?;
        call.build::<Int64Type>(|row| {
            let seed = seeds.as_ref().and_then(|seeds| seeds.get(row)).map_or(OFFSET_BASIS, |seed| seed as u64);
            let mut hash = seed;
            bytes.with(row, |bytes| hash = fnv(seed, bytes));
            Ok(Some(hash as i64))
        })
    },
};

const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

fn fnv(seed: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(seed, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// Refuses types whose bytes Redshift does not document.
fn hashable(types: &Types) -> Result<()> {
    match types.kind(0) {
        Kind::Null | Kind::Integer | Kind::Text | Kind::Binary | Kind::Boolean => Ok(()),
        _ => Err(Error::not_supported(format!("{} of {}", types.name(), type_name(types.data_type(0))))),
    }
}

/// The bytes of an argument as hash functions see them.
struct Bytes {
    array: ArrayRef,
    constant: bool,
}

impl Bytes {
    /// The bytes of an argument.
    fn new(call: &Call, index: usize) -> Result<Self> {
        let (array, constant) = call.array(index)?;
        let array = match Kind::of(array.data_type()) {
            Kind::Text => convert(&array, &DataType::Utf8View)?,
            Kind::Binary => convert(&array, &DataType::BinaryView)?,
            Kind::Boolean => convert(&array, &DataType::Int8)?,
            Kind::Integer | Kind::Null => array,
            _ => return Err(Error::not_supported(format!("hash of {}", type_name(array.data_type())))),
        };
        Ok(Bytes { array, constant })
    }

    /// Calls `visit` with the bytes in a row unless they are NULL; answers whether it did.
    fn with(&self, row: usize, visit: impl FnOnce(&[u8])) -> bool {
        use arrow::datatypes::{Int8Type, Int16Type, Int32Type};
        let row = if self.constant { 0 } else { row };
        if self.array.data_type() == &DataType::Null || self.array.is_null(row) {
            return false;
        }
        match self.array.data_type() {
            DataType::Utf8View => visit(self.array.as_string_view().value(row).as_bytes()),
            DataType::BinaryView => visit(self.array.as_binary_view().value(row)),
            DataType::Int8 => visit(&self.array.as_primitive::<Int8Type>().value(row).to_le_bytes()),
            DataType::Int16 => visit(&self.array.as_primitive::<Int16Type>().value(row).to_le_bytes()),
            DataType::Int32 => visit(&self.array.as_primitive::<Int32Type>().value(row).to_le_bytes()),
            DataType::Int64 => visit(&self.array.as_primitive::<Int64Type>().value(row).to_le_bytes()),
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, int, int2, int4, null, text};

    #[test]
    fn documented_results() {
        check(
            &FNV_HASH,
            vec![
                (vec![int4(1)], int(-5_968_735_742_475_085_980)),
                (vec![int2(1)], int(589_727_492_704_079_044)),
                (vec![int(1)], int(-8_517_097_267_634_966_620)),
                (vec![text("Amazon Redshift")], int(7_783_490_368_944_507_294)),
                (vec![text("Amazon Redshift"), int(-5_968_735_742_475_085_980)], int(-2_202_602_717_770_968_555)),
                (vec![text("abcd")], int(-281_581_062_704_388_899)),
                (vec![null(), int(7)], int(7)),
            ],
        );
    }
}
