//! TIMEZONE (page r_TIMEZONE), which is also `x AT TIME ZONE zone` (page r_AT_TIME_ZONE): bind that
//! as `timezone(zone, x)`.

use arrow::{array::ArrayRef, datatypes::TimestampMicrosecondType};

use super::convert_timezone::ZoneColumn;
use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind, TIMESTAMP, timestamptz},
        definition::{Documentation, ScalarFunction},
    },
};

/// TIMEZONE
pub static TIMEZONE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "timezone",
        aliases: &[],
        category: "datetime",
        description: "Gives a TIMESTAMP a time zone (the result is a TIMESTAMPTZ), or shows a TIMESTAMPTZ as local \
                      time of a zone (the result is a TIMESTAMP).",
        arguments: &[
            ("timezone", "the zone: a name, abbreviation or offset"),
            ("timestamp", "TIMESTAMP or TIMESTAMPTZ"),
        ],
        example: "select timezone('MST', timestamptz '2001-02-16 20:38:40-05'); -- 2001-02-16 18:38:40",
    },
    arity: (2, 2),
    returns: |types| {
        types.require(0, |kind| kind == Kind::Text)?;
        types.require(1, Kind::is_date_or_text)?;
        Ok(if types.kind(1) == Kind::TimestampTz { TIMESTAMP } else { timestamptz() })
    },
    invoke,
};

fn invoke(call: &Call) -> Result<ArrayRef> {
    let zones = ZoneColumn::new(call, 0)?;
    let to_local = call.kind(1) == Kind::TimestampTz;
    let values = if to_local { call.instant(1)? } else { call.timestamp(1)? };
    call.build::<TimestampMicrosecondType>(|row| {
        let (Some(value), Some(zone)) = (values.get(row), zones.get(row)?) else { return Ok(None) };
        Ok(Some(if to_local { zone.local(value)? } else { zone.instant(value)? }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, null, text, timestamp, timestamptz};

    #[test]
    fn documented_results() {
        check(
            &TIMEZONE,
            vec![
                (vec![text("MST"), timestamptz("2001-02-17 01:38:40")], timestamp("2001-02-16 18:38:40")),
                (vec![text("MST"), timestamp("2001-02-16 20:38:40")], timestamptz("2001-02-17 03:38:40")),
                (vec![null(), timestamp("2001-02-16 20:38:40")], null()),
            ],
        );
    }
}
