//! What DuckLake keeps about a table and its columns over all files.

use datafusion::common::ScalarValue;
use rusqlite::{OptionalExtension, ToSql, params};

use super::Writer;
use crate::{
    error::Result,
    storage::{
        catalog_store::sqlite::sqlite_error,
        metadata::{Column, ColumnStatistics, RelationId, Segment, TableSnapshot},
        statistics,
    },
};

impl Writer<'_> {
    pub(super) fn table_statistics(
        &self,
        table: RelationId,
        rows: i64,
        bytes: i64,
        next_row_id: Option<i64>,
    ) -> Result<()> {
        let Some(next_row_id) = next_row_id else { return Ok(()) };
        let sql = "UPDATE ducklake_table_stats SET record_count = record_count + ?2, next_row_id = ?3,
            file_size_bytes = file_size_bytes + ?4 WHERE table_id = ?1";
        let update = |sql: &str| {
            let mut statement = self.transaction.prepare_cached(sql)?;
            statement.execute([table.0, rows, next_row_id, bytes])
        };
        if update(sql).map_err(sqlite_error)? == 0 {
            update("INSERT INTO ducklake_table_stats VALUES (?1, ?2, ?3, ?4)").map_err(sqlite_error)?;
        }
        Ok(())
    }

    /// Widens the table's bounds by those of `added` files. They only ever widen; NULL bounds
    /// mean unknown and stay so.
    pub(super) fn column_bounds(&self, table: &TableSnapshot, added: &[&Segment], had_rows: bool) -> Result<()> {
        if added.is_empty() {
            return Ok(());
        }
        for column in &table.columns {
            let found = || added.iter().filter_map(|s| Some((s.file.column(column.id)?, s.file.row_count)));
            let mut bounds = Bounds::of(found());
            if let Some(old) = self.old_bounds(table.id, column)? {
                bounds = old.merge(bounds);
            } else if had_rows {
                bounds = Bounds::of_default(column).merge(bounds);
            }
            let (sql_min, sql_max) = (bound_text(&bounds.min), bound_text(&bounds.max));
            let values = params![table.id.0, column.id.0, bounds.contains_null, bounds.contains_nan, sql_min, sql_max];
            let sql = "UPDATE ducklake_table_column_stats SET contains_null = ?3, contains_nan = ?4, min_value = ?5,
                max_value = ?6 WHERE table_id = ?1 AND column_id = ?2";
            let run = |sql: &str, values: &[&dyn ToSql]| {
                self.transaction.prepare_cached(sql).and_then(|mut s| s.execute(values)).map_err(sqlite_error)
            };
            if run(sql, values)? == 0 {
                run("INSERT INTO ducklake_table_column_stats VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL)", values)?;
            }
        }
        Ok(())
    }

    fn old_bounds(&self, table: RelationId, column: &Column) -> Result<Option<Bounds>> {
        let sql = "SELECT contains_null, contains_nan, min_value, max_value FROM ducklake_table_column_stats
            WHERE table_id = ?1 AND column_id = ?2";
        let parse = |text: Option<String>| text.and_then(|t| statistics::from_text(&t, &column.data_type));
        self.transaction
            .query_row(sql, [table.0, column.id.0], |row| {
                Ok(Bounds {
                    all_null: false,
                    contains_null: row.get::<_, Option<i64>>(0)? != Some(0),
                    contains_nan: row.get::<_, Option<i64>>(1)?.map(|v| v != 0),
                    min: parse(row.get(2)?),
                    max: parse(row.get(3)?),
                })
            })
            .optional()
            .map_err(sqlite_error)
    }
}

/// What DuckLake keeps about a column over all files.
struct Bounds {
    all_null: bool,
    contains_null: bool,
    contains_nan: Option<bool>,
    min: Option<ScalarValue>,
    max: Option<ScalarValue>,
}

impl Bounds {
    fn of<'a>(columns: impl Iterator<Item = (&'a ColumnStatistics, u64)> + Clone) -> Self {
        let (min, max) = statistics::merge_bounds(columns.clone());
        let nan = columns.clone().filter_map(|(c, _)| c.contains_nan).reduce(|a, b| a || b);
        Bounds {
            all_null: columns.clone().all(|(c, rows)| c.null_count == rows),
            contains_null: columns.clone().any(|(c, _)| c.null_count > 0),
            contains_nan: nan,
            min,
            max,
        }
    }

    /// Of rows older than the column.
    fn of_default(column: &Column) -> Self {
        let value = &column.initial_default;
        Bounds {
            all_null: value.is_none(),
            contains_null: value.is_none(),
            contains_nan: None,
            min: value.clone(),
            max: value.clone(),
        }
    }

    fn merge(self, new: Bounds) -> Self {
        let nan = self.contains_nan.into_iter().chain(new.contains_nan).reduce(|a, b| a || b);
        let contains_null = self.contains_null || new.contains_null;
        let (min, max) = match (self.all_null, new.all_null) {
            (_, true) => (self.min, self.max),
            (true, _) => (new.min, new.max),
            _ => (
                self.min.zip(new.min).map(|(a, b)| if b < a { b } else { a }),
                self.max.zip(new.max).map(|(a, b)| if b > a { b } else { a }),
            ),
        };
        Bounds { all_null: self.all_null && new.all_null, contains_null, contains_nan: nan, min, max }
    }
}

/// A bound as DuckLake writes it; None: unknown.
pub(super) fn bound_text(value: &Option<ScalarValue>) -> Option<String> {
    value.as_ref().and_then(statistics::to_text)
}
