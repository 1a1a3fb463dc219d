//! PostgreSQL's types as `pg_type` numbers them, and `atttypmod`, which holds lengths and precisions.

/// A type in `pg_type`.
pub struct PgType {
    /// Its number.
    pub oid: i64,
    /// Its internal name.
    pub name: &'static str,
    /// Its name in SQL.
    pub sql_name: &'static str,
    /// Its length in bytes; -1: variable.
    pub length: i64,
    /// The number of the type of its elements; 0: no array.
    pub element: i64,
    /// The number of the array over it; 0: none.
    pub array: i64,
}

const fn scalar(oid: i64, name: &'static str, sql_name: &'static str, length: i64, array: i64) -> PgType {
    PgType { oid, name, sql_name, length, element: 0, array }
}

const fn array(oid: i64, name: &'static str, sql_name: &'static str, element: i64) -> PgType {
    PgType { oid, name, sql_name, length: -1, element, array: 0 }
}

/// The types.
pub const TYPES: &[PgType] = &[
    scalar(16, "bool", "boolean", 1, 1000),
    scalar(17, "bytea", "bytea", -1, 1001),
    scalar(18, "char", "\"char\"", 1, 1002),
    scalar(19, "name", "name", 128, 1003),
    scalar(20, "int8", "bigint", 8, 1016),
    scalar(21, "int2", "smallint", 2, 1005),
    PgType { oid: 22, name: "int2vector", sql_name: "int2vector", length: -1, element: 21, array: 1006 },
    scalar(23, "int4", "integer", 4, 1007),
    scalar(24, "regproc", "regproc", 4, 1008),
    scalar(25, "text", "text", -1, 1009),
    scalar(26, "oid", "oid", 4, 1028),
    scalar(28, "xid", "xid", 4, 1011),
    PgType { oid: 30, name: "oidvector", sql_name: "oidvector", length: -1, element: 26, array: 1013 },
    scalar(700, "float4", "real", 4, 1021),
    scalar(701, "float8", "double precision", 8, 1022),
    scalar(702, "abstime", "abstime", 4, 1023),
    scalar(705, "unknown", "unknown", -2, 0),
    array(1000, "_bool", "boolean[]", 16),
    array(1002, "_char", "\"char\"[]", 18),
    array(1003, "_name", "name[]", 19),
    array(1005, "_int2", "smallint[]", 21),
    array(1007, "_int4", "integer[]", 23),
    array(1009, "_text", "text[]", 25),
    array(1014, "_bpchar", "character[]", 1042),
    array(1015, "_varchar", "character varying[]", 1043),
    array(1016, "_int8", "bigint[]", 20),
    array(1021, "_float4", "real[]", 700),
    array(1022, "_float8", "double precision[]", 701),
    array(1028, "_oid", "oid[]", 26),
    scalar(1033, "aclitem", "aclitem", 12, 1034),
    array(1034, "_aclitem", "aclitem[]", 1033),
    scalar(1042, "bpchar", "character", -1, 1014),
    scalar(1043, "varchar", "character varying", -1, 1015),
    scalar(1082, "date", "date", 4, 1182),
    scalar(1083, "time", "time without time zone", 8, 1183),
    scalar(1114, "timestamp", "timestamp without time zone", 8, 1115),
    array(1115, "_timestamp", "timestamp without time zone[]", 1114),
    array(1182, "_date", "date[]", 1082),
    scalar(1184, "timestamptz", "timestamp with time zone", 8, 1185),
    scalar(1186, "interval", "interval", 16, 1187),
    scalar(1188, "intervaly2m", "interval year to month", 4, 1189),
    scalar(1190, "intervald2s", "interval day to second", 8, 1191),
    array(1231, "_numeric", "numeric[]", 1700),
    scalar(1266, "timetz", "time with time zone", 8, 1270),
    scalar(1700, "numeric", "numeric", -1, 1231),
    scalar(1790, "refcursor", "refcursor", -1, 2201),
    scalar(2202, "regprocedure", "regprocedure", 4, 2207),
    scalar(2203, "regoper", "regoper", 4, 2208),
    scalar(2205, "regclass", "regclass", 4, 2210),
    scalar(2206, "regtype", "regtype", 4, 2211),
    scalar(2249, "record", "record", -1, 0),
    scalar(2275, "cstring", "cstring", -2, 0),
    scalar(2276, "any", "\"any\"", 4, 0),
    scalar(2277, "anyarray", "anyarray", -1, 0),
    scalar(2278, "void", "void", 4, 0),
    scalar(2279, "trigger", "trigger", 4, 0),
    scalar(2281, "internal", "internal", 4, 0),
    scalar(2283, "anyelement", "anyelement", 4, 0),
    scalar(2935, "hllsketch", "hllsketch", -1, 0),
    scalar(3000, "geometry", "geometry", -1, 0),
    scalar(3001, "geography", "geography", -1, 0),
    scalar(4000, "super", "super", -1, 0),
    scalar(6551, "varbyte", "binary varying", -1, 0),
];

/// A type by number.
pub fn by_oid(oid: i64) -> Option<&'static PgType> {
    TYPES.iter().find(|known| known.oid == oid)
}

/// The type that Redshift writes as `text`, e.g. `numeric(10,2)`, and its modifier (-1: none).
pub fn of_name(text: &str) -> (&'static PgType, i64) {
    const HEADER: i64 = 4;
    let (name, arguments) = match text.split_once('(') {
        Some((name, rest)) => (name.trim_end(), rest.trim_end_matches(')')),
        None => (text, ""),
    };
    // `interval day to second (6)` and the like.
    let name = if name.starts_with("interval day") { "interval day to second" } else { name };
    let found = TYPES.iter().find(|known| known.sql_name == name || known.name == name);
    let found = found.or_else(|| by_oid(705)).unwrap_or(&TYPES[0]);
    let mut numbers = arguments.split(',').map(|number| number.trim().parse::<i64>().ok());
    let first = numbers.next().flatten();
    let modifier = match (found.oid, first) {
        (1042 | 1043 | 6551, Some(length)) => length + HEADER,
        (1700, Some(precision)) => ((precision << 16) | numbers.next().flatten().unwrap_or(0)) + HEADER,
        _ => -1,
    };
    (found, modifier)
}

/// `format_type`: the type of a number and modifier as Redshift writes it.
pub fn format(oid: i64, modifier: Option<i64>) -> String {
    let Some(known) = by_oid(oid) else { return if oid == 0 { "-".to_owned() } else { "???".to_owned() } };
    match (oid, modifier) {
        (1042 | 1043 | 6551, Some(modifier)) if modifier >= 4 => format!("{}({})", known.sql_name, modifier - 4),
        (1700, Some(modifier)) if modifier >= 4 => {
            format!("numeric({},{})", (modifier - 4) >> 16, (modifier - 4) & 0xffff)
        }
        // Without a modifier, character(1) would be read into `character`.
        (1042, None) => "bpchar".to_owned(),
        _ => known.sql_name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_round_trip() {
        for text in [
            "integer",
            "numeric(10,2)",
            "numeric(38,0)",
            "character varying(20)",
            "character(3)",
            "timestamp without time zone",
            "super",
            "binary varying(64)",
            "oid",
            "smallint[]",
        ] {
            let (found, modifier) = of_name(text);
            assert_eq!(format(found.oid, Some(modifier)), text);
        }
        assert_eq!(of_name("numeric(10,2)").1, 655_366);
        assert_eq!(format(1042, None), "bpchar");
    }
}
