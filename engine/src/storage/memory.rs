//! The memory that one engine's queries, writers and jobs share.
//!
//! The limit is meant for the process, and not everything asks before it takes memory: code, caches, pages that are
//! being decompressed, what the allocator keeps. So a part of the limit is not given out.

use std::{
    fmt,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    datatypes::DataType,
};
use datafusion::{
    common::{DataFusionError, Result},
    execution::memory_pool::{
        FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation, TrackConsumersPool,
    },
};

/// How many of the largest consumers an out-of-memory error names.
const CONSUMERS_NAMED: usize = 3;
/// This share of the limit is not given out, in percent.
const KEPT_PERCENT: usize = 25;

/// From this share of the limit on, whoever fills an exchange is slowed down; and so much more than what is given
/// out may be taken by those who cannot go to disk. In percent.
const SLACK_PERCENT: usize = 5;
/// More than this share of the limit never waits in exchanges, in percent.
const IN_FLIGHT_MAX_PERCENT: usize = 20;
/// Smaller batches are never copied to make them smaller.
const COMPACT_FROM_BYTES: usize = 1 << 20;
/// A batch that claims so many times what it has is copied.
const COMPACT_FACTOR: usize = 3;
/// What DataFusion calls its exchanges.
const EXCHANGE: &str = "RepartitionExec";

/// A pool for a process that may take `limit_bytes`.
pub fn pool(limit_bytes: usize) -> Arc<dyn MemoryPool> {
    let given = limit_bytes - limit_bytes / 100 * KEPT_PERCENT;
    let named = NonZeroUsize::new(CONSUMERS_NAMED).unwrap_or(NonZeroUsize::MIN);
    Arc::new(EnginePool {
        inner: TrackConsumersPool::new(FairSpillPool::new(given), named),
        in_flight: AtomicUsize::new(0),
        given,
        slack: limit_bytes / 100 * SLACK_PERCENT,
        max: limit_bytes / 100 * IN_FLIGHT_MAX_PERCENT,
    })
}

/// DataFusion's fair pool, and beside it what waits in exchanges.
///
/// An exchange that is refused memory writes batches to files, and in DataFusion 55 its reader waits for ever
/// when two writers have files open (apache/datafusion#24883). So an exchange is never refused. Instead those
/// who fill it ask [`EnginePool::pace`] before each batch: they slow down, then wait, and fail when that does
/// not help. Waiting alone could last for ever: who empties one exchange may wait for another.
#[derive(Debug)]
pub struct EnginePool {
    inner: TrackConsumersPool<FairSpillPool>,
    in_flight: AtomicUsize,
    given: usize,
    slack: usize,
    max: usize,
}

/// What one who fills an exchange is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Go on.
    Full,
    /// Give those who empty it a moment.
    Slow,
    /// Wait until they have.
    Stop,
}

impl EnginePool {
    /// How an exchange may be filled.
    pub fn pace(&self) -> Pace {
        match self.in_flight.load(Ordering::Relaxed) {
            waiting if waiting > self.max => Pace::Stop,
            waiting if waiting > self.slack => Pace::Slow,
            _ => Pace::Full,
        }
    }

    /// The error of one who waited too long (53200).
    pub fn stopped(&self) -> DataFusionError {
        let waiting = self.in_flight.load(Ordering::Relaxed);
        DataFusionError::ResourcesExhausted(format!(
            "{waiting} bytes wait between the steps of queries, of which one does not go on"
        ))
    }
}

fn is_exchange(consumer: &MemoryConsumer) -> bool {
    consumer.name().strip_prefix(EXCHANGE).is_some_and(|rest| !rest.contains("Merge"))
}

impl fmt::Display for EnginePool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl MemoryPool for EnginePool {
    fn name(&self) -> &str {
        "engine"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        if !is_exchange(consumer) {
            self.inner.register(consumer);
        }
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        if !is_exchange(consumer) {
            self.inner.unregister(consumer);
        }
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        match is_exchange(reservation.consumer()) {
            true => _ = self.in_flight.fetch_add(additional, Ordering::Relaxed),
            false => self.inner.grow(reservation, additional),
        }
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        match is_exchange(reservation.consumer()) {
            true => _ = self.in_flight.fetch_sub(shrink, Ordering::Relaxed),
            false => self.inner.shrink(reservation, shrink),
        }
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        if is_exchange(reservation.consumer()) {
            self.grow(reservation, additional);
            return Ok(());
        }
        if !reservation.consumer().can_spill() {
            // Merging sorted files, for example, must go on for others to end; those who spill leave it no room.
            let taken = self.reserved() + additional;
            return match self.inner.try_grow(reservation, additional) {
                Err(_) if taken <= self.given + self.slack => {
                    self.inner.grow(reservation, additional);
                    Ok(())
                }
                outcome => outcome,
            };
        }
        self.inner.try_grow(reservation, additional)?;
        // What waits in exchanges cannot be written to disk, so the others do.
        if self.reserved() > self.given {
            self.inner.shrink(reservation, additional);
            let name = reservation.consumer().name();
            return Err(DataFusionError::ResourcesExhausted(format!(
                "Additional allocation failed for {name}: the rest waits between the steps of queries"
            )));
        }
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.inner.reserved() + self.in_flight.load(Ordering::Relaxed)
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.inner.memory_limit()
    }
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

/// The batch with values of its own where it points into much more than it has: whoever counts its size, as
/// exchanges do, counts the buffers that many batches share for each of them.
pub fn compact(batch: RecordBatch) -> RecordBatch {
    let claimed = batch.get_array_memory_size();
    if claimed < COMPACT_FROM_BYTES || claimed / COMPACT_FACTOR < batch_bytes(&batch) {
        return batch;
    }
    let columns = batch.columns().iter().map(|array| match array.data_type() {
        DataType::Utf8View => Arc::new(array.as_string_view().gc()) as ArrayRef,
        DataType::BinaryView => Arc::new(array.as_binary_view().gc()),
        _ => Arc::clone(array),
    });
    RecordBatch::try_new(batch.schema(), columns.collect()).unwrap_or(batch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_is_slowed_down_and_never_refused() {
        let pool = pool(100 << 20);
        let engine = pool.downcast_ref::<EnginePool>().expect("the engine's own");
        let exchange = MemoryConsumer::new("RepartitionExec[1]").with_can_spill(true).register(&pool);
        let sort = MemoryConsumer::new("ExternalSorter[0]").with_can_spill(true).register(&pool);
        assert_eq!(engine.pace(), Pace::Full);
        exchange.try_grow(10 << 20).unwrap();
        assert_eq!(engine.pace(), Pace::Slow);
        sort.try_grow(60 << 20).unwrap();
        assert!(sort.try_grow(10 << 20).is_err());
        exchange.try_grow(20 << 20).unwrap();
        assert_eq!(engine.pace(), Pace::Stop);
        // The others write to disk meanwhile.
        assert!(sort.try_grow(1 << 20).is_err());
        assert_eq!(pool.reserved(), 90 << 20);
        drop(exchange);
        // Those who cannot go to disk get a little more than all.
        let merge = MemoryConsumer::new("ExternalSorterMerge[0]").register(&pool);
        merge.try_grow(19 << 20).unwrap();
        assert!(merge.try_grow(3 << 20).is_err());
        drop((merge, sort));
        assert_eq!((engine.pace(), pool.reserved()), (Pace::Full, 0));
    }
}
