//! NEXT_DAY (page r_NEXT_DAY).

use arrow::datatypes::{DataType, Date32Type};

use super::{
    calendar::{self, MICROS_PER_DAY},
    literal::weekday_by_name,
};
use crate::{
    error::{Error, SqlState},
    functions::{
        arguments::Kind,
        definition::{Documentation, ScalarFunction},
    },
};

/// NEXT_DAY
pub static NEXT_DAY: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "next_day",
        aliases: &[],
        category: "datetime",
        description: "The first date after a date that falls on a weekday.",
        arguments: &[
            ("date", "a date or timestamp"),
            ("day", "the weekday's name, or the beginning of it: Sunday, Sun, Su …"),
        ],
        example: "select next_day('2014-08-20', 'Tuesday'); -- 2014-08-26",
    },
    arity: (2, 2),
    returns: |types| {
        types.require(0, Kind::is_date_or_text)?;
        types.require(1, |kind| kind == Kind::Text)?;
        Ok(DataType::Date32)
    },
    invoke: |call| {
        let (dates, names) = (call.timestamp(0)?, call.text(1)?);
        call.build::<Date32Type>(|row| {
            let (Some(micros), Some(name)) = (dates.get(row), names.get(row)) else { return Ok(None) };
            let weekday = weekday_by_name(name.trim()).ok_or_else(|| {
                Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("\"{name}\" is not a valid day of the week"))
            })?;
            let days = micros.div_euclid(MICROS_PER_DAY);
            let ahead = (weekday - calendar::day_of_week(days) + 6).rem_euclid(7) + 1;
            calendar::check_date(days + ahead).map(Some)
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, date, fails, null, text};

    #[test]
    fn results() {
        check(
            &NEXT_DAY,
            vec![
                (vec![text("2014-08-20"), text("Tuesday")], date("2014-08-26")),
                (vec![text("2014-08-20"), text("Tu")], date("2014-08-26")),
                (vec![text("2014-08-20"), text("we")], date("2014-08-27")),
                (vec![text("2014-08-20"), text("thurs")], date("2014-08-21")),
                (vec![null(), text("Fri")], null()),
                (vec![text("2014-08-20"), null()], null()),
            ],
        );
        fails(&NEXT_DAY, vec![text("2014-08-20"), text("someday")], "22023");
    }
}
