//! Arrays of text, as psql asks for a table's options: `reloptions || array(select 'toast.' || x from unnest(…) x)`
//! (`rewrite::catalog` makes calls of it).

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, AsArray, ListBuilder, StringViewBuilder},
    compute::cast,
    datatypes::{DataType, Field},
};

use super::array::{elements, require_list};
use crate::{
    error::{Error, Result},
    functions::definition::{Documentation, ScalarFunction},
};

fn text_list() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Utf8View, true)))
}

const fn private(name: &'static str, description: &'static str) -> Documentation {
    Documentation { name, aliases: &[], category: "catalog", description, arguments: &[], example: "" }
}

/// The texts of a list's row; None for NULL.
fn texts(lists: &ArrayRef, row: usize) -> Result<Option<ArrayRef>> {
    let Some(row) = elements(lists, row)? else { return Ok(None) };
    cast(&row, &DataType::Utf8View).map(Some).map_err(Error::internal)
}

/// `a || b`; NULL is no elements, unless both are.
pub static ARRAY_CONCAT: ScalarFunction = ScalarFunction {
    documentation: private("array concat", "The elements of two arrays."),
    arity: (2, 2),
    returns: |types| {
        require_list(types, 0)?;
        require_list(types, 1)?;
        Ok(text_list())
    },
    invoke: |call| {
        let ((first, first_fixed), (second, second_fixed)) = (call.array(0)?, call.array(1)?);
        let mut builder = ListBuilder::new(StringViewBuilder::new());
        for row in 0..call.rows {
            let parts = [
                texts(&first, if first_fixed { 0 } else { row })?,
                texts(&second, if second_fixed { 0 } else { row })?,
            ];
            for part in parts.iter().flatten() {
                part.as_string_view().iter().for_each(|text| builder.values().append_option(text));
            }
            builder.append(parts.iter().any(Option::is_some));
        }
        Ok(Arc::new(builder.finish()))
    },
};

/// `array(select prefix || x from unnest(a) x)`
pub static ARRAY_PREFIXED: ScalarFunction = ScalarFunction {
    documentation: private("array prefixed", "The elements of an array with a text before each."),
    arity: (2, 2),
    returns: |types| {
        require_list(types, 1)?;
        Ok(text_list())
    },
    invoke: |call| {
        let prefix = call.text(0)?;
        let (lists, fixed) = call.array(1)?;
        let mut builder = ListBuilder::new(StringViewBuilder::new());
        for row in 0..call.rows {
            let prefix = prefix.get(row);
            for text in texts(&lists, if fixed { 0 } else { row })?.iter().flat_map(|part| part.as_string_view().iter())
            {
                let joined = prefix.zip(text).map(|(prefix, text)| format!("{prefix}{text}"));
                builder.values().append_option(joined);
            }
            builder.append(true);
        }
        Ok(Arc::new(builder.finish()))
    },
};
