//! Interval literals as casts of their text (pages r_interval_data_types, r_interval_literals), because DataFusion's
//! planner knows no qualifiers.

use blueshift_sql::ast::sql::{CastKind, DataType, DateTimeField, Expr, Interval, IntervalFields, Value};

use crate::{
    error::{Error, Result, SqlState},
    functions::datetime::interval::parse_qualified,
    types::RedshiftType,
};

/// `INTERVAL '1-2' YEAR TO MONTH` → `CAST('1-2' AS INTERVAL YEAR TO MONTH)`.
///
/// Errors: 42601 for a qualifier that is none; 22007 for a literal with months and days, where they are forbidden.
pub fn rewrite(expr: &mut Expr, forbid_composite: bool) -> Result<()> {
    let Expr::Interval(interval) = expr else { return Ok(()) };
    let fields = qualifier(interval)?;
    let Expr::Value(value) = &*interval.value else {
        return Err(Error::syntax("the value of an interval literal stands in quotes"));
    };
    let Value::SingleQuotedString(text) = &value.value else {
        return Err(Error::syntax("the value of an interval literal stands in quotes"));
    };
    let precision = interval.fractional_seconds_precision.or(interval.leading_precision);
    let data_type = DataType::Interval { fields, precision };
    if forbid_composite {
        check_composite(text, &RedshiftType::from_sql(&data_type)?)?;
    }
    *expr = Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(Expr::value(Value::SingleQuotedString(text.clone()))),
        data_type,
        array: false,
        format: None,
    };
    Ok(())
}

fn qualifier(interval: &Interval) -> Result<Option<IntervalFields>> {
    let Some(leading) = &interval.leading_field else { return Ok(None) };
    let names = |field: &DateTimeField| field.to_string().trim_end_matches('S').to_owned();
    let (first, last) = (names(leading), interval.last_field.as_ref().map(names));
    Ok(Some(match (first.as_str(), last.as_deref()) {
        ("YEAR", None) => IntervalFields::Year,
        ("MONTH", None) => IntervalFields::Month,
        ("DAY", None) => IntervalFields::Day,
        ("HOUR", None) => IntervalFields::Hour,
        ("MINUTE", None) => IntervalFields::Minute,
        ("SECOND", None) => IntervalFields::Second,
        ("YEAR", Some("MONTH")) => IntervalFields::YearToMonth,
        ("DAY", Some("HOUR")) => IntervalFields::DayToHour,
        ("DAY", Some("MINUTE")) => IntervalFields::DayToMinute,
        ("DAY", Some("SECOND")) => IntervalFields::DayToSecond,
        ("HOUR", Some("MINUTE")) => IntervalFields::HourToMinute,
        ("HOUR", Some("SECOND")) => IntervalFields::HourToSecond,
        ("MINUTE", Some("SECOND")) => IntervalFields::MinuteToSecond,
        (first, last) => {
            let to = last.map(|last| format!(" TO {last}")).unwrap_or_default();
            return Err(Error::syntax(format!("{first}{to} is no qualifier of an interval")));
        }
    }))
}

/// Months do not fit a DAY TO SECOND literal, nor days a YEAR TO MONTH one.
fn check_composite(text: &str, target: &RedshiftType) -> Result<()> {
    let (field, name, others, years) = match target {
        RedshiftType::IntervalYearToMonth(field) => (*field, "Year To Month", "day-time", true),
        RedshiftType::IntervalDayToSecond(field, _) => (*field, "Day To Second", "year-month", false),
        _ => return Ok(()),
    };
    let parts = parse_qualified(text, field)?;
    let composite = if years { parts.days != 0 || parts.micros != 0 } else { parts.months != 0 };
    if !composite {
        return Ok(());
    }
    Err(Error::new(
        SqlState::INVALID_DATETIME_FORMAT,
        format!(
            "Interval {name} literal cannot contain {others} parts. Disable the GUC \
             interval_forbid_composite_literals to suppress this error and silently discard the {others} part."
        ),
    ))
}
