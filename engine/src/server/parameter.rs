//! Values of `$n` as they come with Bind: text or binary, of a declared type or of none.
//!
//! A value becomes a literal of its type. One without declared type becomes a bare literal, so that
//! its type follows from where it stands, as with PostgreSQL's type "unknown".

use blueshift_sql::ParameterValue;
use bytes::Bytes;

use super::{
    message::{Body, body_text, protocol_violation},
    value::{EPOCH_DAYS, EPOCH_MICROS, NUMERIC_MAX_DIGITS, decode_numeric, oid},
};
use crate::{
    error::{Error, Result, SqlState},
    types::RedshiftType,
};

/// What redshift_connector declares for None.
const NO_TYPE: u32 = u32::MAX;

/// Whether a declared type says nothing.
pub fn is_undeclared(type_oid: u32) -> bool {
    matches!(type_oid, 0 | oid::UNKNOWN | NO_TYPE)
}

/// The literal of a value. `inferred` is the type to read a binary value by when none is declared.
///
/// Errors: 22P03 and 08P01 for a binary value that is none of its type, 22P02 for such text, 0A000
/// for types that cannot be parameters.
pub fn literal(value: Option<&Bytes>, binary: bool, declared: u32, inferred: u32) -> Result<ParameterValue> {
    let undeclared = is_undeclared(declared);
    let Some(bytes) = value else {
        return Ok(match type_name(declared) {
            Some(name) if !undeclared => ParameterValue::Typed(None, name, None),
            _ => ParameterValue::Null,
        });
    };
    if !binary {
        let text = body_text(bytes)?;
        return if undeclared { Ok(ParameterValue::Text(text.to_owned())) } else { text_literal(text, declared) };
    }
    binary_literal(Body::new(bytes.clone()), if undeclared { inferred } else { declared })
}

/// A literal of that type whose value is not known: for Describe, before Bind.
pub fn open_literal(type_oid: u32) -> ParameterValue {
    if let Some(element) = element_of(type_oid) {
        return ParameterValue::List(vec![open_literal(element)]);
    }
    match type_name(type_oid) {
        Some(name) => ParameterValue::Typed(None, name, None),
        None => ParameterValue::Null,
    }
}

/// Some value of that type, where NULL is not allowed.
pub fn sample(type_oid: u32) -> ParameterValue {
    match type_oid {
        oid::BOOL => ParameterValue::Boolean(true),
        oid::INT2 | oid::INT4 | oid::INT8 | oid::OID | oid::NUMERIC | oid::FLOAT4 | oid::FLOAT8 => {
            ParameterValue::Number("1".to_owned())
        }
        oid::TEXT | oid::VARCHAR | oid::BPCHAR => ParameterValue::Text("1".to_owned()),
        other => open_literal(other),
    }
}

/// The name to cast NULL to; None for text, where a bare NULL does.
fn type_name(type_oid: u32) -> Option<&'static str> {
    Some(match type_oid {
        oid::BOOL => "boolean",
        oid::INT2 => "smallint",
        oid::INT4 => "integer",
        oid::INT8 | oid::OID => "bigint",
        oid::FLOAT4 => "real",
        oid::FLOAT8 => "double precision",
        oid::NUMERIC => "numeric",
        oid::DATE => "date",
        oid::TIME => "time",
        oid::TIMETZ => "timetz",
        oid::TIMESTAMP => "timestamp",
        oid::TIMESTAMPTZ => "timestamptz",
        oid::SUPER => "super",
        oid::BYTEA | oid::VARBYTE => "varbyte",
        _ => return None,
    })
}

/// The OID by which a parameter of that type is described.
pub fn oid_of(redshift_type: &RedshiftType) -> u32 {
    super::value::WireType::of_name(&redshift_type.to_string()).oid
}

