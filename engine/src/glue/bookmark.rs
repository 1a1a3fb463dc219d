//! Job bookmarks: which objects of a source are new, unchanged, changed or gone.
//!
//! An object is identified by its URL and ETag; a local file has none, so it is known by size,
//! modification time and a hash of its content. The hash is only computed when size or time
//! differ, so a second run reads nothing. See "Tracking processed data using job bookmarks" in
//! the AWS Glue documentation.

use std::{collections::HashMap, io::Read};

use super::data_catalog::Bookmark;
use crate::{
    error::{Error, Result},
    lake::source::{ObjectInfo, Source},
};

/// Bytes read at once while hashing.
const HASH_BUFFER_BYTES: usize = 1 << 20;

/// What the bookmarks say about a source.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Objects that were never loaded.
    pub new: Vec<ObjectInfo>,
    /// Objects whose content differs from what was loaded, with their old bookmarks.
    pub changed: Vec<(ObjectInfo, Bookmark)>,
    /// Objects that are what was loaded.
    pub unchanged: Vec<Bookmark>,
    /// Of those, the ones whose modification time moved: the bookmark is to be touched.
    pub touched: Vec<(ObjectInfo, Bookmark)>,
    /// Bookmarks whose object is gone.
    pub vanished: Vec<Bookmark>,
}

/// Compares the objects of a source with the bookmarks of earlier runs.
pub fn compare(source: &Source, objects: Vec<ObjectInfo>, bookmarks: Vec<Bookmark>) -> Result<Comparison> {
    let mut known: HashMap<String, Bookmark> = bookmarks.into_iter().map(|b| (b.key.clone(), b)).collect();
    let mut comparison = Comparison::default();
    for object in objects {
        match known.remove(&object.key) {
            None => comparison.new.push(object),
            Some(bookmark) if is_same_version(&object, &bookmark) => comparison.unchanged.push(bookmark),
            Some(bookmark) => {
                if is_same_content(source, &object, &bookmark)? {
                    comparison.touched.push((object, bookmark.clone()));
                    comparison.unchanged.push(bookmark);
                } else {
                    comparison.changed.push((object, bookmark));
                }
            }
        }
    }
    comparison.vanished = known.into_values().collect();
    comparison.vanished.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(comparison)
}

/// The store says that this is the version that was loaded.
fn is_same_version(object: &ObjectInfo, bookmark: &Bookmark) -> bool {
    if object.bytes != bookmark.bytes {
        return false;
    }
    match (&object.etag, &bookmark.etag) {
        (Some(now), Some(then)) => now == then,
        _ => object.modified_ns == bookmark.modified_ns,
    }
}

/// The store cannot say; the bytes can.
fn is_same_content(source: &Source, object: &ObjectInfo, bookmark: &Bookmark) -> Result<bool> {
    if object.bytes != bookmark.bytes || object.etag.is_some() {
        return Ok(false);
    }
    match &bookmark.content_hash {
        Some(hash) => Ok(content_hash(source, object)? == *hash),
        None => Ok(false),
    }
}

/// Hash of an object's content.
pub fn content_hash(source: &Source, object: &ObjectInfo) -> Result<String> {
    let mut reader = source.read_from(object, 0)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; HASH_BUFFER_BYTES];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finalize().to_hex().to_string()),
            Ok(count) => {
                hasher.update(&buffer[..count]);
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(Error::io(source.cannot_read(&object.key), e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Config,
        lake::{Location, ObjectStores},
    };

    fn bookmark(source: &Source, object: &ObjectInfo) -> Bookmark {
        Bookmark {
            id: 1,
            table: None,
            key: object.key.clone(),
            bytes: object.bytes,
            modified_ns: object.modified_ns,
            etag: None,
            content_hash: Some(content_hash(source, object).unwrap()),
            delivery_id: 1,
            rows: 1,
            rejects: 0,
        }
    }

    #[test]
    fn tells_new_changed_touched_and_vanished() {
        let dir = tempfile::tempdir().unwrap();
        let stores = ObjectStores::new(&Config::new(dir.path().join("w")));
        let raw = dir.path().join("raw");
        std::fs::create_dir(&raw).unwrap();
        for name in ["same", "touched", "edited", "gone"] {
            std::fs::write(raw.join(name).with_extension("csv"), "a\n1\n").unwrap();
        }
        let source = Source::open(&Location::Local(raw.clone()), &stores).unwrap();
        let bookmarks: Vec<_> = source.list().unwrap().iter().map(|o| bookmark(&source, o)).collect();
        std::fs::write(raw.join("new.csv"), "a\n1\n").unwrap();
        std::fs::remove_file(raw.join("gone.csv")).unwrap();
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
        std::fs::write(raw.join("edited.csv"), "a\n2\n").unwrap();
        for name in ["touched.csv", "edited.csv"] {
            std::fs::File::options().append(true).open(raw.join(name)).unwrap().set_modified(later).unwrap();
        }
        let result = compare(&source, source.list().unwrap(), bookmarks).unwrap();
        let keys = |objects: &[ObjectInfo]| objects.iter().map(|o| o.key.clone()).collect::<Vec<_>>();
        assert_eq!(keys(&result.new), ["new.csv"]);
        assert_eq!(result.changed.iter().map(|c| c.0.key.as_str()).collect::<Vec<_>>(), ["edited.csv"]);
        assert_eq!(result.touched.iter().map(|c| c.0.key.as_str()).collect::<Vec<_>>(), ["touched.csv"]);
        assert_eq!(result.unchanged.len(), 2);
        assert_eq!(result.vanished.iter().map(|b| b.key.as_str()).collect::<Vec<_>>(), ["gone.csv"]);
    }
}
