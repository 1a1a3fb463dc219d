//! Record batches to Parquet segments: sorted by the table's sort key, rolled at a size, durable
//! before their descriptions are handed out.
//!
//! A buffer of batches is encoded on the blocking pool while the producer fills the next one.
//! With a sort key each buffer is sorted as a whole and starts a new row group, so that the rows
//! of every row group are in order; zone maps do the rest.

use std::sync::Arc;

use arrow::array::RecordBatch;
use tokio::task::JoinHandle;

use super::{
    metadata::{SegmentMeta, TableSnapshot},
    segment_buffer::Buffer,
    segment_encoder::SegmentEncoder,
    segment_store::SegmentStore,
};
use crate::error::{Error, Result};

/// Writes rows of one table to new segments. Dropped before [`SegmentWriter::finish`], it removes
/// what it wrote.
pub struct SegmentWriter {
    /// None while the encoder is at work on the blocking pool, and after a failure.
    encoder: Option<SegmentEncoder>,
    running: Option<JoinHandle<Result<SegmentEncoder>>>,
    buffer: Buffer,
}

impl SegmentWriter {
    /// A writer for `table`, whose Arrow schema the batches must have.
    pub fn new(store: &Arc<SegmentStore>, table: &TableSnapshot) -> Result<Self> {
        let encoder = SegmentEncoder::new(Arc::clone(store), table)?;
        Ok(SegmentWriter { buffer: encoder.buffer(), encoder: Some(encoder), running: None })
    }

    /// A writer of rows that come in the order of the table's sort key already.
    pub fn presorted(store: &Arc<SegmentStore>, table: &TableSnapshot) -> Result<Self> {
        let encoder = SegmentEncoder::new(Arc::clone(store), table)?.presorted();
        Ok(SegmentWriter { buffer: encoder.buffer(), encoder: Some(encoder), running: None })
    }

    /// Takes a batch; waits when the encoder is behind.
    pub async fn push(&mut self, batch: RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.buffer.push(batch);
        if self.buffer.is_full() {
            let batches = self.buffer.take();
            let mut encoder = self.encoder().await?;
            self.running = Some(tokio::task::spawn_blocking(move || {
                encoder.write(batches)?;
                Ok(encoder)
            }));
        }
        Ok(())
    }

    /// Writes what is left and makes all segments durable; no rows, no segments.
    pub async fn finish(mut self) -> Result<Vec<SegmentMeta>> {
        let batches = self.buffer.take();
        let mut encoder = self.encoder().await?;
        let finish = move || {
            encoder.write(batches)?;
            encoder.finish()
        };
        tokio::task::spawn_blocking(finish).await.map_err(encoder_died)?
    }

    async fn encoder(&mut self) -> Result<SegmentEncoder> {
        match self.running.take() {
            Some(running) => running.await.map_err(encoder_died)?,
            None => self.encoder.take().ok_or_else(|| Error::internal("segment writer used after a failure")),
        }
    }
}

fn encoder_died(error: tokio::task::JoinError) -> Error {
    Error::internal(format!("segment encoder: {error}"))
}
