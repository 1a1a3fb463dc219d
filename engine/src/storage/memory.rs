//! The memory that one engine's queries, writers and jobs share.
//!
//! The limit is meant for the process, and not everything asks before it takes memory: code, caches, pages that are
//! being decompressed, what the allocator keeps. So a part of the limit is not given out.

use std::{num::NonZeroUsize, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    datatypes::DataType,
};
use datafusion::execution::memory_pool::{FairSpillPool, MemoryPool, TrackConsumersPool};

/// How many of the largest consumers an out-of-memory error names.
const CONSUMERS_NAMED: usize = 3;
/// This share of the limit is not given out, in percent.
const KEPT_PERCENT: usize = 25;

/// A pool for a process that may take `limit_bytes`.
pub fn pool(limit_bytes: usize) -> Arc<dyn MemoryPool> {
    let given = limit_bytes - limit_bytes / 100 * KEPT_PERCENT;
    let named = NonZeroUsize::new(CONSUMERS_NAMED).unwrap_or(NonZeroUsize::MIN);
    Arc::new(TrackConsumersPool::new(FairSpillPool::new(given), named))
}

/// The size of a batch's own values; views may point into buffers that many batches share.
pub fn batch_bytes(batch: &RecordBatch) -> usize {
    let size = |array: &ArrayRef| match array.data_type() {
        DataType::Utf8View => array.as_string_view().total_buffer_bytes_used() + 16 * array.len(),
        DataType::BinaryView => array.as_binary_view().total_buffer_bytes_used() + 16 * array.len(),
        other => match other.primitive_width() {
            Some(width) => width * array.len(),
            None => array.get_array_memory_size(),
        },
    };
    batch.columns().iter().map(size).sum()
}