fn text_literal(text: &str, type_oid: u32) -> Result<ParameterValue> {
    let typed = |name| Ok(ParameterValue::Typed(Some(text.to_owned()), name, None));
    match type_oid {
        oid::BOOL => boolean(text),
        oid::INT2 | oid::INT4 | oid::INT8 | oid::OID => {
            let number: i64 =
                text.trim().parse().map_err(|_| Error::invalid_text(type_name(type_oid).unwrap_or("integer"), text))?;
            Ok(integer(number, type_oid))
        }
        oid::NUMERIC => numeric(text),
        oid::FLOAT4 | oid::FLOAT8 => typed(if type_oid == oid::FLOAT4 { "real" } else { "double precision" }),
        oid::DATE => typed("date"),
        oid::TIME => typed("time"),
        oid::TIMETZ => typed("timetz"),
        oid::TIMESTAMP => typed("timestamp"),
        oid::TIMESTAMPTZ => typed("timestamptz"),
        oid::BYTEA | oid::VARBYTE => {
            Ok(ParameterValue::Call("from_hex", text.strip_prefix("\\x").unwrap_or(text).to_owned()))
        }
        oid::SUPER => Ok(ParameterValue::Call("json_parse", text.to_owned())),
        array if element_of(array).is_some() => {
            let elements = blueshift_sql::array_elements(text)
                .ok_or_else(|| Error::invalid_text("array", text).with_detail("Arrays have one dimension here."))?;
            let element = element_of(array).unwrap_or(oid::TEXT);
            let typed = elements.into_iter().map(|value| match value {
                ParameterValue::Text(text) => text_literal(&text, element),
                other => Ok(other),
            });
            typed.collect::<Result<_>>().map(ParameterValue::List)
        }
        _ => Ok(ParameterValue::Text(text.to_owned())),
    }
}

/// The type of an array's elements.
fn element_of(array: u32) -> Option<u32> {
    Some(match array {
        1000 => oid::BOOL,
        1005 => oid::INT2,
        1007 => oid::INT4,
        1016 => oid::INT8,
        1021 => oid::FLOAT4,
        1022 => oid::FLOAT8,
        1028 => oid::OID,
        1231 => oid::NUMERIC,
        1182 => oid::DATE,
        1115 => oid::TIMESTAMP,
        1185 => oid::TIMESTAMPTZ,
        1002 | 1003 | 1009 | 1014 | 1015 | 1263 => oid::TEXT,
        _ => return None,
    })
}

/// An array in binary: number of dimensions, a flag, the type of the elements, each dimension, the elements.
fn binary_array(mut body: Body) -> Result<ParameterValue> {
    let (dimensions, _has_nulls, element) = (body.i32()?, body.i32()?, body.i32()? as u32);
    match dimensions {
        0 => return Ok(ParameterValue::List(vec![])),
        1 => {}
        _ => return Err(Error::not_supported("a parameter that is an array of more than one dimension")),
    }
    let (count, _lower_bound) = (body.i32()?, body.i32()?);
    let mut elements = vec![];
    for _ in 0..count {
        elements.push(match body.i32()? {
            -1 => ParameterValue::Null,
            length => {
                let length = usize::try_from(length).map_err(|_| protocol_violation("invalid array element"))?;
                binary_literal(Body::new(body.bytes(length)?), element)?
            }
        });
    }
    body.end()?;
    Ok(ParameterValue::List(elements))
}

fn boolean(text: &str) -> Result<ParameterValue> {
    match text.trim().to_ascii_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "on" | "1" => Ok(ParameterValue::Boolean(true)),
        "f" | "false" | "n" | "no" | "off" | "0" => Ok(ParameterValue::Boolean(false)),
        _ => Err(Error::invalid_text("boolean", text)),
    }
}

fn integer(number: i64, type_oid: u32) -> ParameterValue {
    match type_oid {
        // Written plainly it is an INTEGER, and fits LIMIT, too.
        oid::INT4 if number >= 0 && i32::try_from(number).is_ok() => ParameterValue::Number(number.to_string()),
        oid::INT4 => ParameterValue::Typed(Some(number.to_string()), "integer", None),
        oid::INT2 => ParameterValue::Typed(Some(number.to_string()), "smallint", None),
        _ => ParameterValue::Typed(Some(number.to_string()), "bigint", None),
    }
}

/// A NUMERIC with just the precision and scale of its digits: a bare NUMERIC would round.
fn numeric(text: &str) -> Result<ParameterValue> {
    let invalid = || Error::invalid_text("numeric", text);
    let trimmed = text.trim();
    let (mantissa, exponent) = match trimmed.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| invalid())?),
        None => (trimmed, 0),
    };
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{integer}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid());
    }
    let too_long = || Error::new(SqlState::NUMERIC_OUT_OF_RANGE, "numeric field overflow");
    if exponent.unsigned_abs() as usize > NUMERIC_MAX_DIGITS || digits.len() > 4 * NUMERIC_MAX_DIGITS {
        return Err(too_long());
    }
    // Where the point is: that many digits stand before it.
    let point = integer.len() as i32 + exponent;
    let mut digits = digits;
    if point < 0 {
        digits.insert_str(0, &"0".repeat(point.unsigned_abs() as usize));
    }
    let point = usize::try_from(point).unwrap_or(0);
    while digits.len() < point {
        digits.push('0');
    }
    let (integer, fraction) = digits.split_at(point);
    let integer = integer.trim_start_matches('0');
    let scale = fraction.len();
    let precision = (integer.len() + scale).max(1);
    if precision > NUMERIC_MAX_DIGITS || scale >= NUMERIC_MAX_DIGITS {
        return Err(too_long());
    }
    let plain = format!(
        "{}{}{}{fraction}",
        if negative { "-" } else { "" },
        if integer.is_empty() { "0" } else { integer },
        if scale > 0 { "." } else { "" },
    );
    Ok(ParameterValue::Typed(Some(plain), "numeric", Some((precision as u8, scale as u8))))
}

