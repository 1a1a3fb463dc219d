//! Changes of a table's rows within a transaction: new segments, deleted positions.

use std::sync::Arc;

use super::{change::Transaction, table_statistics::TableStatistics};
use crate::{
    error::{Error, Result},
    storage::{
        delete_file::DeletedPositions,
        metadata::{FileId, Segment, SegmentMeta, TableId, TableSnapshot},
        rewrite,
    },
};

impl Transaction {
    /// Adds segments that a writer of this table has written. From here on the transaction owns
    /// them: they go when it is rolled back.
    pub fn append(&mut self, table: TableId, files: Vec<SegmentMeta>) -> Result<()> {
        self.private_files.extend(files.iter().map(|f| f.path.clone()));
        if files.is_empty() {
            return Ok(());
        }
        let mut table = self.table(table)?.as_ref().clone();
        self.add_segments(&mut table, files)?;
        self.put_table(table)
    }

    fn add_segments(&mut self, table: &mut TableSnapshot, files: Vec<SegmentMeta>) -> Result<()> {
        self.private_files.extend(files.iter().map(|f| f.path.clone()));
        for file in files.into_iter().filter(|f| f.row_count > 0) {
            if !file.path.starts_with(&table.path) {
                return Err(Error::internal(format!("segment {} is not of table {}", file.path, table.name)));
            }
            let id = self.warehouse().new_file_id()?;
            table.segments.push(Arc::new(Segment { id, file, deletes: None }));
        }
        Ok(())
    }

    /// Deletes rows by their positions; returns how many were there to delete. Files that lose
    /// few rows get a delete file; those that lose many, and small ones, are rewritten without
    /// the deleted rows, several into one.
    ///
    /// Reads and writes files: to be called where blocking is allowed.
    pub fn delete_rows(&mut self, table: TableId, positions: DeletedPositions) -> Result<u64> {
        let mut table = self.table(table)?.as_ref().clone();
        let store = Arc::clone(self.segments());
        let mut deleted = 0;
        let mut rewrites = Vec::new();
        for (id, positions) in positions.into_sorted() {
            self.interrupt.check()?;
            let index = table.segments.iter().position(|s| s.id == id);
            let index = index.ok_or_else(|| unknown_file(&table, id))?;
            let segment = Arc::clone(&table.segments[index]);
            if positions.last().is_some_and(|p| *p >= segment.file.row_count) {
                return Err(Error::internal(format!("position beyond the end of {}", segment.file.path)));
            }
            let vector = rewrite::deletions_with(&store, &segment, &positions)?;
            let before = segment.deletes.as_ref().map_or(0, |d| d.row_count);
            deleted += vector.len() as u64 - before;
            if vector.len() as u64 == before {
                continue;
            }
            if vector.len() as u64 == segment.file.row_count {
                table.segments.remove(index);
            } else if rewrite::is_worthwhile(&store, &segment, &vector) {
                table.segments.remove(index);
                rewrites.push((segment, vector));
            } else {
                let file_id = self.warehouse().new_file_id()?;
                let file = rewrite::write_deletes(&store, &table, &segment, file_id, vector)?;
                self.private_files.insert(file.path.clone());
                Arc::make_mut(&mut table.segments[index]).deletes = Some(file);
            }
        }
        if deleted == 0 {
            return Ok(0);
        }
        store.sync_folder_if_present(&table.path)?;
        let files = rewrite::rewrite(&store, &table, &rewrites, &|| self.interrupt.check())?;
        self.add_segments(&mut table, files)?;
        self.put_table(table)?;
        Ok(deleted)
    }

    /// Puts `files` in the place of segments with the same rows. Nothing else may be changed in the
    /// table by this transaction.
    pub fn replace_segments(&mut self, table: TableId, segments: &[FileId], files: Vec<SegmentMeta>) -> Result<()> {
        self.private_files.extend(files.iter().map(|f| f.path.clone()));
        let mut table = self.table(table)?.as_ref().clone();
        let (old, kept): (Vec<_>, Vec<_>) = table.segments.iter().cloned().partition(|s| segments.contains(&s.id));
        let before: u64 = old.iter().map(|s| s.live_rows()).sum();
        let after: u64 = files.iter().map(|f| f.row_count).sum();
        if old.len() != segments.len() || before != after {
            return Err(Error::internal(format!("{after} rows instead of {before} when {} was rewritten", table.name)));
        }
        let known = TableStatistics::of(self.snapshot()?.as_ref(), table.id);
        let seen = table.clone();
        table.segments = kept;
        self.rewritten.insert(table.id);
        self.add_segments(&mut table, files)?;
        if let Some(known) = known {
            self.put_statistics(table.id, &known.rewritten(&seen, &table))?;
        }
        self.put_table(table)
    }

    /// Deletes all rows; returns how many there were.
    pub fn truncate(&mut self, table: TableId) -> Result<u64> {
        let table = self.table(table)?;
        let rows = table.row_count();
        if !table.segments.is_empty() {
            self.put_table(TableSnapshot { segments: Vec::new(), ..table.as_ref().clone() })?;
        }
        Ok(rows)
    }
}

fn unknown_file(table: &TableSnapshot, id: FileId) -> Error {
    Error::internal(format!("table {} has no file {id}", table.name))
}
