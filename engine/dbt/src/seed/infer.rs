//! The types that agate, and so dbt, sees in a seed's columns, and the values as SQL literals.

use chrono::{NaiveDate, NaiveDateTime};

use super::csv::CsvTable;

/// A column's inferred type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// `integer`: whole numbers, or nothing but nulls.
    Integer,
    /// `float8`: numbers with decimals.
    Float,
    /// `date`.
    Date,
    /// `timestamp without time zone`.
    Timestamp,
    /// `boolean`.
    Boolean,
    /// `varchar(n)`, n the longest value in bytes.
    Text(usize),
}

impl ColumnType {
    /// The SQL type.
    pub fn sql(self) -> String {
        match self {
            ColumnType::Integer => "integer".to_owned(),
            ColumnType::Float => "float8".to_owned(),
            ColumnType::Date => "date".to_owned(),
            ColumnType::Timestamp => "timestamp without time zone".to_owned(),
            ColumnType::Boolean => "boolean".to_owned(),
            ColumnType::Text(length) => format!("varchar({length})"),
        }
    }
}

/// Whether agate reads a value as null.
pub fn is_null(value: &str) -> bool {
    let value = value.trim();
    value.is_empty() || value.eq_ignore_ascii_case("null")
}

/// The type of a column; `force_text` is set for columns whose type the config gives.
pub fn infer(table: &CsvTable, column: usize, force_text: bool) -> ColumnType {
    let values: Vec<&str> = table
        .rows
        .iter()
        .filter_map(|row| row.get(column))
        .map(String::as_str)
        .filter(|value| !is_null(value))
        .collect();
    let text = || ColumnType::Text(values.iter().map(|value| value.len()).max().unwrap_or(64));
    if force_text {
        return text();
    }
    let all = |test: &dyn Fn(&str) -> bool| values.iter().all(|value| test(value));
    if all(&|value| number(value).is_some()) {
        let decimals = values.iter().filter_map(|value| number(value)).any(|number| has_decimals(&number));
        return if decimals { ColumnType::Float } else { ColumnType::Integer };
    }
    if all(&|value| date(value).is_some()) {
        return ColumnType::Date;
    }
    if all(&|value| plain_timestamp(value).is_some()) || all(&|value| iso_timestamp(value).is_some()) {
        return ColumnType::Timestamp;
    }
    if all(&|value| boolean(value).is_some()) {
        return ColumnType::Boolean;
    }
    text()
}

/// A value as a literal for a column of a type.
pub fn sql_literal(value: &str, column_type: ColumnType) -> String {
    if is_null(value) {
        return "null".to_owned();
    }
    let converted = match column_type {
        ColumnType::Integer | ColumnType::Float => return number(value).unwrap_or_else(|| quoted(value)),
        ColumnType::Boolean => boolean(value).map(|value| value.to_string()),
        ColumnType::Date => date(value).map(|date| quoted(&date.format("%Y-%m-%d").to_string())),
        ColumnType::Timestamp => plain_timestamp(value)
            .or_else(|| iso_timestamp(value))
            .map(|time| quoted(&time.format("%Y-%m-%d %H:%M:%S%.f").to_string())),
        ColumnType::Text(_) => None,
    };
    converted.unwrap_or_else(|| quoted(value))
}

/// A text literal. A backslash means different things to different servers, so it goes in as `chr(92)`.
fn quoted(text: &str) -> String {
    let parts: Vec<String> = text.split('\\').map(|part| format!("'{}'", part.replace('\'', "''"))).collect();
    if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(" || chr(92) || ")) }
}

/// A number as agate understands it (percent and currency signs, thousands separators), in SQL's spelling.
fn number(value: &str) -> Option<String> {
    let trimmed = value.trim().trim_matches('%');
    let outer = trimmed.strip_prefix('-');
    let digits = outer.unwrap_or(trimmed).replace([',', '_'], "");
    let digits = digits.trim_matches(['$', '€', '£', '¥', '¢', '₤', '₹', '₽', '₩']);
    // A second sign may stand behind the currency's; two of them cancel out.
    let inner = digits.strip_prefix('-');
    let sign = if outer.is_some() != inner.is_some() { "-" } else { "" };
    let digits = inner.or(digits.strip_prefix('+')).unwrap_or(digits);
    let (mantissa, exponent) = digits.split_once(['e', 'E']).map_or((digits, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| exponent.parse::<i16>().is_ok());
    if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) || !exponent_fits {
        return None;
    }
    Some(format!("{sign}{digits}"))
}

