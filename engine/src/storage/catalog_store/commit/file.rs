//! Rows for the files of a table.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, params};

use super::{Writer, bounds::bound_text, to_json};
use crate::{
    error::{Error, Result},
    storage::{
        catalog_store::sqlite::sqlite_error,
        checksum::Checksum,
        metadata::{DeleteFile, FileId, RelationId, RowOrder, Segment, TableSnapshot},
        slice::SliceCounts,
    },
};

impl Writer<'_> {
    pub(super) fn files(&self, before: Option<&TableSnapshot>, after: &TableSnapshot) -> Result<()> {
        let old: HashMap<FileId, &Segment> =
            before.iter().flat_map(|b| &b.segments).map(|s| (s.id, s.as_ref())).collect();
        let kept: HashMap<FileId, &Segment> = after.segments.iter().map(|s| (s.id, s.as_ref())).collect();
        let (mut rows, mut bytes) = (0, 0);
        for segment in old.values().filter(|s| !kept.contains_key(&s.id)) {
            self.end("ducklake_data_file", "data_file_id", segment.id.0)?;
            self.end("ducklake_delete_file", "data_file_id", segment.id.0)?;
            rows -= segment.file.row_count as i64;
            bytes -= segment.file.size_bytes as i64;
        }
        let added: Vec<&Segment> =
            after.segments.iter().map(AsRef::as_ref).filter(|s| !old.contains_key(&s.id)).collect();
        let mut next_row_id = self.next_row_id(after.id)?;
        if before.is_none() || !added.is_empty() {
            self.column_bounds(after, &added, next_row_id.is_some())?;
        }
        for segment in added {
            self.data_file(after, segment, next_row_id.unwrap_or(0))?;
            next_row_id = Some(next_row_id.unwrap_or(0) + segment.file.row_count as i64);
            rows += segment.file.row_count as i64;
            bytes += segment.file.size_bytes as i64;
        }
        for segment in &after.segments {
            let was = old.get(&segment.id).and_then(|s| s.deletes.as_ref());
            match &segment.deletes {
                Some(deletes) if was != Some(deletes) => self.delete_file(after, segment.id, deletes)?,
                _ => {}
            }
        }
        self.table_statistics(after.id, rows, bytes, next_row_id)
    }

    fn next_row_id(&self, table: RelationId) -> Result<Option<i64>> {
        self.transaction
            .query_row("SELECT next_row_id FROM ducklake_table_stats WHERE table_id = ?1", [table.0], |row| row.get(0))
            .optional()
            .map_err(sqlite_error)
    }

    fn data_file(&self, table: &TableSnapshot, segment: &Segment, row_id_start: i64) -> Result<()> {
        let file = &segment.file;
        let sql = "INSERT INTO ducklake_data_file
            VALUES (?1, ?2, ?3, NULL, NULL, ?4, 1, 'parquet', ?5, ?6, ?7, ?8, NULL, NULL, NULL, NULL)";
        self.run(
            sql,
            params![
                segment.id.0,
                table.id.0,
                self.id,
                path_in_table(table, &file.path)?,
                file.row_count as i64,
                file.size_bytes as i64,
                file.footer_bytes as i64,
                row_id_start
            ],
        )?;
        self.side_of_file(segment.id, file.checksum.as_deref(), file.sorted_by.as_ref(), file.slices.as_deref())?;
        for column in &file.columns {
            let sql = "INSERT INTO ducklake_file_column_stats VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL)";
            let values = (file.row_count - column.null_count.min(file.row_count)) as i64;
            let (min, max) = (bound_text(&column.min), bound_text(&column.max));
            self.run(
                sql,
                params![
                    segment.id.0,
                    table.id.0,
                    column.column_id.0,
                    column.size_bytes as i64,
                    values,
                    column.null_count as i64,
                    min,
                    max,
                    column.contains_nan
                ],
            )?;
        }
        Ok(())
    }

    fn delete_file(&self, table: &TableSnapshot, data_file: FileId, file: &DeleteFile) -> Result<()> {
        self.end("ducklake_delete_file", "data_file_id", data_file.0)?;
        let sql = "INSERT INTO ducklake_delete_file
            VALUES (?1, ?2, ?3, NULL, ?4, ?5, 1, 'parquet', ?6, ?7, ?8, NULL, NULL)";
        self.run(
            sql,
            params![
                file.id.0,
                table.id.0,
                self.id,
                data_file.0,
                path_in_table(table, &file.path)?,
                file.row_count as i64,
                file.size_bytes as i64,
                file.footer_bytes as i64
            ],
        )?;
        self.side_of_file(file.id, file.checksum.as_deref(), None, None)
    }

    /// What DuckLake has no place for.
    fn side_of_file(
        &self,
        file: FileId,
        checksum: Option<&Checksum>,
        sorted_by: Option<&RowOrder>,
        slices: Option<&SliceCounts>,
    ) -> Result<()> {
        match checksum {
            None => Ok(()),
            Some(checksum) => {
                let sorted_by = sorted_by.map(to_json).transpose()?;
                let slices = slices.map(SliceCounts::to_bytes);
                let sql =
                    "INSERT INTO rs_file(file_id, checksum, blocks, sorted_by, slices) VALUES (?1, ?2, ?3, ?4, ?5)";
                self.run(sql, params![file.0, checksum.whole(), checksum.block_bytes(), sorted_by, slices])
            }
        }
    }
}

fn path_in_table<'a>(table: &TableSnapshot, path: &'a str) -> Result<&'a str> {
    path.strip_prefix(&table.path).ok_or_else(|| Error::internal(format!("{path} is not in the table's folder")))
}
