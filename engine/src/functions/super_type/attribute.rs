//! Attributes of objects: how many there are, and their names in another case (pages get_number_attributes,
//! r_lower_attribute_names, r_upper_attribute_names).

use arrow::{
    array::ArrayRef,
    datatypes::{DataType, Int32Type},
};

use super::{SUPER, numbers, of_value};
use crate::{
    error::Result,
    functions::{
        arguments::Call,
        definition::{Documentation, ScalarFunction},
    },
    types::super_value::{Super, builder::Compound, parse::Attributes},
};

/// GET_NUMBER_ATTRIBUTES
pub static GET_NUMBER_ATTRIBUTES: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "get_number_attributes",
        aliases: &[],
        category: "super",
        description: "How many attributes an object has, not counting those of objects in it. NULL for what is no \
                      object.",
        arguments: &[("super_expression", "an object")],
        example: "select get_number_attributes(json_parse('{\"a\":1,\"b\":2}')); -- 2",
    },
    arity: (1, 1),
    returns: |types| of_value(types, DataType::Int32),
    invoke: |call| {
        numbers::<Int32Type>(call, |value| match value {
            Super::Object(attributes) => i32::try_from(attributes.len()).ok(),
            _ => None,
        })
    },
};

/// LOWER_ATTRIBUTE_NAMES
pub static LOWER_ATTRIBUTE_NAMES: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "lower_attribute_names",
        aliases: &[],
        category: "super",
        description: "A SUPER value with the names of all attributes in lower case.",
        arguments: &[("super_expression", "a SUPER value")],
        example: "select lower_attribute_names(json_parse('{\"Name\":1}')); -- {\"name\":1}",
    },
    arity: (1, 1),
    returns: |types| of_value(types, SUPER),
    invoke: |call| renamed(call, str::to_lowercase),
};

/// UPPER_ATTRIBUTE_NAMES
pub static UPPER_ATTRIBUTE_NAMES: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "upper_attribute_names",
        aliases: &[],
        category: "super",
        description: "A SUPER value with the names of all attributes in upper case.",
        arguments: &[("super_expression", "a SUPER value")],
        example: "select upper_attribute_names(json_parse('{\"name\":1}')); -- {\"NAME\":1}",
    },
    arity: (1, 1),
    returns: |types| of_value(types, SUPER),
    invoke: |call| renamed(call, str::to_uppercase),
};

fn renamed(call: &Call, rename: fn(&str) -> String) -> Result<ArrayRef> {
    let values = call.semi_structured(0)?;
    call.write_super(|row, out| {
        let Some(value) = values.get(row) else { return Ok(false) };
        rename_in(value, rename, out)?;
        Ok(true)
    })
}

/// Errors: two attributes whose names become the same.
fn rename_in(value: &[u8], rename: fn(&str) -> String, out: &mut Vec<u8>) -> Result<()> {
    match Super::of(value) {
        Super::Array(elements) => {
            let mut array = Compound::default();
            for element in elements.iter() {
                rename_in(element, rename, &mut array.values)?;
                array.end_element();
            }
            array.finish_array(out)
        }
        Super::Object(attributes) => {
            let mut object = Attributes::default();
            for (name, value) in attributes.attributes() {
                let mut renamed = Vec::with_capacity(value.len());
                rename_in(value, rename, &mut renamed)?;
                object.push(rename(name), renamed);
            }
            object.finish(false, out)
        }
        _ => {
            out.extend_from_slice(value);
            Ok(())
        }
    }
}
