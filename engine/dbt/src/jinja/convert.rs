//! Values between JSON, Jinja and Python's way of printing them.

use std::fmt::Write;

use minijinja::{
    Value,
    value::{Kwargs, ValueKind},
};
use serde_json::Value as Json;

use crate::Cell;

/// The keyword arguments that an argument holds, if it is the one that holds them.
pub fn keywords(value: &Value) -> Option<Kwargs> {
    if value.is_kwargs() { Kwargs::try_from(value.clone()).ok() } else { None }
}

/// The Jinja value of a JSON value.
pub fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        other => Value::from_serialize(other),
    }
}

/// The JSON of a Jinja value; what JSON cannot say becomes its text.
pub fn to_json(value: &Value) -> Json {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number | ValueKind::String | ValueKind::Bytes => {
            serde_json::to_value(value).unwrap_or_else(|_| Json::String(value.to_string()))
        }
        ValueKind::Seq | ValueKind::Iterable => {
            Json::Array(value.try_iter().map(|items| items.map(|item| to_json(&item)).collect()).unwrap_or_default())
        }
        ValueKind::Map => {
            let mut map = serde_json::Map::new();
            if let Ok(keys) = value.try_iter() {
                for key in keys {
                    let item = value.get_item(&key).unwrap_or_default();
                    map.insert(key.to_string(), to_json(&item));
                }
            }
            Json::Object(map)
        }
        _ => Json::String(value.to_string()),
    }
}

/// The Jinja value of a result cell.
///
/// A decimal becomes an integer or a float when that keeps every digit, else its text: Jinja has no decimals.
pub fn from_cell(cell: &Cell) -> Value {
    const EXACT_FLOAT_DIGITS: usize = 15;
    match cell {
        Cell::Null => Value::from(()),
        Cell::Boolean(value) => Value::from(*value),
        Cell::Integer(value) => Value::from(*value),
        Cell::Float(value) => Value::from(*value),
        Cell::Text(text) => Value::from(text.as_str()),
        Cell::Decimal(text) => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            match (text.parse::<i128>(), text.parse::<f64>()) {
                (Ok(value), _) => Value::from(value),
                (_, Ok(value)) if digits <= EXACT_FLOAT_DIGITS => Value::from(value),
                _ => Value::from(text.as_str()),
            }
        }
    }
}

/// What Python's `str()` prints, which is what `{{ … }}` shows in dbt.
pub fn python_str(value: &Value) -> String {
    match value.kind() {
        ValueKind::String => value.to_string(),
        ValueKind::Undefined => String::new(),
        _ => python_repr(value),
    }
}

/// What Python's `repr()` prints.
pub fn python_repr(value: &Value) -> String {
    match value.kind() {
        ValueKind::Undefined => "Undefined".to_owned(),
        ValueKind::None => "None".to_owned(),
        ValueKind::Bool if value.is_true() => "True".to_owned(),
        ValueKind::Bool => "False".to_owned(),
        ValueKind::String => {
            let text = value.to_string();
            let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
            let mut out = String::from(quote);
            for c in text.chars() {
                match c {
                    '\\' => out.push_str("\\\\"),
                    '\n' => out.push_str("\\n"),
                    '\t' => out.push_str("\\t"),
                    '\r' => out.push_str("\\r"),
                    c if c == quote => {
                        let _ = write!(out, "\\{c}");
                    }
                    c => out.push(c),
                }
            }
            out.push(quote);
            out
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let items: Vec<String> =
                value.try_iter().map(|items| items.map(|item| python_repr(&item)).collect()).unwrap_or_default();
            format!("[{}]", items.join(", "))
        }
        ValueKind::Map => {
            let mut entries = Vec::new();
            if let Ok(keys) = value.try_iter() {
                for key in keys {
                    let item = value.get_item(&key).unwrap_or_default();
                    entries.push(format!("{}: {}", python_repr(&key), python_repr(&item)));
                }
            }
            format!("{{{}}}", entries.join(", "))
        }
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_python() {
        let value = from_json(&serde_json::json!(["a", "it's", 1, 1.5, true, null, {"k": []}]));
        assert_eq!(python_str(&value), r#"['a', "it's", 1, 1.5, True, None, {'k': []}]"#);
    }

    #[test]
    fn decimals_keep_their_digits() {
        assert_eq!(from_cell(&Cell::Decimal("12".to_owned())).to_string(), "12");
        assert_eq!(from_cell(&Cell::Decimal("2328.6".to_owned())).to_string(), "2328.6");
        let long = "123456789012345678.901";
        assert_eq!(from_cell(&Cell::Decimal(long.to_owned())).to_string(), long);
    }
}
