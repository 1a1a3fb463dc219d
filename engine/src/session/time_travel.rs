//! Reading an earlier state of the warehouse: `SET blueshift.as_of TO '2026-11-25 13:00:00'`, or to
//! the number of a state. Redshift has nothing like it; a parameter with a dot is one that it would
//! accept and ignore.
//!
//! As long as it is set, each transaction sees that state and may only read.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::Session;
use crate::{
    error::{Error, Result, SqlState},
    storage::metadata::SnapshotId,
};

/// The parameter.
const PARAMETER: &str = "blueshift.as_of";
/// The forms of a time, in UTC.
const FORMATS: [&str; 4] = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d"];

impl Session {
    /// Lets the running transaction see the state that the session asks for, unless it sees one.
    ///
    /// Errors: 22023 for what is no time and no state, and for a state that has expired.
    pub(crate) fn apply_as_of(&mut self) -> Result<()> {
        let Some(text) = self.parameters.get(PARAMETER).map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(());
        };
        let text = text.to_owned();
        let transaction = self.transaction()?;
        if transaction.is_pinned() {
            return Ok(());
        }
        let state = match text.parse::<i64>() {
            Ok(number) => SnapshotId(number),
            Err(_) => transaction.warehouse().state_at(parse_time(&text)?)?,
        };
        transaction.pin_at(state)?;
        self.set_read_only(true);
        Ok(())
    }
}

fn parse_time(text: &str) -> Result<DateTime<Utc>> {
    let with_zone = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).ok();
    let date = |format: &&str| chrono::NaiveDate::parse_from_str(text, format).ok()?.and_hms_opt(0, 0, 0);
    let plain = |format: &&str| NaiveDateTime::parse_from_str(text, format).ok().or_else(|| date(format));
    with_zone.or_else(|| FORMATS.iter().find_map(plain).map(|time| time.and_utc())).ok_or_else(|| {
        let message = format!("invalid value for parameter \"{PARAMETER}\": \"{text}\"");
        Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
            .with_hint("Give the number of a state, or a time in UTC such as 2026-11-25 13:00:00.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc() {
        for (text, expected) in [
            ("2026-11-25", "2026-11-25T00:00:00+00:00"),
            ("2026-11-25 13:00", "2026-11-25T13:00:00+00:00"),
            ("2026-11-25 13:00:01.5", "2026-11-25T13:00:01.500+00:00"),
            ("2026-11-25T13:00:01+02:00", "2026-11-25T11:00:01+00:00"),
        ] {
            assert_eq!(parse_time(text).unwrap().to_rfc3339(), expected);
        }
        assert_eq!(parse_time("yesterday").unwrap_err().state(), SqlState::INVALID_PARAMETER_VALUE);
    }
}
