//! LAST_DAY (page r_LAST_DAY).

use arrow::datatypes::{DataType, Date32Type};

use super::calendar::{self, MICROS_PER_DAY};
use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// LAST_DAY
pub static LAST_DAY: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "last_day",
        aliases: &[],
        category: "datetime",
        description: "The last day of the month of a date or timestamp, as DATE.",
        arguments: &[("date", "a date or timestamp")],
        example: "select last_day('2008-01-25'); -- 2008-01-31",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, Kind::is_date_or_text)?;
        Ok(DataType::Date32)
    },
    invoke: |call| {
        let dates = call.timestamp(0)?;
        call.build::<Date32Type>(|row| {
            let Some(micros) = dates.get(row) else { return Ok(None) };
            let (year, month, _) = calendar::civil_from_days(micros.div_euclid(MICROS_PER_DAY));
            let last = calendar::days_from_civil(year, month, calendar::days_in_month(year, month));
            calendar::check_date(last).map(Some)
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, date, null, text, timestamp};

    #[test]
    fn results() {
        check(
            &LAST_DAY,
            vec![
                (vec![text("2008-02-10")], date("2008-02-29")),
                (vec![date("1900-02-10")], date("1900-02-28")),
                (vec![timestamp("2008-12-31 23:59:59")], date("2008-12-31")),
                (vec![null()], null()),
            ],
        );
    }
}