/// Whether a number has digits after the point once trailing zeros are gone.
fn has_decimals(number: &str) -> bool {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let fraction = mantissa.split_once('.').map_or("", |(_, fraction)| fraction).trim_end_matches('0');
    fraction.len() as i64 > exponent.parse::<i64>().unwrap_or(0)
        || (exponent.starts_with('-') && mantissa.parse::<f64>().is_ok_and(|value| value != 0.0))
}

fn date(value: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(value.trim(), "%Y-%m-%d").ok()
}

fn plain_timestamp(value: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(value.trim(), "%Y-%m-%d %H:%M:%S").ok()
}

fn iso_timestamp(value: &str) -> Option<NaiveDateTime> {
    let value = value.trim();
    if let Ok(time) = chrono::DateTime::parse_from_rfc3339(value) {
        return Some(time.naive_utc()).filter(|_| value.contains('T'));
    }
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y%m%dT%H%M%S"];
    formats.iter().find_map(|format| NaiveDateTime::parse_from_str(value, format).ok())
}

fn boolean(value: &str) -> Option<bool> {
    match value.trim().to_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[&str]) -> ColumnType {
        let rows = values.iter().map(|value| vec![(*value).to_owned()]).collect();
        infer(&CsvTable { columns: vec!["c".to_owned()], rows }, 0, false)
    }

    #[test]
    fn infers_as_agate() {
        assert_eq!(column(&["1", "2.0", "", "NULL"]), ColumnType::Integer);
        assert_eq!(column(&["1", "2.5"]), ColumnType::Float);
        assert_eq!(column(&["$1,000.50"]), ColumnType::Float);
        assert_eq!(column(&["2024-01-31"]), ColumnType::Date);
        assert_eq!(column(&["2024-01-31 10:00:00"]), ColumnType::Timestamp);
        assert_eq!(column(&["2024-01-31T10:00:00Z"]), ColumnType::Timestamp);
        assert_eq!(column(&["true", "False"]), ColumnType::Boolean);
        assert_eq!(column(&["1", "é"]), ColumnType::Text(2));
        assert_eq!(column(&[""]), ColumnType::Integer);
    }

    #[test]
    fn odd_values_have_the_types_that_dbt_gives_them() {
        // As agate_helper.from_csv and RedshiftAdapter.convert_agate_type of dbt 1.10 answer.
        for (values, expected) in [
            ("5%", "integer"),
            ("1e3", "integer"),
            ("1.5e1", "integer"),
            ("1.5e-1", "float8"),
            ("1_000", "integer"),
            ("-$5", "integer"),
            ("$-5", "integer"),
            ("1.", "integer"),
            (".5", "float8"),
            ("00171", "integer"),
            ("0171|x", "varchar(4)"),
            ("2024-1-5", "date"),
            (" 2024-01-31 ", "date"),
            ("2024-13-01", "varchar(10)"),
            ("2024-01-31 10:00", "varchar(16)"),
            ("2024-01-31T10:00:00.5+02:00", "timestamp without time zone"),
            ("20240131T100000", "timestamp without time zone"),
            ("2024-01-31|2024-01-31 10:00:00", "varchar(19)"),
            ("yes", "varchar(3)"),
            ("1|true", "varchar(4)"),
            ("12:30", "varchar(5)"),
            ("5 000", "varchar(5)"),
            ("none", "varchar(4)"),
            ("0x1f", "varchar(4)"),
            ("x ", "varchar(2)"),
            ("|null", "integer"),
        ] {
            assert_eq!(column(&values.split('|').collect::<Vec<_>>()).sql(), expected, "{values}");
        }
    }

    #[test]
    fn literals() {
        assert_eq!(sql_literal("it's", ColumnType::Text(9)), "'it''s'");
        assert_eq!(sql_literal("a\\b", ColumnType::Text(9)), "('a' || chr(92) || 'b')");
        assert_eq!(sql_literal("1,000", ColumnType::Integer), "1000");
        assert_eq!(sql_literal(" null ", ColumnType::Text(9)), "null");
        assert_eq!(sql_literal("-2.50", ColumnType::Float), "-2.50");
    }
}
