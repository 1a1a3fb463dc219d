//! The session's parameters where functions can see them: an extension of DataFusion's
//! configuration, which reaches planning, constant folding and execution alike.
//!
//! A plan is always made and run with the settings of one session, so functions stay stateless.

use std::{any::Any, collections::BTreeMap, sync::Arc};

use datafusion::{
    common::{
        config::{ConfigEntry, ConfigExtension, ExtensionOptions},
        error::Result as DataFusionResult,
    },
    config::ConfigOptions,
};

use super::{
    datetime::zone::{self, Zone},
    math::random::SharedSequence,
};
use crate::{
    error::Error,
    types::{
        DateStyle,
        text::{IntervalStyle, TextFormat},
    },
};

/// The parameters that a session has set, by name; what is missing has its default.
#[derive(Debug, Clone, Default)]
pub struct SessionSettings {
    values: Arc<BTreeMap<String, String>>,
    statement_start: Option<i64>,
    random: Option<SharedSequence>,
}

impl SessionSettings {
    /// Settings that hold these values, for a statement that begins at `statement_start` (microseconds since 1970).
    pub fn new(values: BTreeMap<String, String>, statement_start: Option<i64>) -> Self {
        SessionSettings { values: Arc::new(values), statement_start, random: None }
    }

    /// The same with the sequence that RANDOM goes through.
    pub fn with_random(self, random: Option<SharedSequence>) -> Self {
        SessionSettings { random, ..self }
    }

    /// The sequence that RANDOM goes through, after SET SEED.
    pub fn random_sequence(&self) -> Option<&SharedSequence> {
        self.random.as_ref()
    }

    /// The settings in a configuration; the defaults where there are none.
    pub fn of(options: &ConfigOptions) -> Self {
        options.extensions.get::<SessionSettings>().cloned().unwrap_or_default()
    }

    /// A parameter's value, if the session has set it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Whether a boolean parameter is on.
    pub fn is_on(&self, name: &str, default: bool) -> bool {
        self.get(name).map_or(default, |value| matches!(value, "on" | "true"))
    }

    /// The session's time zone.
    pub fn zone(&self) -> Zone {
        self.get("timezone").and_then(|name| zone::parse(name).ok()).unwrap_or(Zone::Fixed(0))
    }

    /// How values are written.
    pub fn text_format(&self) -> TextFormat {
        TextFormat {
            zone: self.zone(),
            extra_float_digits: self
                .get("extra_float_digits")
                .and_then(|digits| digits.trim().parse::<i32>().ok())
                .unwrap_or(0)
                .clamp(-15, 2),
            interval_style: match self.get("intervalstyle") {
                Some("postgres_verbose") => IntervalStyle::PostgresVerbose,
                Some("sql_standard") => IntervalStyle::SqlStandard,
                _ => IntervalStyle::Postgres,
            },
            date_style: self.get("datestyle").and_then(|style| DateStyle::default().changed(style)).unwrap_or_default(),
            now: self.statement_start,
        }
    }
}

impl ConfigExtension for SessionSettings {
    const PREFIX: &'static str = "redshift";
}

impl ExtensionOptions for SessionSettings {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(self.clone())
    }

    fn set(&mut self, key: &str, _value: &str) -> DataFusionResult<()> {
        Err(Error::internal(format!("the setting {key} is changed by the session alone")).into())
    }

    fn entries(&self) -> Vec<ConfigEntry> {
        let entry = |(key, value): (&String, &String)| ConfigEntry {
            key: key.clone(),
            value: Some(value.clone()),
            description: "",
        };
        self.values.iter().map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_travel_in_the_configuration() {
        let mut options = ConfigOptions::default();
        assert_eq!(SessionSettings::of(&options).zone(), Zone::Fixed(0));
        let values = BTreeMap::from([
            ("timezone".to_owned(), "PST8".to_owned()),
            ("extra_float_digits".to_owned(), "9".to_owned()),
        ]);
        options.extensions.insert(SessionSettings::new(values, None));
        let settings = SessionSettings::of(&options);
        assert_eq!(settings.zone(), Zone::Fixed(-28_800));
        assert_eq!(settings.text_format().extra_float_digits, 2);
        assert!(settings.is_on("x", true));
    }
}
