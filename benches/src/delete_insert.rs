//! dbt's incremental strategy `delete+insert` on one row in a hundred: the changed rows wait in a
//! temporary table; those that they replace are deleted and they are inserted, in one transaction.

use crate::{Connection, Fixture, Result};

/// Sets the table up as it was; what came from an earlier run is gone.
const PREPARE: &str = "
    drop table if exists public.bench_lines;
    create table public.bench_lines sortkey (invoice_date) as select * from gold.fact_invoice;";

/// The changed rows.
const STAGE: &str = "
    create temp table bench_changes as select * from gold.fact_invoice where invoice_line_id % 100 = 0;";

/// What is measured.
const CHANGE: &str = "
    begin;
    delete from public.bench_lines using bench_changes
        where bench_lines.invoice_line_id = bench_changes.invoice_line_id;
    insert into public.bench_lines select * from bench_changes;
    commit;";

/// A table and its changed rows.
pub struct DeleteInsert<'f> {
    connection: Connection<'f>,
}

impl<'f> DeleteInsert<'f> {
    /// Connects and stages the changed rows.
    pub fn connect(fixture: &'f Fixture) -> Result<DeleteInsert<'f>> {
        let mut connection = fixture.connect()?;
        connection.run(STAGE)?;
        Ok(DeleteInsert { connection })
    }

    /// Makes the table anew, so that every change meets the same one.
    pub fn prepare(&mut self) -> Result<()> {
        self.connection.run(PREPARE).map(|_| ())
    }

    /// Deletes and inserts.
    pub fn run(&mut self) -> Result<()> {
        self.connection.run(CHANGE).map(|_| ())
    }
}
