//! `$n` in SHOW, which Amazon's drivers read metadata with: `SHOW TABLES FROM SCHEMA $1.$2 LIKE $3`. A value
//! stands for a name, for a pattern after LIKE, or for a type in parentheses; it is quoted accordingly.

use blueshift_sql::{ParameterValue, ParserOptions, parse_data_type};

use crate::error::{Error, Result, SqlState};

/// A part of a statement.
enum Part<'t> {
    Text(&'t str),
    Parameter(usize, Place),
}

/// What a parameter stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Name,
    Pattern,
    Type,
}

/// A SHOW with names in the places of its parameters, and their number; None for any other statement.
pub fn named(text: &str) -> Option<(String, usize)> {
    let parts = parts(text)?;
    let mut named = String::with_capacity(text.len());
    let mut highest = 0;
    for part in parts {
        match part {
            Part::Text(text) => named.push_str(text),
            Part::Parameter(number, place) => {
                highest = highest.max(number);
                named.push_str(match place {
                    Place::Name => "\"$\"",
                    Place::Pattern => "'%'",
                    Place::Type => "integer",
                });
            }
        }
    }
    (highest > 0).then_some((named, highest))
}

/// A SHOW with values in the places of its parameters.
///
/// Errors: 22004 for NULL and for what is no name, 42704 for a type that is none.
pub fn with_values(text: &str, values: &[ParameterValue]) -> Result<String> {
    let mut written = String::with_capacity(text.len());
    for part in parts(text).unwrap_or_default() {
        let (number, place) = match part {
            Part::Text(text) => {
                written.push_str(text);
                continue;
            }
            Part::Parameter(number, place) => (number, place),
        };
        let value = match number.checked_sub(1).and_then(|index| values.get(index)) {
            Some(ParameterValue::Text(text) | ParameterValue::Number(text)) => text,
            Some(ParameterValue::Typed(Some(text), ..)) => text,
            _ => return Err(Error::new(SqlState("22004"), format!("the value of ${number} is NULL or no name"))),
        };
        match place {
            Place::Name => {
                written.push('"');
                written.push_str(&value.replace('"', "\"\""));
                written.push('"');
            }
            Place::Pattern => {
                written.push('\'');
                written.push_str(&value.replace('\\', "\\\\").replace('\'', "''"));
                written.push('\'');
            }
            Place::Type => {
                if parse_data_type(value, ParserOptions::default()).is_err() {
                    return Err(Error::new(SqlState::UNDEFINED_OBJECT, format!("type \"{value}\" does not exist")));
                }
                written.push_str(value);
            }
        }
    }
    Ok(written)
}

/// The parts of a SHOW; None for any other statement.
fn parts(text: &str) -> Option<Vec<Part<'_>>> {
    let first = text.split_whitespace().next()?;
    if !first.eq_ignore_ascii_case("show") {
        return None;
    }
    let bytes = text.as_bytes();
    let (mut parts, mut start, mut at, mut depth) = (vec![], 0, 0, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\'' | b'"' => at += bytes[at + 1..].iter().position(|other| *other == byte)? + 1,
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'$' => {
                let digits = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                if let Ok(number) = text[at + 1..at + 1 + digits].parse() {
                    let before = text[..at].split_whitespace().next_back().unwrap_or_default();
                    let place = match before {
                        _ if depth > 0 => Place::Type,
                        word if word.eq_ignore_ascii_case("like") => Place::Pattern,
                        _ => Place::Name,
                    };
                    parts.push(Part::Text(&text[start..at]));
                    parts.push(Part::Parameter(number, place));
                    at += digits;
                    start = at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(Part::Text(&text[start..]));
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> ParameterValue {
        ParameterValue::Text(value.to_owned())
    }

    #[test]
    fn values_are_quoted_by_their_places() {
        let sql = "SHOW PARAMETERS OF PROCEDURE $1.$2.$3($4, $5) LIKE $6;";
        assert_eq!(
            named(sql).unwrap(),
            ("SHOW PARAMETERS OF PROCEDURE \"$\".\"$\".\"$\"(integer, integer) LIKE '%';".to_owned(), 6)
        );
        let values = [text("dev"), text("a\"b"), text("p"), text("integer"), text("numeric(5,2)"), text("it's\\_%")];
        assert_eq!(
            with_values(sql, &values).unwrap(),
            "SHOW PARAMETERS OF PROCEDURE \"dev\".\"a\"\"b\".\"p\"(integer, numeric(5,2)) LIKE 'it''s\\\\_%';"
        );
        assert!(with_values("show schemas from database $1", &[ParameterValue::Null]).is_err());
        assert!(with_values("show parameters of function $1($2)", &[text("f"), text("int) x")]).is_err());
        assert!(named("select $1").is_none() && named("show search_path").is_none());
    }
}
