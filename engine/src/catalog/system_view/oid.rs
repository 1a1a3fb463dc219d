//! Numbers of objects as clients see them. They are made from the catalog's own ids, so they stay
//! the same over restarts and renames; each kind of object has a range of its own.

use crate::storage::metadata::{ColumnId, RelationId, SchemaId};

/// Relations and schemas of users begin here, as on a real cluster.
const USER: i64 = 100_000;
/// External schemas: a hash of the name in this range.
const EXTERNAL_SCHEMA: i64 = 0x0800_0000;
/// The tables behind materialized views.
const MATERIALIZED: i64 = 0x1000_0000;
/// Row types of relations.
const ROW_TYPE: i64 = 0x2000_0000;
/// Rules behind views.
const RULE: i64 = 0x3000_0000;
/// Defaults of columns.
const DEFAULT: i64 = 0x4000_0000;
/// Constraints.
const CONSTRAINT: i64 = 0x5000_0000;
/// Default privileges.
const DEFAULT_PRIVILEGE: i64 = 0x6000_0000;
/// Functions.
const FUNCTION: i64 = 0x0400_0000;
/// System views that PostgreSQL gives no number.
const SYSTEM_VIEW: i64 = 11_000;
/// From a constraint to the index that PostgreSQL would keep for it.
pub const INDEX_OFFSET: i64 = 0x0800_0000;
/// How many numbers a range of hashes has.
const RANGE: u64 = 0x03ff_ffff;

/// pg_catalog
pub const PG_CATALOG: i64 = 11;
/// information_schema
pub const INFORMATION_SCHEMA: i64 = 10_802;
/// public
pub const PUBLIC: i64 = 2_200;

/// A schema.
pub fn schema(id: SchemaId, name: &str) -> i64 {
    if name == "public" { PUBLIC } else { USER + id.0 }
}

/// A table or view.
pub fn relation(id: RelationId) -> i64 {
    USER + id.0
}

/// The relation that a number stands for, if it is one of a user's.
pub fn to_relation(oid: i64) -> Option<RelationId> {
    (USER..EXTERNAL_SCHEMA).contains(&oid).then(|| RelationId(oid - USER))
}

/// An external schema.
pub fn external_schema(name: &str) -> i64 {
    EXTERNAL_SCHEMA + hash(&[name])
}

/// An external table.
pub fn external_table(schema: &str, table: &str) -> i64 {
    EXTERNAL_SCHEMA + 0x0400_0000 + hash(&[schema, table])
}

/// The table behind a materialized view.
pub fn materialized(id: RelationId) -> i64 {
    MATERIALIZED + id.0
}

/// The row type of a relation.
pub fn row_type(relation: i64) -> i64 {
    ROW_TYPE + relation
}

/// The rule of a view.
pub fn rule(view: RelationId) -> i64 {
    RULE + view.0
}

/// The default of a column.
pub fn default(table: RelationId, column: ColumnId) -> i64 {
    DEFAULT + (table.0 * 2_048 + column.0) % 0x0fff_ffff
}

/// A constraint.
pub fn constraint(table: RelationId, name: &str) -> i64 {
    CONSTRAINT + hash(&[&table.to_string(), name])
}

/// Default privileges of a user.
pub fn default_privilege(user: i64, schema: i64, kind: &str) -> i64 {
    DEFAULT_PRIVILEGE + hash(&[&user.to_string(), &schema.to_string(), kind])
}

/// A function or procedure, by its name and argument types.
pub fn function(schema: &str, name: &str, arguments: &str) -> i64 {
    FUNCTION + hash(&[schema, name, arguments])
}

/// A system view, by its place in the list of all.
pub fn system_view(name: &str, place: usize) -> i64 {
    let known = [
        ("pg_type", 1247),
        ("pg_attribute", 1249),
        ("pg_proc", 1255),
        ("pg_class", 1259),
        ("pg_shadow", 1260),
        ("pg_group", 1261),
        ("pg_database", 1262),
        ("pg_attrdef", 2604),
        ("pg_constraint", 2606),
        ("pg_depend", 2608),
        ("pg_description", 2609),
        ("pg_index", 2610),
        ("pg_language", 2612),
        ("pg_namespace", 2615),
        ("pg_rewrite", 2618),
    ];
    let known = known.iter().find(|(other, _)| *other == name).map(|(_, oid)| *oid);
    known.unwrap_or(SYSTEM_VIEW + place as i64)
}

/// FNV-1a over the parts, within a range.
fn hash(parts: &[&str]) -> i64 {
    let mut state: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    ((state ^ (state >> 32)) % RANGE) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back() {
        assert_eq!(to_relation(relation(RelationId(17))), Some(RelationId(17)));
        assert_eq!(to_relation(PG_CATALOG), None);
        assert_eq!(to_relation(materialized(RelationId(17))), None);
        assert_ne!(constraint(RelationId(1), "a"), constraint(RelationId(1), "b"));
    }
}
