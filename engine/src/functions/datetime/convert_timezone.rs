//! CONVERT_TIMEZONE (page CONVERT_TIMEZONE).

use arrow::{array::ArrayRef, datatypes::TimestampMicrosecondType};

use super::zone::{self, Zone};
use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind, TIMESTAMP},
        definition::{Documentation, ScalarFunction},
    },
};

/// CONVERT_TIMEZONE
pub static CONVERT_TIMEZONE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "convert_timezone",
        aliases: &[],
        category: "datetime",
        description: "Converts a timestamp from one time zone to another, as TIMESTAMP. Names observe daylight saving \
                      time, abbreviations are fixed offsets, POSIX specifications count to the west.",
        arguments: &[
            ("source_timezone", "optional; UTC by default"),
            ("target_timezone", "the zone of the result"),
            ("timestamp", "a timestamp, or what converts to one"),
        ],
        example: "select convert_timezone('EST', 'PST', '20080305 12:25:29'); -- 2008-03-05 09:25:29",
    },
    arity: (2, 3),
    returns: |types| {
        let last = types.count() - 1;
        types.require(last, Kind::is_date_or_text)?;
        (0..last).try_for_each(|index| types.require(index, |kind| kind == Kind::Text))?;
        Ok(TIMESTAMP)
    },
    invoke,
};

fn invoke(call: &Call) -> Result<ArrayRef> {
    let last = call.count() - 1;
    let targets = ZoneColumn::new(call, last - 1)?;
    let sources = if last == 2 { Some(ZoneColumn::new(call, 0)?) } else { None };
    // without a source zone a TIMESTAMPTZ is the instant that it is
    let values = if sources.is_none() && call.kind(last) == Kind::TimestampTz {
        call.instant(last)?
    } else {
        call.timestamp(last)?
    };
    call.build::<TimestampMicrosecondType>(|row| {
        let Some(value) = values.get(row) else { return Ok(None) };
        let source = match &sources {
            None => Some(Zone::Fixed(0)),
            Some(sources) => sources.get(row)?,
        };
        let (Some(source), Some(target)) = (source, targets.get(row)?) else { return Ok(None) };
        Ok(Some(target.local(source.instant(value)?)?))
    })
}

/// An argument of zones: a constant is understood once.
pub struct ZoneColumn {
    texts: crate::functions::arguments::Values<arrow::array::StringViewArray>,
    constant: Option<Zone>,
}

impl ZoneColumn {
    /// The zones in an argument.
    pub fn new(call: &Call, index: usize) -> Result<Self> {
        let texts = call.text(index)?;
        let constant = match (texts.is_constant(), texts.get(0)) {
            (true, Some(text)) => Some(zone::parse(text)?),
            _ => None,
        };
        Ok(ZoneColumn { texts, constant })
    }

    /// The zone in a row; None for NULL.
    pub fn get(&self, row: usize) -> Result<Option<Zone>> {
        match self.constant {
            Some(zone) => Ok(Some(zone)),
            None => self.texts.get(row).map(zone::parse).transpose(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, fails, null, text, timestamp, timestamptz};

    #[test]
    fn documented_results() {
        check(
            &CONVERT_TIMEZONE,
            vec![
                (vec![text("PST"), timestamp("2008-08-24 09:36:12")], timestamp("2008-08-24 01:36:12")),
                (vec![text("US/Pacific"), timestamp("2008-08-24 09:36:12")], timestamp("2008-08-24 02:36:12")),
                (vec![text("EST"), text("PST"), text("20080305 12:25:29")], timestamp("2008-03-05 09:25:29")),
                (vec![text("America/New_York"), text("2013-06-01 08:00:00")], timestamp("2013-06-01 04:00:00")),
                (vec![text("GMT"), text("NEWZONE +2"), text("2014-05-17 12:00:00")], timestamp("2014-05-17 10:00:00")),
                (
                    vec![text("GMT"), text("NEWZONE-2:15"), text("2014-05-17 12:00:00")],
                    timestamp("2014-05-17 14:15:00"),
                ),
                (
                    vec![text("GMT"), text("America/Los_Angeles+2"), text("2014-05-17 12:00:00")],
                    timestamp("2014-05-17 10:00:00"),
                ),
                (vec![text("Europe/London"), text("2013-07-15 12:00:00")], timestamp("2013-07-15 13:00:00")),
                (vec![text("PST"), timestamptz("2008-08-24 09:36:12")], timestamp("2008-08-24 01:36:12")),
                (vec![text("PST"), null()], null()),
                (vec![null(), text("2008-08-24 09:36:12")], null()),
            ],
        );
        fails(&CONVERT_TIMEZONE, vec![text("Nowhere/Land"), text("2008-08-24")], "22023");
    }
}
