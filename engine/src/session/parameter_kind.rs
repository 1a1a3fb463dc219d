//! What values the parameters take ("Configuration reference" of the guide), beyond switches.

use crate::{
    error::{Error, Result, SqlState},
    types::DateStyle,
};

/// What a parameter takes.
enum Kind {
    /// A whole number from … to ….
    Integer(i64, i64),
    /// A number with fraction from … to ….
    Number(f64, f64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Names of schemas.
    Names,
}

const KINDS: [(&str, Kind); 13] = [
    ("analyze_threshold_percent", Kind::Number(0.0, 100.0)),
    (
        "client_min_messages",
        Kind::Word(&[
            "debug5", "debug4", "debug3", "debug2", "debug1", "debug", "log", "info", "notice", "warning", "error",
            "fatal", "panic",
        ]),
    ),
    ("default_geometry_encoding", Kind::Integer(1, 2)),
    ("extra_float_digits", Kind::Integer(-15, 2)),
    ("max_concurrency_scaling_clusters", Kind::Integer(0, 10)),
    ("search_path", Kind::Names),
    ("spectrum_query_maxerror", Kind::Integer(-1, i64::MAX)),
    ("statement_timeout", Kind::Integer(0, 2_147_483_647)),
    ("stored_proc_log_min_messages", Kind::Word(&["exception", "warning", "notice", "info", "log"])),
    (
        "transaction_isolation",
        Kind::Word(&["serializable", "snapshot", "repeatable read", "read committed", "read uncommitted"]),
    ),
    ("wlm_query_slot_count", Kind::Integer(1, 50)),
    ("blueshift_explain_nodes", Kind::Integer(1, 128)),
    ("cost_units", Kind::Number(0.0, f64::MAX)),
];

/// The value as it is kept; None: the parameter takes any text.
///
/// Errors: 22023 for a value that it does not take.
pub fn normalized(name: &str, value: &str) -> Result<Option<String>> {
    let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == name) else { return Ok(None) };
    let invalid = || {
        Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("invalid value for parameter \"{name}\": \"{value}\""))
    };
    let outside = |low: &dyn std::fmt::Display, high: &dyn std::fmt::Display| {
        let message = format!("{value} is outside the valid range for parameter \"{name}\" ({low} .. {high})");
        Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
    };
    Ok(Some(match kind {
        Kind::Integer(low, high) => {
            let number: i64 = value.trim().parse().map_err(|_| invalid())?;
            if !(*low..=*high).contains(&number) {
                return Err(outside(low, high));
            }
            number.to_string()
        }
        Kind::Number(low, high) => {
            let number: f64 = value.trim().parse().map_err(|_| invalid())?;
            if !(*low..=*high).contains(&number) {
                return Err(outside(low, high));
            }
            number.to_string()
        }
        Kind::Word(words) => {
            let lower = value.trim().to_ascii_lowercase();
            let found = words.iter().find(|word| **word == lower).ok_or_else(invalid)?;
            if name == "stored_proc_log_min_messages" { found.to_ascii_uppercase() } else { (*found).to_owned() }
        }
        Kind::Names => value.split(',').map(str::trim).collect::<Vec<_>>().join(", "),
    }))
}

/// A date style after a change.
///
/// Errors: 22023 for what is no date style.
pub fn date_style(current: &str, value: &str) -> Result<String> {
    let style = DateStyle::default().changed(current).unwrap_or_default();
    let changed = style.changed(value).ok_or_else(|| {
        let message = format!("invalid value for parameter \"datestyle\": \"{value}\"");
        Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
    })?;
    Ok(changed.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_checked() {
        for (name, value, kept) in [
            ("wlm_query_slot_count", "5", "5"),
            ("analyze_threshold_percent", "20.0", "20"),
            ("client_min_messages", "WARNING", "warning"),
            ("search_path", "a,b ,  c", "a, b, c"),
        ] {
            assert_eq!(normalized(name, value).unwrap().as_deref(), Some(kept), "{name}");
        }
        for (name, value, state) in [
            ("wlm_query_slot_count", "51", "22023"),
            ("wlm_query_slot_count", "many", "22023"),
            ("client_min_messages", "loud", "22023"),
        ] {
            assert_eq!(normalized(name, value).unwrap_err().state().0, state, "{name}");
        }
        assert_eq!(date_style("ISO, MDY", "iso").unwrap(), "ISO, MDY");
        assert_eq!(date_style("ISO, DMY", "sql").unwrap(), "SQL, DMY");
        assert_eq!(date_style("ISO, MDY", "julian").unwrap_err().state().0, "22023");
        assert!(normalized("query_group", "anything").unwrap().is_none());
    }
}
