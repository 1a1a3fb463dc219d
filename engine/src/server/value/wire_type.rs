//! Redshift's types as clients know them: OID, length and modifier of a column.
//!
//! Decided by the name of the type, so that types of the system catalog (`name`, `oid`, `"char"`,
//! arrays) have theirs.

/// OIDs of types, PostgreSQL's and Redshift's own.
#[allow(missing_docs)]
pub mod oid {
    pub const BOOL: u32 = 16;
    pub const BYTEA: u32 = 17;
    pub const CHAR: u32 = 18;
    pub const NAME: u32 = 19;
    pub const INT8: u32 = 20;
    pub const INT2: u32 = 21;
    pub const INT2VECTOR: u32 = 22;
    pub const INT4: u32 = 23;
    pub const REGPROC: u32 = 24;
    pub const TEXT: u32 = 25;
    pub const OID: u32 = 26;
    pub const XID: u32 = 28;
    pub const FLOAT4: u32 = 700;
    pub const FLOAT8: u32 = 701;
    pub const ABSTIME: u32 = 702;
    pub const UNKNOWN: u32 = 705;
    pub const ACLITEM: u32 = 1033;
    pub const BPCHAR: u32 = 1042;
    pub const VARCHAR: u32 = 1043;
    pub const DATE: u32 = 1082;
    pub const TIME: u32 = 1083;
    pub const TIMESTAMP: u32 = 1114;
    pub const TIMESTAMPTZ: u32 = 1184;
    pub const INTERVAL: u32 = 1186;
    pub const INTERVAL_YEAR_TO_MONTH: u32 = 1188;
    pub const INTERVAL_DAY_TO_SECOND: u32 = 1190;
    pub const TIMETZ: u32 = 1266;
    pub const NUMERIC: u32 = 1700;
    pub const HLLSKETCH: u32 = 2935;
    pub const GEOMETRY: u32 = 3000;
    pub const GEOGRAPHY: u32 = 3001;
    pub const SUPER: u32 = 4000;
    pub const VARBYTE: u32 = 6551;
}

/// A type as RowDescription tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireType {
    /// OID.
    pub oid: u32,
    /// Bytes of a value; -1: they differ.
    pub length: i16,
    /// Length or precision and scale; -1: none.
    pub modifier: i32,
}

impl WireType {
    /// The type of that name, as Redshift writes it (`character varying(20)`, `numeric(10,2)`).
    /// A name that is not known is TEXT.
    pub fn of_name(name: &str) -> Self {
        let (base, arguments) = split(name);
        let first = arguments.and_then(|text| text.split(',').next()?.trim().parse::<i32>().ok());
        // As PostgreSQL has it: four more than the length.
        let length = first.map_or(-1, |length| length + 4);
        let oid = match base {
            "numeric" | "decimal" => return numeric(arguments),
            "character varying" | "varchar" => return WireType { oid: oid::VARCHAR, length: -1, modifier: length },
            "character" | "char" | "bpchar" => return WireType { oid: oid::BPCHAR, length: -1, modifier: length },
            "binary varying" | "varbyte" => return WireType { oid: oid::VARBYTE, length: -1, modifier: length },
            "boolean" => oid::BOOL,
            "smallint" => oid::INT2,
            "integer" => oid::INT4,
            "bigint" => oid::INT8,
            "real" => oid::FLOAT4,
            "double precision" => oid::FLOAT8,
            "date" => oid::DATE,
            "time" | "time without time zone" => oid::TIME,
            "timetz" | "time with time zone" => oid::TIMETZ,
            "timestamp" | "timestamp without time zone" => oid::TIMESTAMP,
            "timestamptz" | "timestamp with time zone" => oid::TIMESTAMPTZ,
            "interval" => oid::INTERVAL,
            "interval year to month" => oid::INTERVAL_YEAR_TO_MONTH,
            "interval day to second" => oid::INTERVAL_DAY_TO_SECOND,
            "super" => oid::SUPER,
            "geometry" => oid::GEOMETRY,
            "geography" => oid::GEOGRAPHY,
            "hllsketch" => oid::HLLSKETCH,
            "name" => oid::NAME,
            "oid" => oid::OID,
            "xid" => oid::XID,
            "\"char\"" => oid::CHAR,
            "regproc" => oid::REGPROC,
            "abstime" => oid::ABSTIME,
            "aclitem" => oid::ACLITEM,
            "int2vector" => oid::INT2VECTOR,
            "unknown" => oid::UNKNOWN,
            "smallint[]" => 1005,
            "integer[]" => 1007,
            "text[]" => 1009,
            "character varying[]" => 1015,
            "bigint[]" => 1016,
            "oid[]" => 1028,
            "aclitem[]" => 1034,
            "boolean[]" => 1000,
            "name[]" => 1003,
            "double precision[]" => 1022,
            _ => oid::TEXT,
        };
        WireType { oid, length: length_of(oid), modifier: -1 }
    }
}

impl WireType {
    /// The type of an array's elements; None for a type that is no array.
    pub fn element(&self) -> Option<WireType> {
        let name = match self.oid {
            1000 => "boolean",
            1003 => "name",
            1005 => "smallint",
            1007 => "integer",
            1009 => "text",
            1015 => "character varying",
            1016 => "bigint",
            1022 => "double precision",
            1028 => "oid",
            1034 => "aclitem",
            _ => return None,
        };
        Some(WireType::of_name(name))
    }
}

/// The words of a type's name and what stands in its parentheses, also when words follow those
/// (`interval day to second(6)`, `timestamp(6) without time zone`).
fn split(name: &str) -> (&str, Option<&str>) {
    match name.split_once('(') {
        Some((base, rest)) => (base.trim_end(), rest.split_once(')').map(|(arguments, _)| arguments)),
        None => (name, None),
    }
}

fn numeric(arguments: Option<&str>) -> WireType {
    let modifier = arguments.and_then(|text| {
        let (precision, scale) = text.split_once(',').unwrap_or((text, "0"));
        let (precision, scale): (i32, i32) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
        Some(((precision << 16) | scale) + 4)
    });
    WireType { oid: oid::NUMERIC, length: -1, modifier: modifier.unwrap_or(-1) }
}

fn length_of(oid: u32) -> i16 {
    match oid {
        oid::BOOL | oid::CHAR => 1,
        oid::INT2 => 2,
        oid::INT4
        | oid::FLOAT4
        | oid::DATE
        | oid::OID
        | oid::XID
        | oid::REGPROC
        | oid::ABSTIME
        | oid::INTERVAL_YEAR_TO_MONTH => 4,
        oid::INT8 | oid::FLOAT8 | oid::TIME | oid::TIMESTAMP | oid::TIMESTAMPTZ | oid::INTERVAL_DAY_TO_SECOND => 8,
        oid::TIMETZ | oid::ACLITEM => 12,
        oid::INTERVAL => 16,
        oid::NAME => 64,
        _ => -1,
    }
}
