//! Upkeep of an opened warehouse: small segments are merged, old states expire, and neither
//! disturbs anybody.
//!
//! Merging commits only while no transaction block of this process sees an earlier state, and only
//! when no other process has the warehouse open; states expire only then, too, because nobody knows
//! what the sessions of another process are reading.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::Utc;

use super::{TableId, lock::LockMode, warehouse::Warehouse};
use crate::{
    error::Result,
    storage::{
        fault::fault_point,
        metadata::{SnapshotId, TableSnapshot},
        rewrite,
        upkeep::{self, Rewrite},
    },
};

/// Merging this much happens at once; more is done beside.
const MERGED_AT_ONCE_BYTES: u64 = 8 << 20;
/// Old states are looked for after so many commits of a process.
const COMMITS_PER_EXPIRY: u64 = 256;

/// What upkeep has to look at.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) appended: BTreeSet<TableId>,
    pub(super) commits: u64,
}

/// What expiring removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expired {
    /// States.
    pub states: u64,
    /// Files.
    pub files: u64,
}

impl Warehouse {
    /// Does what the last commits made worthwhile. To be called when a session has committed.
    ///
    /// Nobody waits for this and nobody needs it, so an error is no error of the statement.
    pub fn tidy(self: &Arc<Self>) {
        let (tables, expiry_is_due) = {
            let mut queue = self.upkeep_queue().lock();
            let is_due = queue.commits >= COMMITS_PER_EXPIRY;
            if is_due {
                queue.commits = 0;
            }
            (std::mem::take(&mut queue.appended), is_due)
        };
        for table in tables {
            let _ = self.merge(table);
        }
        if expiry_is_due {
            let _ = self.expire(self.retention());
        }
    }

    /// Merges a table's small segments if there are many; large ones beside.
    fn merge(self: &Arc<Self>, id: TableId) -> Result<()> {
        let snapshot = self.latest()?;
        let Some(table) = snapshot.table(id) else { return Ok(()) };
        let Some(rewrite) = upkeep::plan_merge(table) else { return Ok(()) };
        if !self.is_alone()? {
            return Ok(());
        }
        let bytes: u64 =
            table.segments.iter().filter(|s| rewrite.segments.contains(&s.id)).map(|s| s.file.size_bytes).sum();
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) if bytes > MERGED_AT_ONCE_BYTES => {
                let warehouse = Arc::clone(self);
                runtime.spawn_blocking(move || {
                    let _ = warehouse.rewrite(id, &rewrite);
                });
                Ok(())
            }
            _ => self.rewrite(id, &rewrite),
        }
    }

    fn rewrite(self: &Arc<Self>, id: TableId, rewrite: &Rewrite) -> Result<()> {
        let mut transaction = self.begin();
        if !transaction.try_lock(id, LockMode::Write) {
            return Ok(());
        }
        let snapshot = transaction.snapshot()?;
        let Some(table) = snapshot.table(id) else { return Ok(()) };
        let files = self.write_anew(table, rewrite)?;
        fault_point("upkeep.rewritten")?;
        transaction.replace_segments(id, &rewrite.segments, files)?;
        transaction.commit_undisturbing().map(|_| ())
    }

    fn write_anew(&self, table: &TableSnapshot, plan: &Rewrite) -> Result<Vec<crate::storage::SegmentMeta>> {
        let chosen = table.segments.iter().filter(|s| plan.segments.contains(&s.id));
        let deletions = |s: &Arc<crate::storage::metadata::Segment>| {
            Ok((Arc::clone(s), rewrite::deletions_with(self.segments(), s, &[])?))
        };
        let segments = chosen.map(deletions).collect::<Result<Vec<_>>>()?;
        rewrite::rewrite(self.segments(), table, &segments, &|| Ok(()))
    }

    /// Forgets states older than `retention` and removes the files that only they name. Nothing
    /// happens while another process has the warehouse open; states that transactions of this one
    /// see stay.
    pub fn expire(&self, retention: Duration) -> Result<Expired> {
        if !self.is_alone()? {
            return Ok(Expired::default());
        }
        let retention = chrono::Duration::from_std(retention).unwrap_or(chrono::Duration::MAX);
        let Some(time) = Utc::now().checked_sub_signed(retention) else { return Ok(Expired::default()) };
        let Some(wanted) = self.store().state_at(time)? else { return Ok(Expired::default()) };
        let newest = self.latest()?.id();
        // Nobody begins to see a state while it is decided which one is the oldest.
        let running = self.activity().lock();
        let seen = running.values().filter_map(|a| a.base).min();
        let keep: SnapshotId = seen.map_or(wanted, |seen| seen.min(wanted)).min(newest);
        let oldest = self.store().oldest()?;
        if keep <= oldest {
            return Ok(Expired::default());
        }
        let files = self.store().expire(keep)?;
        drop(running);
        fault_point("upkeep.expired")?;
        self.segments().remove_quietly(files.iter().map(String::as_str));
        Ok(Expired { states: (keep.0 - oldest.0).unsigned_abs(), files: files.len() as u64 })
    }
}
