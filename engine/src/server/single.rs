//! One server per warehouse: who serves it holds a lock, and says in a file who that is.

use std::{io::Write, net::SocketAddr, path::Path};

use crate::{
    error::{Error, Result, SqlState},
    storage::{FileSystem, LocalFileSystem, file_system::FileLock},
};

/// The right to serve a warehouse; given back when dropped.
#[derive(Debug)]
pub struct ServingLock {
    _lock: Box<dyn FileLock>,
}

impl ServingLock {
    /// Takes the right for this process.
    ///
    /// Errors: 55006 with the process id of the server that has it.
    pub fn take(warehouse: &Path, address: SocketAddr) -> Result<ServingLock> {
        let folder = warehouse.join("locks");
        LocalFileSystem.create_directories(&folder)?;
        let note = folder.join("serve.pid");
        let Some(lock) = LocalFileSystem.try_lock_exclusive(&folder.join("serve.lock"))? else {
            let other = read(&note).unwrap_or_else(|| "another process".to_owned());
            return Err(Error::new(
                SqlState("55006"),
                format!("the warehouse \"{}\" is being served already, by {other}", warehouse.display()),
            )
            .with_hint("Stop that server, or connect to it. \"blueshift sql\" works beside it."));
        };
        LocalFileSystem.remove(&note)?;
        let mut file = LocalFileSystem.create(&note)?;
        let text = format!("process {} on {address}", std::process::id());
        file.write_all(text.as_bytes()).map_err(|error| Error::io("could not write serve.pid", error))?;
        Ok(ServingLock { _lock: lock })
    }
}

fn read(note: &Path) -> Option<String> {
    let file = LocalFileSystem.open(note).ok()?;
    let bytes = file.read_at(0, usize::try_from(file.len()).ok()?.min(200)).ok()?;
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_server_learns_of_the_first() {
        let warehouse = tempfile::tempdir().unwrap();
        let address: SocketAddr = "127.0.0.1:5439".parse().unwrap();
        let first = ServingLock::take(warehouse.path(), address).unwrap();
        let refused = ServingLock::take(warehouse.path(), address).unwrap_err();
        assert!(refused.message().contains(&format!("process {} on {address}", std::process::id())));
        drop(first);
        assert!(ServingLock::take(warehouse.path(), address).is_ok());
    }
}
