//! Footers that were read before, so that planning, pruning and every split of a file read a
//! footer once.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::datasource::object_store::ObjectStoreUrl;
use object_store::{ObjectMeta, ObjectStore};
use parking_lot::Mutex;

use super::{OrcFooter, read_footer};
use crate::Result;

/// Footers kept at most; beyond it those not used for longest go.
const FOOTERS_MAX: usize = 4096;

/// Footers by store, path and version of the object: size, time and ETag.
#[derive(Debug, Default)]
pub struct FooterCache {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    footers: HashMap<Key, (u64, Arc<OrcFooter>)>,
    /// Counts uses; the time of the cache.
    clock: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    store: String,
    path: String,
    size: u64,
    modified_nanos: i128,
    e_tag: Option<String>,
    version: Option<String>,
}

impl FooterCache {
    /// The footer of that version of the file, read if need be.
    pub async fn footer(
        &self,
        url: &ObjectStoreUrl,
        store: &Arc<dyn ObjectStore>,
        meta: &ObjectMeta,
    ) -> Result<Arc<OrcFooter>> {
        let modified = meta.last_modified;
        let key = Key {
            store: url.as_str().to_owned(),
            path: meta.location.to_string(),
            size: meta.size,
            modified_nanos: i128::from(modified.timestamp()) * 1_000_000_000
                + i128::from(modified.timestamp_subsec_nanos()),
            e_tag: meta.e_tag.clone(),
            version: meta.version.clone(),
        };
        if let Some(footer) = self.entries.lock().get(&key) {
            return Ok(footer);
        }
        let footer = read_footer(store, meta).await?;
        self.entries.lock().put(key, Arc::clone(&footer));
        Ok(footer)
    }
}

impl Entries {
    fn get(&mut self, key: &Key) -> Option<Arc<OrcFooter>> {
        self.clock += 1;
        let (used, footer) = self.footers.get_mut(key)?;
        *used = self.clock;
        Some(Arc::clone(footer))
    }

    fn put(&mut self, key: Key, footer: Arc<OrcFooter>) {
        self.clock += 1;
        if self.footers.len() >= FOOTERS_MAX {
            let mut uses: Vec<u64> = self.footers.values().map(|(used, _)| *used).collect();
            let (_, median, _) = uses.select_nth_unstable(FOOTERS_MAX / 2);
            let limit = *median;
            self.footers.retain(|_, (used, _)| *used > limit);
        }
        self.footers.insert(key, (self.clock, footer));
    }
}
