//! Batches on their way to the encoder of segments, within the memory that everything shares.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};

use super::memory::batch_bytes;

/// Rows of a row group.
pub const ROW_GROUP_ROWS: usize = 128 * 1024;
/// A writer that has less than this in memory goes on also when memory is short: smaller row groups are not worth it.
pub(super) const MEMORY_BYTES_MIN: usize = 4 << 20;
/// Rows handed to the encoder at once when the table has no sort key.
const CHUNK_ROWS: usize = 64 * 1024;
/// The same in bytes.
const CHUNK_BYTES: usize = 8 << 20;
/// Rows sorted at once.
const SORT_ROWS: usize = 8 * ROW_GROUP_ROWS;
/// The same in bytes …
const SORT_BYTES: usize = 48 << 20;
/// … and as a share of all memory: several writers work at a time, each with two buffers.
const SORT_MEMORY_SHARE: usize = 32;

fn sort_bytes(pool: &Arc<dyn MemoryPool>) -> usize {
    match pool.memory_limit() {
        MemoryLimit::Finite(limit) => (limit / SORT_MEMORY_SHARE).clamp(MEMORY_BYTES_MIN, SORT_BYTES),
        _ => SORT_BYTES,
    }
}

/// Batches on their way to the encoder.
pub(super) struct Buffer {
    batches: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
    rows_max: usize,
    bytes_max: usize,
    memory: MemoryReservation,
    /// The reservation was refused.
    is_short: bool,
}

impl Buffer {
    /// An empty buffer; `sorts`: its rows are going to be sorted, and more of them are better.
    pub(super) fn new(sorts: bool, pool: &Arc<dyn MemoryPool>) -> Self {
        let (rows_max, bytes_max) = if sorts { (SORT_ROWS, sort_bytes(pool)) } else { (CHUNK_ROWS, CHUNK_BYTES) };
        let memory = MemoryConsumer::new("rows to be written").register(pool);
        Buffer { batches: Vec::new(), rows: 0, bytes: 0, rows_max, bytes_max, memory, is_short: false }
    }

    pub(super) fn push(&mut self, batch: RecordBatch) {
        self.rows += batch.num_rows();
        self.bytes += batch_bytes(&batch);
        self.batches.push(batch);
        self.is_short = self.memory.try_resize(self.bytes).is_err();
        // They are there, whether there is room or not.
        self.memory.resize(self.bytes);
    }

    pub(super) fn is_full(&self) -> bool {
        let is_full = self.rows >= self.rows_max || self.bytes >= self.bytes_max;
        is_full || (self.is_short && self.bytes >= MEMORY_BYTES_MIN)
    }

    pub(super) fn take(&mut self) -> Vec<RecordBatch> {
        (self.rows, self.bytes, self.is_short) = (0, 0, false);
        // From here on they are the encoder's.
        self.memory.free();
        std::mem::take(&mut self.batches)
    }
}
