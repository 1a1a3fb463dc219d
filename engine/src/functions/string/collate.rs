//! COLLATE (page r_COLLATE): the string as it is. What it changes is how the string is compared, and that is the
//! business of `binder::comparison`.

use arrow::datatypes::DataType;

use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::Kind,
        definition::{Documentation, ScalarFunction, Types},
    },
};

/// COLLATE
pub static COLLATE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "collate",
        aliases: &[],
        category: "string",
        description: "Overrides how a string is compared; the string itself does not change.",
        arguments: &[("string", "a string"), ("collation", "'case_sensitive' or 'case_insensitive'")],
        example: "select * from t where collate(col1, 'case_insensitive') = 'john';",
    },
    arity: (2, 2),
    returns: |types| {
        types.require(0, Kind::is_textual)?;
        is_case_insensitive(types)?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| {
        let texts = call.text(0)?;
        call.build_text(|row| Ok(texts.get(row)))
    },
};

fn is_case_insensitive(types: &Types) -> Result<bool> {
    // The value is not known where types alone are asked for.
    let Some(collation) = types.constant_text(1) else { return Ok(false) };
    match collation.to_ascii_lowercase().as_str() {
        "case_insensitive" | "ci" => Ok(true),
        "case_sensitive" | "cs" => Ok(false),
        _ => Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("collation \"{collation}\" does not exist"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, null, text};

    #[test]
    fn the_string_stays() {
        check(
            &COLLATE,
            vec![
                (vec![text("John"), text("case_insensitive")], text("John")),
                (vec![null(), text("case_insensitive")], null()),
            ],
        );
    }
}
