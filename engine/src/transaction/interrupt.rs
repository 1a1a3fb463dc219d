//! Stopping a transaction's own work: reading and writing files happens in one piece, between the
//! points at which a statement could be cancelled otherwise.

use std::{fmt, sync::Arc};

use crate::error::Result;

/// Asked again and again while files are rewritten; an error stops the work.
#[derive(Clone, Default)]
pub struct Interrupt(Option<Arc<dyn Fn() -> Result<()> + Send + Sync>>);

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interrupt")
    }
}

impl Interrupt {
    /// One that fails when `check` does.
    pub fn new(check: impl Fn() -> Result<()> + Send + Sync + 'static) -> Self {
        Interrupt(Some(Arc::new(check)))
    }

    /// Fails when the work is to stop.
    pub fn check(&self) -> Result<()> {
        self.0.as_ref().map_or(Ok(()), |check| check())
    }
}
