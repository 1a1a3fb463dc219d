//! Which objects of a source are raw data, and which table each belongs to.

use crate::lake::source::ObjectInfo;

/// The objects of a source, sorted into raw data and the rest.
#[derive(Debug, Default)]
pub struct Sorted {
    /// CSV objects with their tables.
    pub data: Vec<(ObjectInfo, String)>,
    /// Keys of objects that are not loaded: no CSV, or no table can be told from the key.
    pub ignored: Vec<String>,
}

/// Sorts the objects of a source.
pub fn sort(objects: Vec<ObjectInfo>) -> Sorted {
    let mut sorted = Sorted::default();
    for object in objects {
        match table_of(&object.key) {
            Some(table) => sorted.data.push((object, table)),
            None => sorted.ignored.push(object.key),
        }
    }
    sorted
}

/// The table of an object: `Invoice/2025-04-01.csv`, `Invoice.csv` and, because deliveries often
/// come in a folder of their own, `2025-04-01/Invoice/x.csv` and `day=1/Invoice.csv` all belong
/// to `invoice`. Names are those a crawler would give: lower case, other signs as `_`.
pub fn table_of(key: &str) -> Option<String> {
    let stem = key.strip_suffix(".csv").or_else(|| key.strip_suffix(".CSV"))?;
    let name = stem.split('/').find(|segment| !is_delivery(segment))?;
    let clean = |c: char| if c.is_alphanumeric() { c } else { '_' };
    let table: String = name.to_lowercase().chars().map(clean).collect();
    (!table.trim_matches('_').is_empty()).then_some(table)
}

/// A folder that names a delivery rather than a table: a date or time, or `key=value`.
fn is_delivery(segment: &str) -> bool {
    let dated = |c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | ':' | '.' | 'T' | 'Z');
    segment.is_empty()
        || segment.contains('=')
        || (segment.starts_with(|c: char| c.is_ascii_digit()) && segment.chars().all(dated))
}

#[cfg(test)]
mod tests {
    use super::table_of;

    #[test]
    fn tables_come_from_keys() {
        for key in [
            "Invoice.csv",
            "Invoice/2025-04-01.csv",
            "Invoice/2025/04/part-1.csv",
            "2025-04-01/Invoice/Invoice.csv",
            "2025/04/01/Invoice.csv",
            "year=2025/month=04/INVOICE/x.CSV",
            "2025-04-01T10:00:00Z/invoice/x.csv",
        ] {
            assert_eq!(table_of(key).as_deref(), Some("invoice"), "{key}");
        }
        assert_eq!(table_of("Invoice-Line (old)/x.csv").as_deref(), Some("invoice_line__old_"));
        for key in ["2025-04-01.csv", "Invoice/readme.txt", "Invoice.csv.gz", "day=1/x=2.csv"] {
            assert_eq!(table_of(key), None, "{key}");
        }
    }
}
