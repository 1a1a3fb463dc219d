//! The dirt of a scrape: what can be wrong with a row, how often in which table, and how it is done.
//!
//! Dirt draws from its own random stream, so the clean rows of a run do not depend on the rate.
//! A dirty row has exactly one defect. Where a defect would lose the row for good (a broken CSV
//! line, a missing primary key), the sound row follows it, as when a scrape tries again.

use crate::{places, rng::Rng, row::Row};

/// A kind of defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dirt {
    /// The same row once more, at once or some rows later.
    ExactDuplicate,
    /// An outdated row, delivered again with the right values later in the file or in `<Table>_redelivery.csv`.
    Redelivered,
    /// No country.
    MissingCountry,
    /// No state although the country has states.
    MissingState,
    /// No e-mail address.
    MissingEmail,
    /// No postal code although the country has them.
    MissingPostalCode,
    /// Another spelling of the country's name.
    CountryVariant,
    /// Blanks before or after a text.
    StrayBlanks,
    /// A price that is no number in Redshift's eyes: `abc`, `$0.99`, `0,99`.
    BadPrice,
    /// A negative or absurd quantity.
    BadQuantity,
    /// A date as `DD/MM/YYYY HH24:MI`.
    SecondDateFormat,
    /// A foreign key that refers to nothing.
    OrphanKey,
    /// No foreign key.
    MissingForeignKey,
    /// A copy of the row without its primary key, before the sound row.
    MissingPrimaryKey,
    /// A copy of the row with too few or too many fields or a stray quote, before the sound row.
    MalformedRow,
}

impl Dirt {
    /// Every kind, in the order of the report.
    pub const ALL: [Dirt; 15] = [
        Dirt::ExactDuplicate,
        Dirt::Redelivered,
        Dirt::MissingCountry,
        Dirt::MissingState,
        Dirt::MissingEmail,
        Dirt::MissingPostalCode,
        Dirt::CountryVariant,
        Dirt::StrayBlanks,
        Dirt::BadPrice,
        Dirt::BadQuantity,
        Dirt::SecondDateFormat,
        Dirt::OrphanKey,
        Dirt::MissingForeignKey,
        Dirt::MissingPrimaryKey,
        Dirt::MalformedRow,
    ];

    /// The kind in words.
    pub fn label(self) -> &'static str {
        match self {
            Dirt::ExactDuplicate => "exact duplicates",
            Dirt::Redelivered => "redelivered with newer values",
            Dirt::MissingCountry => "missing country",
            Dirt::MissingState => "missing state",
            Dirt::MissingEmail => "missing e-mail",
            Dirt::MissingPostalCode => "missing postal code",
            Dirt::CountryVariant => "country variants",
            Dirt::StrayBlanks => "stray blanks",
            Dirt::BadPrice => "non-numeric prices",
            Dirt::BadQuantity => "absurd quantities",
            Dirt::SecondDateFormat => "dates in a second format",
            Dirt::OrphanKey => "orphan keys",
            Dirt::MissingForeignKey => "missing foreign keys",
            Dirt::MissingPrimaryKey => "missing primary keys",
            Dirt::MalformedRow => "malformed rows",
        }
    }

    /// Whether this defect puts one more row into the files.
    pub fn adds_row(self) -> bool {
        matches!(self, Dirt::ExactDuplicate | Dirt::Redelivered | Dirt::MissingPrimaryKey | Dirt::MalformedRow)
    }
}

/// What can be wrong in a table, and in which of its columns. Column 0 is the primary key.
#[derive(Default)]
pub(crate) struct Defects {
    /// Share of the run's dirt rate, in percent.
    pub(crate) share_percent: u32,
    /// The kinds and how often each, relative to the others.
    pub(crate) weights: &'static [(Dirt, u32)],
    /// Foreign keys.
    pub(crate) foreign_keys: &'static [usize],
    /// Text columns for stray blanks.
    pub(crate) texts: &'static [usize],
    /// The column that is outdated in a row that will be delivered again.
    pub(crate) outdated: usize,
    /// Price or amount.
    pub(crate) price: usize,
    /// Quantity.
    pub(crate) quantity: usize,
    /// Date.
    pub(crate) date: usize,
    /// Country.
    pub(crate) country: usize,
    /// State.
    pub(crate) state: usize,
    /// Postal code.
    pub(crate) postal_code: usize,
    /// E-mail address.
    pub(crate) email: usize,
}

/// No key reaches this number.
const ORPHAN_KEY: u64 = 900_000_000;

impl Defects {
    /// Spoils `row` in place, if this kind can be done to it.
    pub(crate) fn spoil(&self, kind: Dirt, row: &mut Row, rng: &mut Rng) -> bool {
        match kind {
            Dirt::MissingCountry => empty(row, self.country),
            Dirt::MissingState => empty(row, self.state),
            Dirt::MissingPostalCode => empty(row, self.postal_code),
            Dirt::MissingEmail => empty(row, self.email),
            Dirt::MissingForeignKey => empty(row, rng.pick(self.foreign_keys)),
            Dirt::MissingPrimaryKey => empty(row, 0),
            Dirt::OrphanKey => {
                let key = (ORPHAN_KEY + rng.below(1_000_000)).to_string();
                replace(row, rng.pick(self.foreign_keys), &key)
            }
            Dirt::CountryVariant => match places::find_country(row.field(self.country)) {
                Some(country) => replace(row, self.country, rng.pick(country.variants)),
                None => false,
            },
            Dirt::StrayBlanks => stray_blanks(row, rng.pick(self.texts), rng),
            Dirt::BadPrice => bad_price(row, self.price, rng),
            Dirt::BadQuantity => {
                let quantities = ["-1", "-2", "0", "100000", "99999999"];
                replace(row, self.quantity, rng.pick(&quantities))
            }
            Dirt::SecondDateFormat => second_date_format(row, self.date),
            Dirt::Redelivered => outdate(row, self.outdated),
            Dirt::ExactDuplicate | Dirt::MalformedRow => true,
        }
    }
}

