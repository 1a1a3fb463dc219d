//! Session parameters: their names, defaults and values ("Configuration reference" of the guide).

use std::{collections::BTreeMap, time::Duration};

use super::parameter_kind;
use crate::{
    error::{Error, Result, SqlState},
    functions::datetime::{calendar::MICROS_PER_MINUTE, interval, zone},
};

/// The parameters that SET, RESET and SHOW know, with their defaults.
const DEFAULTS: [(&str, &str); 44] = [
    ("analyze_threshold_percent", "10"),
    ("application_name", ""),
    ("blueshift_explain_nodes", "2"),
    ("blueshift_strict", "on"),
    ("cast_super_null_on_error", "on"),
    ("client_encoding", "UTF8"),
    ("client_min_messages", "notice"),
    ("datestyle", "ISO, MDY"),
    ("default_array_search_null_handling", "on"),
    ("default_geometry_encoding", "1"),
    ("describe_field_name_in_uppercase", "off"),
    ("downcase_delimited_identifier", "on"),
    ("enable_case_sensitive_identifier", "off"),
    ("enable_case_sensitive_super_attribute", "off"),
    ("enable_numeric_rounding", "on"),
    ("enable_result_cache_for_session", "on"),
    ("enable_vacuum_boost", "off"),
    ("error_on_nondeterministic_update", "off"),
    ("extra_float_digits", "0"),
    ("interval_forbid_composite_literals", "off"),
    ("intervalstyle", "postgres"),
    ("json_parse_dedup_attributes", "off"),
    ("json_parse_truncate_strings", "off"),
    ("json_serialization_enable", "off"),
    ("json_serialization_parse_nested_strings", "off"),
    ("max_concurrency_scaling_clusters", "1"),
    ("max_cursor_result_set_size", "default"),
    ("mv_enable_aqmv_for_session", "on"),
    ("navigate_super_null_on_error", "on"),
    ("parse_super_null_on_error", "off"),
    ("pg_federation_repeatable_read", "on"),
    ("query_group", "unset"),
    ("search_path", "$user, public"),
    ("server_encoding", "UTF8"),
    ("server_version", "8.0.2"),
    ("spectrum_enable_pseudo_columns", "on"),
    ("spectrum_query_maxerror", "-1"),
    // A backslash in a string is an escape: clients that write values into SQL have to know.
    ("standard_conforming_strings", "off"),
    ("statement_timeout", "0"),
    ("stored_proc_log_min_messages", "LOG"),
    ("timezone", "UTC"),
    ("transaction_read_only", "off"),
    ("wlm_query_slot_count", "1"),
    ("wlm_json_configuration", "none"),
];

/// Parameters that exist only to be shown.
const READ_ONLY: [&str; 4] =
    ["server_version", "server_encoding", "wlm_json_configuration", "standard_conforming_strings"];

/// The values that a session has set.
#[derive(Debug, Clone, Default)]
pub struct Parameters {
    set: BTreeMap<String, String>,
}

impl Parameters {
    /// The value of a parameter; None when there is none of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.set.get(name).map(String::as_str).or_else(|| default(name))
    }

    /// Sets a parameter, or its default with None.
    ///
    /// Errors: 42704 for an unknown name without a dot, 55P02 for one that cannot be changed.
    pub fn set(&mut self, name: &str, value: Option<String>) -> Result<()> {
        if READ_ONLY.contains(&name) {
            return Err(Error::new(SqlState("55P02"), format!("parameter \"{name}\" cannot be changed")));
        }
        // A context variable is called `identifier.identifier` ("SET").
        if name.matches('.').count() > 1 {
            let message = format!("invalid name of a session context variable: \"{name}\"");
            return Err(Error::new(SqlState("42602"), message).with_hint("Only one dot is allowed."));
        }
        if default(name).is_none() && !name.contains('.') {
            return Err(Error::new(
                SqlState::UNDEFINED_OBJECT,
                format!("unrecognized configuration parameter \"{name}\""),
            ));
        }
        match value {
            // What a date style does not name stays as it was.
            Some(value) if name == "datestyle" => {
                let style = parameter_kind::date_style(self.get(name).unwrap_or_default(), &value)?;
                self.set.insert(name.to_owned(), style)
            }
            Some(value) => self.set.insert(name.to_owned(), normalized(name, value)?),
            None => self.set.remove(name),
        };
        Ok(())
    }

    /// The value that was set; None: the default holds.
    pub(crate) fn own_value(&self, name: &str) -> Option<String> {
        self.set.get(name).cloned()
    }

    /// Gives a parameter a value that it had before; None: the default.
    pub(crate) fn put_back(&mut self, name: &str, value: Option<String>) {
        match value {
            Some(value) => drop(self.set.insert(name.to_owned(), value)),
            None => drop(self.set.remove(name)),
        }
    }

    /// Sets all parameters to their defaults.
    pub fn reset_all(&mut self) {
        self.set.clear();
    }

    /// All parameters with their values, by name.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        DEFAULTS.iter().map(|(name, value)| (*name, self.set.get(*name).map_or(*value, String::as_str)))
    }

    /// The values that differ from the defaults, by name.
    pub fn changed(&self) -> &BTreeMap<String, String> {
        &self.set
    }

    /// Whether a boolean parameter is on.
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name), Some("on" | "true"))
    }

    /// How long a statement may run; None: as long as it takes.
    pub fn statement_timeout(&self) -> Option<Duration> {
        let milliseconds: u64 = self.get("statement_timeout").and_then(|text| text.parse().ok()).unwrap_or(0);
        (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
    }

    /// The schemas of the search path, `$user` replaced by the user's name.
    pub fn search_path(&self, user: &str) -> Vec<String> {
        let path = self.get("search_path").unwrap_or("public");
        path.split(',')
            .map(|schema| schema.trim().trim_matches(['"', '\'']))
            .filter(|schema| !schema.is_empty())
            .map(|schema| if schema == "$user" { user.to_owned() } else { schema.to_lowercase() })
            .collect()
    }
}

