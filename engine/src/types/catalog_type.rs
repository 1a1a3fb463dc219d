//! Types that only the system catalog has: `oid`, `name`, `"char"`, vectors and arrays. Redshift takes over
//! PostgreSQL's catalogs with them and rejects them in tables of users ("Unsupported PostgreSQL data types").
//!
//! In Arrow an array is a `List` and a vector (`int2vector`) a `LargeList`: they print differently.

use std::{fmt, sync::Arc};

use datafusion::arrow::datatypes::{DataType, Field};

/// A type of the system catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CatalogType {
    /// `name`: an identifier.
    Name,
    /// `oid`: the number of an object.
    Oid,
    /// `"char"`: one byte.
    InternalChar,
    /// `regproc`: a function's number, shown as its name.
    Regproc,
    /// `aclitem[]`
    AclItemArray,
    /// `int2vector`
    Int2Vector,
    /// `oidvector`
    OidVector,
    /// `smallint[]`
    SmallIntArray,
    /// `integer[]`
    IntegerArray,
    /// `bigint[]`
    BigIntArray,
    /// `oid[]`
    OidArray,
    /// `text[]`
    TextArray,
}

const ALL: [(CatalogType, &str); 12] = [
    (CatalogType::Name, "name"),
    (CatalogType::Oid, "oid"),
    (CatalogType::InternalChar, "\"char\""),
    (CatalogType::Regproc, "regproc"),
    (CatalogType::AclItemArray, "aclitem[]"),
    (CatalogType::Int2Vector, "int2vector"),
    (CatalogType::OidVector, "oidvector"),
    (CatalogType::SmallIntArray, "smallint[]"),
    (CatalogType::IntegerArray, "integer[]"),
    (CatalogType::BigIntArray, "bigint[]"),
    (CatalogType::OidArray, "oid[]"),
    (CatalogType::TextArray, "text[]"),
];

impl CatalogType {
    /// The type of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        ALL.iter().find(|(_, known)| *known == name).map(|(catalog_type, _)| *catalog_type)
    }

    /// The Arrow type that holds its values.
    pub fn arrow(self) -> DataType {
        let item = |data_type| Arc::new(Field::new_list_field(data_type, true));
        match self {
            CatalogType::Name | CatalogType::InternalChar | CatalogType::Regproc => DataType::Utf8View,
            CatalogType::Oid => DataType::Int64,
            CatalogType::Int2Vector => DataType::LargeList(item(DataType::Int16)),
            CatalogType::OidVector => DataType::LargeList(item(DataType::Int64)),
            CatalogType::SmallIntArray => DataType::List(item(DataType::Int16)),
            CatalogType::IntegerArray => DataType::List(item(DataType::Int32)),
            CatalogType::BigIntArray | CatalogType::OidArray => DataType::List(item(DataType::Int64)),
            CatalogType::TextArray | CatalogType::AclItemArray => DataType::List(item(DataType::Utf8View)),
        }
    }

    /// The type that an Arrow list stands for.
    pub fn of_list(data_type: &DataType) -> Option<Self> {
        match data_type {
            DataType::LargeList(item) if *item.data_type() == DataType::Int16 => Some(CatalogType::Int2Vector),
            DataType::LargeList(_) => Some(CatalogType::OidVector),
            DataType::List(item) => match item.data_type() {
                DataType::Int16 => Some(CatalogType::SmallIntArray),
                DataType::Int32 => Some(CatalogType::IntegerArray),
                DataType::Int64 => Some(CatalogType::BigIntArray),
                DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 | DataType::Null => {
                    Some(CatalogType::TextArray)
                }
                _ => None,
            },
            _ => None,
        }
    }
}

impl fmt::Display for CatalogType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ALL.iter().find(|(known, _)| known == self).map_or("unknown", |(_, name)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_lists_round_trip() {
        for (catalog_type, name) in ALL {
            assert_eq!(CatalogType::from_name(name), Some(catalog_type));
            assert_eq!(catalog_type.to_string(), name);
        }
        for list in [CatalogType::Int2Vector, CatalogType::SmallIntArray, CatalogType::TextArray] {
            assert_eq!(CatalogType::of_list(&list.arrow()), Some(list));
        }
    }
}
