//! TO_DATE and TO_TIMESTAMP (pages r_TO_DATE_function, r_TO_TIMESTAMP).

use arrow::datatypes::{DataType, Date32Type, TimestampMicrosecondType};

use super::{datetime_pattern, parse};
use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind, timestamptz},
        datetime::calendar::{self, MICROS_PER_DAY, check_timestamp},
        definition::{Documentation, ScalarFunction, Types},
    },
};

/// TO_DATE
pub static TO_DATE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "to_date",
        aliases: &[],
        category: "format",
        description: "Text in a pattern as DATE. Days beyond the end of a month roll over unless reading is strict.",
        arguments: &[
            ("string", "the text"),
            ("format", "the pattern"),
            ("is_strict", "optional: whether a value out of its range is an error; false by default"),
        ],
        example: "select to_date('02 Oct 2001', 'DD Mon YYYY'); -- 2001-10-02",
    },
    arity: (2, 3),
    returns: |types| {
        check(types)?;
        Ok(DataType::Date32)
    },
    invoke: |call| {
        let moments = read(call)?;
        call.build::<Date32Type>(|row| {
            let Some((days, time)) = moments[row] else { return Ok(None) };
            calendar::check_date(days + time.div_euclid(MICROS_PER_DAY)).map(Some)
        })
    },
};

/// TO_TIMESTAMP
pub static TO_TIMESTAMP: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "to_timestamp",
        aliases: &[],
        category: "format",
        description: "Text in a pattern as TIMESTAMPTZ, in the session's time zone. Values beyond their range roll \
                      over unless reading is strict.",
        arguments: &[
            ("timestamp", "the text"),
            ("format", "the pattern"),
            ("is_strict", "optional: whether a value out of its range is an error; false by default"),
        ],
        example: "select to_timestamp('2011-12-18 24:38:15', 'YYYY-MM-DD HH24:MI:SS'); -- 2011-12-19 00:38:15+00",
    },
    arity: (2, 3),
    returns: |types| {
        check(types)?;
        Ok(timestamptz())
    },
    invoke: |call| {
        let moments = read(call)?;
        let zone = call.session_zone()?;
        call.build::<TimestampMicrosecondType>(|row| {
            let Some((days, time)) = moments[row] else { return Ok(None) };
            zone.instant(check_timestamp(calendar::midnight(days)? + time)?).map(Some)
        })
    },
};

fn check(types: &Types) -> Result<()> {
    types.require(0, Kind::is_textual)?;
    types.require(1, |kind| kind == Kind::Text)?;
    types.require(2, |kind| matches!(kind, Kind::Boolean | Kind::Text))
}

/// Days and microseconds of each row.
fn read(call: &Call) -> Result<Vec<Option<(i64, i64)>>> {
    let (texts, patterns) = (call.text(0)?, call.text(1)?);
    let strict = if call.count() > 2 { Some(call.boolean(2)?) } else { None };
    let mut current = (String::new(), Vec::new());
    let mut moments = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let strict = strict.as_ref().map_or(Some(false), |flags| flags.get(row));
        let (Some(text), Some(pattern), Some(strict)) = (texts.get(row), patterns.get(row), strict) else {
            moments.push(None);
            continue;
        };
        if current.0 != pattern {
            current = (pattern.to_string(), datetime_pattern::parse(pattern));
        }
        moments.push(Some(parse::parse(text, &current.1, strict)?));
    }
    Ok(moments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{boolean, check, date, fails, null, text, timestamptz};

    #[test]
    fn dates() {
        check(
            &TO_DATE,
            vec![
                (vec![text("02 Oct 2001"), text("DD Mon YYYY")], date("2001-10-02")),
                (vec![text("20010631"), text("YYYYMMDD")], date("2001-07-01")),
                (vec![text("20010631"), text("YYYYMMDD"), boolean(false)], date("2001-07-01")),
                (vec![text("Wednesday, 2 October 2001"), text("DAY, DD MONTH YYYY")], date("2001-10-02")),
                (vec![text("1/2/99"), text("MM/DD/YY")], date("1999-01-02")),
                (vec![text("2008-366"), text("YYYY-DDD")], date("2008-12-31")),
                (vec![text("2009-53-5"), text("IYYY-IW-ID")], date("2010-01-01")),
                (vec![null(), text("YYYY")], null()),
                (vec![text("2001"), null()], null()),
            ],
        );
        fails(&TO_DATE, vec![text("20010631"), text("YYYYMMDD"), boolean(true)], "22008");
        fails(&TO_DATE, vec![text("abc"), text("YYYY")], "22007");
        fails(&TO_DATE, vec![text("2001"), text("TZ")], "22007");
    }

    #[test]
    fn timestamps() {
        check(
            &TO_TIMESTAMP,
            vec![
                (vec![text("2017"), text("YYYY")], timestamptz("2017-01-01")),
                (vec![text("2011-12-18 24:38:15"), text("YYYY-MM-DD HH24:MI:SS")], timestamptz("2011-12-19 00:38:15")),
                (
                    vec![text("2021-04-05 19:27:53.281812"), text("YYYY-MM-DD HH24:MI:SS")],
                    timestamptz("2021-04-05 19:27:53"),
                ),
                (
                    vec![text("2021-04-05 07:27:53.28 PM"), text("YYYY-MM-DD HH:MI:SS.MS AM")],
                    timestamptz("2021-04-05 19:27:53.28"),
                ),
            ],
        );
        fails(&TO_TIMESTAMP, vec![text("2011-12-18 24:38:15"), text("YYYY-MM-DD HH24:MI:SS"), boolean(true)], "22008");
    }
}
