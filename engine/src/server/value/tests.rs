//! Forms of values against what PostgreSQL sends.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use datafusion::arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, ListArray, StringViewArray,
    TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::Int32Type;

use super::*;
use crate::server::message::Body;

fn written(array: ArrayRef, type_name: &str, format: Format, style: &mut TextStyle) -> Vec<u8> {
    let mut out = BytesMut::new();
    write_value(&mut out, array.as_ref(), 0, &WireType::of_name(type_name), format, style).unwrap();
    out[4..].to_vec()
}

fn style() -> TextStyle {
    TextStyle::new(None)
}

#[test]
fn types_have_their_oids_lengths_and_modifiers() {
    for (name, oid, length, modifier) in [
        ("character varying(20)", 1043, -1, 24),
        ("character varying", 1043, -1, -1),
        ("character(3)", 1042, -1, 7),
        ("numeric(10,2)", 1700, -1, 655_366),
        ("integer", 23, 4, -1),
        ("timestamp without time zone", 1114, 8, -1),
        ("interval day to second(6)", 1190, 8, -1),
        ("interval year to month", 1188, 4, -1),
        ("binary varying(7)", 6551, -1, 11),
        ("super", 4000, -1, -1),
        ("name", 19, 64, -1),
        ("oid", 26, 4, -1),
    ] {
        assert_eq!(WireType::of_name(name), WireType { oid, length, modifier }, "{name}");
    }
}

#[test]
fn numerics_have_postgresqls_binary_form() {
    // From `select numeric_send(...)` of PostgreSQL.
    for (value, scale, expected) in [
        (0, 0, "0000000000000000"),
        (0, 2, "0000000000000002"),
        (1, 0, "00010000000000000001"),
        (-12_345_678, 2, "0003000140000002000c0d801e78"),
        (5, 3, "0001ffff000000030032"),
        (100_000_000, 0, "00010002000000000001"),
        (99, 2, "0001ffff0000000226ac"),
    ] {
        let mut out = BytesMut::new();
        numeric::encode(&mut out, value, scale);
        let hex: String = out.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = decode_numeric(Body::new(out.freeze())).unwrap();
        let mut plain = String::new();
        crate::types::text::push_decimal(&mut plain, value, scale);
        assert_eq!(text, plain);
        assert_eq!(hex, expected, "{plain}");
    }
    for (value, scale) in [(i128::pow(10, 37), 37), (-(i128::pow(10, 38) - 1), 37), (i128::pow(10, 38) - 1, 0)] {
        let mut out = BytesMut::new();
        numeric::encode(&mut out, value, scale);
        let mut plain = String::new();
        crate::types::text::push_decimal(&mut plain, value, scale);
        assert_eq!(decode_numeric(Body::new(out.freeze())).unwrap(), plain);
    }
    for wrong in [&b""[..], b"\0\x01\0\0\0\0\0\0\xff\xff", b"\0\0\0\0\xc0\0\0\0", b"\xff\xff\0\0\0\0\0\0"] {
        assert!(decode_numeric(Body::new(Bytes::from_static(wrong))).is_err());
    }
}

#[test]
fn binary_values_are_as_wide_as_their_type() {
    for (array, type_name, expected) in [
        (Arc::new(Int32Array::from(vec![-2])) as ArrayRef, "integer", &[255, 255, 255, 254][..]),
        (Arc::new(Int64Array::from(vec![5])), "smallint", &[0, 5]),
        (Arc::new(Int64Array::from(vec![4_000_000_000])), "oid", &[0xee, 0x6b, 0x28, 0]),
        (Arc::new(Date32Array::from(vec![10_958])), "date", &[0, 0, 0, 1]),
        (Arc::new(StringViewArray::from(vec!["ä"])), "character varying(3)", "ä".as_bytes()),
    ] {
        assert_eq!(written(array, type_name, Format::Binary, &mut style()), expected, "{type_name}");
    }
}

#[test]
fn text_is_what_psql_shows() {
    let at = Arc::new(TimestampMicrosecondArray::from(vec![1_704_067_200_500_000]).with_timezone("America/New_York"));
    assert_eq!(written(at, "timestamp with time zone", Format::Text, &mut style()), b"2023-12-31 19:00:00.5-05");
    let third = Arc::new(Float64Array::from(vec![0.1 + 0.2]));
    assert_eq!(written(third, "double precision", Format::Text, &mut style()), b"0.3");
    let decimal = Decimal128Array::from(vec![12_345]).with_precision_and_scale(10, 2).unwrap();
    assert_eq!(written(Arc::new(decimal), "numeric(10,2)", Format::Text, &mut style()), b"123.45");
}

#[test]
fn floats_that_were_written_out_are_floats_in_binary() {
    let written_out = Arc::new(StringViewArray::from(vec!["0.30000000000000004"]));
    let bytes = written(written_out, "double precision", Format::Binary, &mut style());
    assert_eq!(bytes, (0.1_f64 + 0.2).to_be_bytes());
}

#[test]
fn arrays_have_postgresqls_binary_form() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(7), None])]);
    let bytes = written(Arc::new(list), "integer[]", Format::Binary, &mut style());
    let expected = [1, 1, 23, 2, 1, 4, 7, -1].map(i32::to_be_bytes).concat();
    assert_eq!(bytes, expected);
    let empty = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![])]);
    let bytes = written(Arc::new(empty), "integer[]", Format::Binary, &mut style());
    assert_eq!(bytes, [0, 0, 23].map(i32::to_be_bytes).concat());
}

#[test]
fn amazons_drivers_get_redshifts_forms() {
    let decimal = |value: i128, precision| {
        let array = Decimal128Array::from(vec![value]).with_precision_and_scale(precision, 2).unwrap();
        Arc::new(array) as ArrayRef
    };
    let mut amazon = TextStyle::new(Some(2));
    assert_eq!(written(decimal(-5, 10), "numeric(10,2)", Format::Binary, &mut amazon), (-5_i64).to_be_bytes());
    assert_eq!(written(decimal(7, 38), "numeric(38,2)", Format::Binary, &mut amazon), 7_i128.to_be_bytes());
    let mut older = TextStyle::new(Some(1));
    assert_eq!(written(decimal(7, 10), "numeric(10,2)", Format::Binary, &mut older).len(), 10);
}