fn default(name: &str) -> Option<&'static str> {
    DEFAULTS.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// Booleans are kept as `on` and `off`.
fn normalized(name: &str, value: String) -> Result<String> {
    match name {
        "statement_timeout" => return milliseconds(name, &value),
        "client_encoding" => return encoding(value),
        "timezone" => return time_zone(value),
        "intervalstyle" => return one_of(name, &value, &["postgres", "postgres_verbose", "sql_standard"]),
        "extra_float_digits" => return digits(name, &value),
        _ => {}
    }
    if let Some(value) = parameter_kind::normalized(name, &value)? {
        return Ok(value);
    }
    if !matches!(default(name), Some("on" | "off")) {
        return Ok(value);
    }
    match value.to_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Ok("on".to_owned()),
        "off" | "false" | "no" | "0" => Ok("off".to_owned()),
        _ => {
            Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("parameter \"{name}\" requires a Boolean value")))
        }
    }
}

/// A zone by its name, abbreviation, POSIX specification or offset; `interval '-8 hours'` is an offset.
fn time_zone(value: String) -> Result<String> {
    let written = value.trim();
    let lower = written.to_ascii_lowercase();
    if let Some(text) = lower.strip_prefix("interval") {
        let text = text.trim().trim_matches('\'');
        let minutes = interval::parse(text)?.micros / MICROS_PER_MINUTE;
        let sign = if minutes < 0 { '-' } else { '+' };
        return Ok(format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60));
    }
    if lower == "local" {
        return Ok("UTC".to_owned());
    }
    zone::parse(written)?;
    Ok(written.to_owned())
}

fn one_of(name: &str, value: &str, choices: &[&str]) -> Result<String> {
    let lower = value.to_ascii_lowercase();
    if choices.contains(&lower.as_str()) {
        return Ok(lower);
    }
    Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("invalid value for parameter \"{name}\": \"{value}\"")))
}

fn digits(name: &str, value: &str) -> Result<String> {
    match value.trim().parse::<i32>() {
        Ok(digits) if (-15..=2).contains(&digits) => Ok(digits.to_string()),
        Ok(digits) => Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("{digits} is outside the valid range for parameter \"{name}\" (-15 .. 2)"),
        )),
        Err(_) => Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("invalid value for parameter \"{name}\": \"{value}\""),
        )),
    }
}

fn milliseconds(name: &str, value: &str) -> Result<String> {
    match value.trim().parse::<u32>() {
        Ok(number) => Ok(number.to_string()),
        Err(_) => Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("invalid value for parameter \"{name}\": \"{value}\""),
        )),
    }
}

/// Text is UTF-8 everywhere, so that is the one encoding that clients can have.
fn encoding(value: String) -> Result<String> {
    match value.to_lowercase().replace(['-', '_', '"', '\''], "").as_str() {
        "utf8" | "unicode" => Ok("UTF8".to_owned()),
        _ => Err(Error::not_supported(format!("client encoding \"{value}\""))),
    }
}
