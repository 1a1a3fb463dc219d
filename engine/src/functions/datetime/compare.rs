//! DATE_CMP, TIMESTAMP_CMP, TIMESTAMPTZ_CMP and their mixed siblings (pages r_DATE_CMP …): -1, 0 or
//! 1 as the first is earlier, equal or later.

use arrow::{
    array::ArrayRef,
    datatypes::{DataType, Int32Type},
};

use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction},
    },
};

macro_rules! comparison {
    ($constant:ident, $name:literal, $first:literal, $second:literal, $invoke:ident) => {
        #[doc = concat!("`", $name, "`: compares a ", $first, " with a ", $second)]
        pub static $constant: ScalarFunction = ScalarFunction {
            documentation: Documentation {
                name: $name,
                aliases: &[],
                category: "datetime",
                description: concat!(
                    "Compares a ",
                    $first,
                    " with a ",
                    $second,
                    ": -1 if the first is earlier, 1 if it is later, 0 if they are equal."
                ),
                arguments: &[($first, "the first value"), ($second, "the second value")],
                example: concat!("select ", $name, "('2008-01-01', '2008-01-04'); -- -1"),
            },
            arity: (2, 2),
            returns: |types| {
                types.require(0, Kind::is_date_or_text)?;
                types.require(1, Kind::is_date_or_text)?;
                Ok(DataType::Int32)
            },
            invoke: $invoke,
        };
    };
}

comparison!(DATE_CMP, "date_cmp", "date", "date", compare_dates);
comparison!(DATE_CMP_TIMESTAMP, "date_cmp_timestamp", "date", "timestamp", compare_local);
comparison!(DATE_CMP_TIMESTAMPTZ, "date_cmp_timestamptz", "date", "timestamptz", compare_instants);
comparison!(TIMESTAMP_CMP, "timestamp_cmp", "timestamp", "timestamp", compare_local);
comparison!(TIMESTAMP_CMP_DATE, "timestamp_cmp_date", "timestamp", "date", compare_local);
comparison!(TIMESTAMP_CMP_TIMESTAMPTZ, "timestamp_cmp_timestamptz", "timestamp", "timestamptz", compare_instants);
comparison!(TIMESTAMPTZ_CMP, "timestamptz_cmp", "timestamptz", "timestamptz", compare_instants);
comparison!(TIMESTAMPTZ_CMP_DATE, "timestamptz_cmp_date", "timestamptz", "date", compare_instants);
comparison!(TIMESTAMPTZ_CMP_TIMESTAMP, "timestamptz_cmp_timestamp", "timestamptz", "timestamp", compare_instants);

fn compare_dates(call: &Call) -> Result<ArrayRef> {
    use super::calendar::MICROS_PER_DAY;
    let (first, second) = (call.timestamp(0)?, call.timestamp(1)?);
    let day = |micros: i64| micros.div_euclid(MICROS_PER_DAY);
    compare(call, |row| (first.get(row).map(day), second.get(row).map(day)))
}

fn compare_local(call: &Call) -> Result<ArrayRef> {
    let (first, second) = (call.timestamp(0)?, call.timestamp(1)?);
    compare(call, |row| (first.get(row), second.get(row)))
}

fn compare_instants(call: &Call) -> Result<ArrayRef> {
    let (first, second) = (call.instant(0)?, call.instant(1)?);
    compare(call, |row| (first.get(row), second.get(row)))
}

fn compare(call: &Call, pair: impl Fn(usize) -> (Option<i64>, Option<i64>)) -> Result<ArrayRef> {
    call.build::<Int32Type>(|row| match pair(row) {
        (Some(first), Some(second)) => Ok(Some(first.cmp(&second) as i32)),
        _ => Ok(None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, date, int4, null, text, timestamp, timestamptz};

    #[test]
    fn documented_results() {
        check(
            &TIMESTAMP_CMP,
            vec![
                (vec![timestamp("2008-01-24 06:43:29"), timestamp("2008-02-18 02:36:48")], int4(-1)),
                (vec![timestamp("2008-01-24 06:43:29"), timestamp("2008-01-24 06:43:29")], int4(0)),
                (vec![null(), timestamp("2008-01-24 06:43:29")], null()),
            ],
        );
        check(&TIMESTAMP_CMP_DATE, vec![(vec![timestamp("2008-11-01 07:35:33"), text("2008-06-18")], int4(1))]);
        check(&DATE_CMP, vec![(vec![date("2008-01-04"), text("2008-01-04 10:00:00")], int4(0))]);
        check(
            &TIMESTAMPTZ_CMP,
            vec![(vec![timestamptz("2008-01-24 06:43:29"), timestamptz("2008-01-24 06:43:28")], int4(1))],
        );
    }
}