fn binary_literal(mut body: Body, type_oid: u32) -> Result<ParameterValue> {
    let typed = |text: String, name| Ok::<_, Error>(ParameterValue::Typed(Some(text), name, None));
    let wrong = |_| Error::new(SqlState("22P03"), "incorrect binary data format in bind parameter");
    let literal = match type_oid {
        oid::BOOL => Ok(ParameterValue::Boolean(body.u8().map_err(wrong)? != 0)),
        oid::INT2 => Ok(integer(i64::from(body.u16().map_err(wrong)? as i16), type_oid)),
        oid::INT4 => Ok(integer(i64::from(body.i32().map_err(wrong)?), type_oid)),
        oid::INT8 => Ok(integer(i64_of(&mut body).map_err(wrong)?, type_oid)),
        oid::OID => Ok(integer(i64::from(body.i32().map_err(wrong)? as u32), type_oid)),
        oid::FLOAT4 => typed(f32::from_bits(body.i32().map_err(wrong)? as u32).to_string(), "real"),
        oid::FLOAT8 => typed(f64::from_bits(i64_of(&mut body).map_err(wrong)? as u64).to_string(), "double precision"),
        oid::NUMERIC => return numeric(&decode_numeric(body)?),
        oid::DATE => {
            let days = body.i32().map_err(wrong)?.checked_add(EPOCH_DAYS).ok_or_else(|| Error::out_of_range("date"))?;
            typed(date_text(i64::from(days))?, "date")
        }
        oid::TIME => typed(time_text(i64_of(&mut body).map_err(wrong)?)?, "time"),
        oid::TIMESTAMP => typed(timestamp_text(i64_of(&mut body).map_err(wrong)?)?, "timestamp"),
        oid::TIMESTAMPTZ => typed(timestamp_text(i64_of(&mut body).map_err(wrong)?)? + "+00", "timestamptz"),
        oid::INTERVAL_YEAR_TO_MONTH => {
            typed(format!("{} months", body.i32().map_err(wrong)?), "interval year to month")
        }
        oid::INTERVAL_DAY_TO_SECOND => {
            let micros = i64_of(&mut body).map_err(wrong)?;
            typed(day_time_text(0, micros), "interval day to second")
        }
        oid::INTERVAL => {
            let micros = i64_of(&mut body).map_err(wrong)?;
            // PostgreSQL sends days and months as four bytes each, Amazon's driver as two.
            let (days, months) = if body.len() == 4 {
                (i32::from(body.u16().map_err(wrong)? as i16), i32::from(body.u16().map_err(wrong)? as i16))
            } else {
                (body.i32().map_err(wrong)?, body.i32().map_err(wrong)?)
            };
            typed(format!("{months} months {}", day_time_text(days, micros)), "interval")
        }
        oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::NAME | oid::UNKNOWN | 0 => {
            return Ok(ParameterValue::Text(body_text(&body.rest())?.to_owned()));
        }
        oid::SUPER => return Ok(ParameterValue::Call("json_parse", body_text(&body.rest())?.to_owned())),
        oid::BYTEA | oid::VARBYTE => {
            let hex: String = body.rest().iter().map(|byte| format!("{byte:02x}")).collect();
            return Ok(ParameterValue::Call("from_hex", hex));
        }
        array if element_of(array).is_some() => return binary_array(body),
        other => return Err(Error::not_supported(format!("a binary parameter of the type with OID {other}"))),
    }?;
    body.end().map_err(wrong)?;
    Ok(literal)
}

fn i64_of(body: &mut Body) -> Result<i64> {
    let (high, low) = (body.i32()?, body.i32()?);
    Ok(i64::from(high) << 32 | i64::from(low as u32))
}