fn replace(row: &mut Row, column: usize, value: &str) -> bool {
    row.set(column, value);
    true
}

fn empty(row: &mut Row, column: usize) -> bool {
    !row.field(column).is_empty() && replace(row, column, "")
}

fn stray_blanks(row: &mut Row, column: usize, rng: &mut Rng) -> bool {
    let text = row.field(column);
    if text.is_empty() {
        return false;
    }
    let blanked = match rng.below(3) {
        0 => format!(" {text}"),
        1 => format!("{text}  "),
        _ => format!("  {text} "),
    };
    replace(row, column, &blanked)
}

fn bad_price(row: &mut Row, column: usize, rng: &mut Rng) -> bool {
    let price = row.field(column);
    let bad = match rng.below(4) {
        0 => "abc".to_owned(),
        1 => "n/a".to_owned(),
        2 => format!("${price}"),
        _ => price.replace('.', ","),
    };
    replace(row, column, &bad)
}

fn second_date_format(row: &mut Row, column: usize) -> bool {
    let date = row.field(column);
    let (Some(year), Some(month), Some(day), Some(time)) =
        (date.get(..4), date.get(5..7), date.get(8..10), date.get(11..16))
    else {
        return false;
    };
    let second = format!("{day}/{month}/{year} {time}");
    replace(row, column, &second)
}

/// Changes the last digit of a value: what it was before somebody corrected it.
fn outdate(row: &mut Row, column: usize) -> bool {
    let old = row.field(column);
    let Some(at) = old.rfind(|c: char| c.is_ascii_digit()) else { return false };
    let digit = (old.as_bytes()[at] - b'0' + 1) % 10;
    let outdated = format!("{}{digit}{}", &old[..at], &old[at + 1..]);
    replace(row, column, &outdated)
}

/// Appends a CSV line that is none: too few fields, too many, or text after a closing quote.
pub(crate) fn write_malformed(row: &Row, rng: &mut Rng, out: &mut Vec<u8>) {
    let mut broken = row.clone();
    match rng.below(3) {
        0 => broken.pop(),
        1 => broken.push("?"),
        _ => {
            // `7,"Text"x,…`: no reader may guess what this was.
            let mut line = Vec::new();
            broken.write_csv(&mut line);
            let comma = line.iter().position(|&byte| byte == b',').map_or(0, |at| at + 1);
            out.extend_from_slice(&line[..comma]);
            out.extend_from_slice(b"\"?\"x");
            for index in 2..broken.len() {
                out.push(b',');
                crate::row::write_field(out, broken.field(index));
            }
            out.push(b'\n');
            return;
        }
    }
    broken.write_csv(out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &[&str]) -> Row {
        let mut row = Row::default();
        fields.iter().for_each(|field| row.push(field));
        row
    }

    #[test]
    fn defects_change_what_they_say() {
        let defects = Defects { country: 1, date: 2, price: 3, outdated: 3, foreign_keys: &[4], ..Defects::default() };
        let mut rng = Rng::stream(1, "dirt", 0);
        let clean = row(&["1", "USA", "2024-02-09 00:00:00", "0.99", "7"]);
        let mut spoilt = |kind| {
            let mut copy = clean.clone();
            assert!(defects.spoil(kind, &mut copy, &mut rng), "{kind:?}");
            (0..5).map(|i| copy.field(i).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(spoilt(Dirt::MissingCountry)[1], "");
        assert_eq!(spoilt(Dirt::SecondDateFormat)[2], "09/02/2024 00:00");
        assert_eq!(spoilt(Dirt::Redelivered)[3], "0.90");
        assert_eq!(spoilt(Dirt::MissingPrimaryKey)[0], "");
        assert!(spoilt(Dirt::OrphanKey)[4].parse::<i32>().unwrap() >= 900_000_000);
        assert_ne!(spoilt(Dirt::CountryVariant)[1], "USA");
        assert!(spoilt(Dirt::BadPrice)[3].parse::<f64>().is_err());
    }

    #[test]
    fn nothing_can_be_missed_twice() {
        let defects = Defects { state: 1, ..Defects::default() };
        let mut no_state = row(&["1", ""]);
        assert!(!defects.spoil(Dirt::MissingState, &mut no_state, &mut Rng::stream(1, "dirt", 0)));
    }

    #[test]
    fn malformed_rows_are_malformed() {
        let sound = row(&["1", "Elm Street, Apt. 4", "x"]);
        let mut rng = Rng::stream(1, "dirt", 0);
        for _ in 0..20 {
            let mut out = Vec::new();
            write_malformed(&sound, &mut rng, &mut out);
            let line = String::from_utf8(out).unwrap();
            let known = ["1,\"Elm Street, Apt. 4\"\n", "1,\"Elm Street, Apt. 4\",x,?\n", "1,\"?\"x,x\n"];
            assert!(known.contains(&line.as_str()), "{line}");
        }
    }
}
