//! How dates and timestamps are written, and which field comes first in a date like `1/2/2000` (page r_datestyle):
//! the parameter `datestyle`, whose default is `ISO, MDY`.

use std::fmt::{self, Write};

use crate::functions::datetime::calendar;

/// The form in which dates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateForm {
    /// `1997-12-17 07:37:16-08`
    #[default]
    Iso,
    /// `Wed Dec 17 07:37:16 1997 PST`
    Postgres,
    /// `12/17/1997 07:37:16 PST`
    Sql,
    /// `17.12.1997 07:37:16 PST`
    German,
}

/// The order of the fields of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateOrder {
    /// Month, day, year.
    #[default]
    Mdy,
    /// Day, month, year.
    Dmy,
    /// Year, month, day.
    Ymd,
}

/// The value of `datestyle`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DateStyle {
    /// How dates are written.
    pub form: DateForm,
    /// How they are read, and in part written.
    pub order: DateOrder,
}

/// A point of local time, taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Civil {
    /// Days since 1970-01-01.
    pub days: i64,
    pub year: i64,
    pub month: u32,
    pub day: u32,
}

impl Civil {
    /// A day of the proleptic Gregorian calendar.
    pub(super) fn from_days(days: i64) -> Civil {
        let (year, month, day) = calendar::civil_from_days(days);
        Civil { days, year, month: month as u32, day: day as u32 }
    }
}

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl DateStyle {
    /// The style after a change: what `text` does not name stays as it is. None: no date style.
    pub fn changed(self, text: &str) -> Option<DateStyle> {
        let (mut form, mut order) = (None, None);
        for word in text.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty()) {
            match word.to_ascii_lowercase().as_str() {
                "default" => (form, order) = (Some(DateForm::Iso), Some(DateOrder::Mdy)),
                "iso" => form = Some(DateForm::Iso),
                "postgres" => form = Some(DateForm::Postgres),
                "sql" => form = Some(DateForm::Sql),
                "german" => form = Some(DateForm::German),
                "mdy" | "us" | "noneuro" | "noneuropean" => order = Some(DateOrder::Mdy),
                "dmy" | "euro" | "european" => order = Some(DateOrder::Dmy),
                "ymd" => order = Some(DateOrder::Ymd),
                _ => return None,
            }
        }
        // German dates begin with the day.
        if form == Some(DateForm::German) && order.is_none() {
            order = Some(DateOrder::Dmy);
        }
        Some(DateStyle { form: form.unwrap_or(self.form), order: order.unwrap_or(self.order) })
    }

    /// The date, without what stands for years before 1.
    pub(super) fn push_date(self, out: &mut String, date: Civil) {
        let Civil { month, day, .. } = date;
        let year = shown_year(date.year);
        let dmy = self.order == DateOrder::Dmy;
        let _ = match self.form {
            DateForm::Iso => write!(out, "{year:04}-{month:02}-{day:02}"),
            DateForm::German => write!(out, "{day:02}.{month:02}.{year:04}"),
            DateForm::Sql if dmy => write!(out, "{day:02}/{month:02}/{year:04}"),
            DateForm::Sql => write!(out, "{month:02}/{day:02}/{year:04}"),
            DateForm::Postgres if dmy => write!(out, "{day:02}-{month:02}-{year:04}"),
            DateForm::Postgres => write!(out, "{month:02}-{day:02}-{year:04}"),
        };
    }

    /// The date and a time of day, without zone and what stands for years before 1.
    pub(super) fn push_timestamp(self, out: &mut String, date: Civil, time: impl FnOnce(&mut String)) {
        if self.form != DateForm::Postgres {
            self.push_date(out, date);
            out.push(' ');
            return time(out);
        }
        out.push_str(WEEKDAYS[usize::try_from(date.days.rem_euclid(7)).unwrap_or_default()]);
        let month = MONTHS[(date.month as usize - 1) % 12];
        let _ = match self.order {
            DateOrder::Dmy => write!(out, " {:02} {month} ", date.day),
            _ => write!(out, " {month} {:02} ", date.day),
        };
        time(out);
        let _ = write!(out, " {:04}", shown_year(date.year));
    }
}

/// Years before 1 are counted from 1 backwards.
fn shown_year(year: i64) -> i64 {
    if year > 0 { year } else { 1 - year }
}

impl fmt::Display for DateStyle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.form {
            DateForm::Iso => "ISO, ",
            DateForm::Postgres => "Postgres, ",
            DateForm::Sql => "SQL, ",
            DateForm::German => "German, ",
        })?;
        f.write_str(match self.order {
            DateOrder::Mdy => "MDY",
            DateOrder::Dmy => "DMY",
            DateOrder::Ymd => "YMD",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_change_one_by_one() {
        let style = DateStyle::default();
        for (text, expected) in [
            ("SQL,DMY", "SQL, DMY"),
            ("sql", "SQL, MDY"),
            ("ymd", "ISO, YMD"),
            ("German", "German, DMY"),
            ("postgres, us", "Postgres, MDY"),
        ] {
            assert_eq!(style.changed(text).unwrap().to_string(), expected);
        }
        let european = style.changed("DMY").unwrap();
        assert_eq!(european.changed("sql").unwrap().to_string(), "SQL, DMY");
        assert_eq!(european.changed("default").unwrap(), style);
        assert!(style.changed("julian").is_none());
    }
}