/// Days and a time of either sign.
fn day_time_text(days: i32, micros: i64) -> String {
    const DAY: i64 = 86_400_000_000;
    let (whole, rest) = (micros / DAY, (micros % DAY).unsigned_abs());
    let sign = if micros < 0 { "-" } else { "" };
    format!("{} days {sign}{}.{:06} seconds", i64::from(days) + whole, rest / 1_000_000, rest % 1_000_000)
}

fn date_text(days: i64) -> Result<String> {
    let date = i32::try_from(days)
        .ok()
        .and_then(chrono::NaiveDate::from_epoch_days)
        .filter(|date| chrono::Datelike::year(date) > 0)
        .ok_or_else(|| Error::new(SqlState::DATETIME_OVERFLOW, "date out of range"))?;
    Ok(date.format("%Y-%m-%d").to_string())
}

fn time_text(micros: i64) -> Result<String> {
    const DAY: i64 = 86_400_000_000;
    if !(0..DAY).contains(&micros) {
        return Err(protocol_violation("time out of range"));
    }
    let seconds = micros / 1_000_000;
    Ok(format!("{:02}:{:02}:{:02}.{:06}", seconds / 3_600, seconds / 60 % 60, seconds % 60, micros % 1_000_000))
}

fn timestamp_text(micros: i64) -> Result<String> {
    let at = micros
        .checked_add(EPOCH_MICROS)
        .and_then(chrono::DateTime::from_timestamp_micros)
        .filter(|at| chrono::Datelike::year(at) > 0)
        .ok_or_else(|| Error::new(SqlState::DATETIME_OVERFLOW, "timestamp out of range"))?;
    Ok(at.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_text(text: &str, type_oid: u32) -> Result<ParameterValue> {
        literal(Some(&Bytes::copy_from_slice(text.as_bytes())), false, type_oid, 0)
    }

    fn typed(text: &str, name: &'static str) -> ParameterValue {
        ParameterValue::Typed(Some(text.to_owned()), name, None)
    }

    #[test]
    fn numerics_keep_their_digits() {
        for (text, plain, size) in [
            ("5", "5", (1, 0)),
            ("-1.50", "-1.50", (3, 2)),
            ("0.05", "0.05", (2, 2)),
            ("1E+3", "1000", (4, 0)),
            ("12.5e-3", "0.0125", (4, 4)),
            ("000", "0", (1, 0)),
            (".5", "0.5", (1, 1)),
        ] {
            let expected = ParameterValue::Typed(Some(plain.to_owned()), "numeric", Some(size));
            assert_eq!(of_text(text, oid::NUMERIC).unwrap(), expected, "{text}");
        }
        for wrong in ["", "x", "1e999", "NaN", "--1", "1.2.3", &"9".repeat(39)] {
            assert!(of_text(wrong, oid::NUMERIC).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_become_literals_of_their_type() {
        assert_eq!(of_text("x'y", 0).unwrap(), ParameterValue::Text("x'y".to_owned()));
        assert_eq!(of_text("7", oid::INT4).unwrap(), ParameterValue::Number("7".to_owned()));
        assert_eq!(of_text("-7", oid::INT4).unwrap(), typed("-7", "integer"));
        assert_eq!(of_text("7", oid::INT8).unwrap(), typed("7", "bigint"));
        assert!(of_text("7x", oid::INT4).is_err());
        let one = ParameterValue::List(vec![ParameterValue::Number("1".to_owned()), ParameterValue::Null]);
        assert_eq!(of_text("{1,NULL}", 1007).unwrap(), one);
        assert!(of_text("{{1}}", 1007).is_err());
        assert_eq!(literal(None, true, oid::UNKNOWN, 0).unwrap(), ParameterValue::Null);
        assert_eq!(literal(None, true, NO_TYPE, 0).unwrap(), ParameterValue::Null);
        let binary = |bytes: &'static [u8], declared| literal(Some(&Bytes::from_static(bytes)), true, declared, 0);
        assert_eq!(
            binary(&[0, 0, 0, 0, 0, 0, 0, 0], oid::TIMESTAMP).unwrap(),
            typed("2000-01-01 00:00:00.000000", "timestamp")
        );
        assert_eq!(binary(&[255, 255, 255, 255], oid::DATE).unwrap(), typed("1999-12-31", "date"));
        assert_eq!(binary(&[0x3f, 0xf8, 0, 0, 0, 0, 0, 0], oid::FLOAT8).unwrap(), typed("1.5", "double precision"));
        assert!(binary(&[0, 0, 0], oid::INT4).is_err());
        assert!(binary(&[0, 0, 0, 0, 0], oid::INT4).is_err());
    }
}
