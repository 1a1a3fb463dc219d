//! The statements of the incremental strategies, as dbt-redshift writes them.

use crate::{
    Column, Error, Result,
    relation::{Relation, quote},
};

/// What a strategy needs to know.
#[derive(Debug)]
pub struct Merge<'a> {
    /// The table.
    pub target: &'a Relation,
    /// The temporary table with the new rows.
    pub source: &'a Relation,
    /// The key, as written in the config.
    pub unique_key: &'a [String],
    /// The columns to write.
    pub columns: &'a [Column],
    /// `incremental_predicates`.
    pub predicates: &'a [String],
    /// `merge_update_columns`.
    pub update_columns: &'a [String],
    /// `merge_exclude_columns`.
    pub exclude_columns: &'a [String],
}

impl Merge<'_> {
    /// `append`.
    pub fn append(&self) -> String {
        let columns = self.quoted_columns().join(", ");
        format!("insert into {} ({columns})\n(\n    select {columns}\n    from {}\n)", self.target, self.source)
    }

    /// `delete+insert`; without a key it only inserts.
    pub fn delete_insert(&self) -> String {
        if self.unique_key.is_empty() {
            return self.append();
        }
        let key = self.unique_key.join(", ");
        let mut statement = format!(
            "delete from {}\nwhere ({key}) in (\n    select distinct {key}\n    from {} as DBT_INTERNAL_SOURCE\n)",
            self.target, self.source
        );
        for predicate in self.target_predicates() {
            statement.push_str(&format!("\nand {predicate}"));
        }
        format!("{statement}\n;\n\n{}", self.append())
    }

    /// `merge`.
    pub fn merge(&self) -> Result<String> {
        let mut conditions = self.target_predicates();
        if self.unique_key.is_empty() {
            conditions.push("FALSE".to_owned());
        }
        for key in self.unique_key {
            conditions.push(format!("DBT_INTERNAL_SOURCE.{key} = {}.{key}", self.target));
        }
        let matched = if self.unique_key.is_empty() {
            String::new()
        } else {
            let updates: Vec<String> =
                self.updated_columns()?.iter().map(|name| format!("{name} = DBT_INTERNAL_SOURCE.{name}")).collect();
            format!("\nwhen matched then update set\n    {}", updates.join(", "))
        };
        let columns = self.quoted_columns();
        let values: Vec<String> = columns.iter().map(|name| format!("DBT_INTERNAL_SOURCE.{name}")).collect();
        Ok(format!(
            "merge into {}\n    using {} as DBT_INTERNAL_SOURCE\n    on ({}){matched}\nwhen not matched then insert (\n    {}\n)\nvalues (\n    {}\n)",
            self.target,
            self.source,
            conditions.join(") and ("),
            columns.join(", "),
            values.join(", ")
        ))
    }

    fn quoted_columns(&self) -> Vec<String> {
        self.columns.iter().map(|column| quote(&column.name)).collect()
    }

    fn updated_columns(&self) -> Result<Vec<String>> {
        match (self.update_columns.is_empty(), self.exclude_columns.is_empty()) {
            (false, false) => Err(Error::compilation(
                "Model cannot specify merge_update_columns and merge_exclude_columns. Please update model to use only one config",
            )),
            (false, true) => Ok(self.update_columns.to_vec()),
            (true, false) => {
                let excluded = |name: &str| self.exclude_columns.iter().any(|other| other.eq_ignore_ascii_case(name));
                Ok(self
                    .columns
                    .iter()
                    .filter(|column| !excluded(&column.name))
                    .map(|column| quote(&column.name))
                    .collect())
            }
            (true, true) => Ok(self.quoted_columns()),
        }
    }

    /// The predicates with dbt's alias of the table replaced by its name: Redshift allows no alias there.
    fn target_predicates(&self) -> Vec<String> {
        let target = format!("{}.", self.target);
        let named = |predicate: &String| {
            predicate.replace("DBT_INTERNAL_DEST.", &target).replace("dbt_internal_dest.", &target)
        };
        self.predicates.iter().map(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<Column> {
        ["id", "day", "x"].map(|name| Column { name: name.to_owned(), data_type: "integer".to_owned() }).to_vec()
    }

    fn with<T>(keys: &[&str], predicates: &[&str], test: impl FnOnce(Merge<'_>) -> T) -> T {
        let texts = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
        let (target, source) = (Relation::new("dev", "silver", "t"), Relation::temporary("t__dbt_tmp1"));
        test(Merge {
            target: &target,
            source: &source,
            unique_key: &texts(keys),
            columns: &columns(),
            predicates: &texts(predicates),
            update_columns: &[],
            exclude_columns: &["day".to_owned()],
        })
    }

    #[test]
    fn delete_insert() {
        let sql = with(&["id", "day"], &["DBT_INTERNAL_DEST.day > 3"], |merge| merge.delete_insert());
        assert_eq!(
            sql,
            "delete from \"dev\".\"silver\".\"t\"\nwhere (id, day) in (\n    select distinct id, day\n    from \"t__dbt_tmp1\" as DBT_INTERNAL_SOURCE\n)\nand \"dev\".\"silver\".\"t\".day > 3\n;\n\ninsert into \"dev\".\"silver\".\"t\" (\"id\", \"day\", \"x\")\n(\n    select \"id\", \"day\", \"x\"\n    from \"t__dbt_tmp1\"\n)"
        );
        assert!(with(&[], &[], |merge| merge.delete_insert()).starts_with("insert into"));
    }

    #[test]
    fn merge() {
        let sql = with(&["id"], &[], |merge| merge.merge().unwrap());
        assert_eq!(
            sql,
            "merge into \"dev\".\"silver\".\"t\"\n    using \"t__dbt_tmp1\" as DBT_INTERNAL_SOURCE\n    on (DBT_INTERNAL_SOURCE.id = \"dev\".\"silver\".\"t\".id)\nwhen matched then update set\n    \"id\" = DBT_INTERNAL_SOURCE.\"id\", \"x\" = DBT_INTERNAL_SOURCE.\"x\"\nwhen not matched then insert (\n    \"id\", \"day\", \"x\"\n)\nvalues (\n    DBT_INTERNAL_SOURCE.\"id\", DBT_INTERNAL_SOURCE.\"day\", DBT_INTERNAL_SOURCE.\"x\"\n)"
        );
        assert!(with(&[], &[], |merge| merge.merge().unwrap()).contains("on (FALSE)\nwhen not matched"));
    }
}
