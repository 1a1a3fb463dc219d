//! Date and time functions (page Date_functions_header).

/// AGE and ISFINITE
pub mod age;
/// ADD_MONTHS
pub mod add_months;
/// The calendar and the ranges of dates.
pub mod calendar;
/// DATE_CMP, TIMESTAMP_CMP and their siblings
pub mod compare;
/// CONVERT_TIMEZONE
pub mod convert_timezone;
/// DATE_PART, EXTRACT and DATE_PART_YEAR
pub mod date_part;
/// DATE_TRUNC
pub mod date_trunc;
/// DATEADD
pub mod dateadd;
/// DATEDIFF
pub mod datediff;
/// INTERVAL_CMP and the text of intervals
pub mod interval;
/// LAST_DAY
pub mod last_day;
/// Text as dates, times and timestamps.
pub mod literal;
/// MONTHS_BETWEEN
pub mod months_between;
/// NEXT_DAY
pub mod next_day;
/// Names of date parts.
pub mod part;
/// TIMEZONE, which is also AT TIME ZONE
pub mod timezone;
/// Time zones.
pub mod zone;

use super::definition::ScalarFunction;

/// The family's scalar functions.
pub const SCALAR: &[&ScalarFunction] = &[
    &age::AGE,
    &age::ISFINITE,
    &add_months::ADD_MONTHS,
    &compare::DATE_CMP,
    &compare::DATE_CMP_TIMESTAMP,
    &compare::DATE_CMP_TIMESTAMPTZ,
    &compare::TIMESTAMP_CMP,
    &compare::TIMESTAMP_CMP_DATE,
    &compare::TIMESTAMP_CMP_TIMESTAMPTZ,
    &compare::TIMESTAMPTZ_CMP,
    &compare::TIMESTAMPTZ_CMP_DATE,
    &compare::TIMESTAMPTZ_CMP_TIMESTAMP,
    &convert_timezone::CONVERT_TIMEZONE,
    &date_part::DATE_PART,
    &date_part::DATE_PART_YEAR,
    &date_part::EXTRACT,
    &date_trunc::DATE_TRUNC,
    &dateadd::DATEADD,
    &datediff::DATEDIFF,
    &interval::INTERVAL_CMP,
    &last_day::LAST_DAY,
    &months_between::MONTHS_BETWEEN,
    &next_day::NEXT_DAY,
    &timezone::TIMEZONE,
];
