//! Stopping a running statement from outside: Ctrl-C, CancelRequest, a timeout.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;

/// Cancels the statement that its session is running; does nothing between statements.
#[derive(Debug, Clone, Default)]
pub struct CancelHandle {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    cancelled: AtomicBool,
    notify: Notify,
}

impl CancelHandle {
    /// Asks the running statement to stop. It ends with SQLSTATE 57014.
    pub fn cancel(&self) {
        self.inner.cancelled.store(true, Ordering::SeqCst);
        self.inner.notify.notify_waiters();
    }

    /// A new statement starts: earlier requests do not concern it.
    pub(super) fn reset(&self) {
        self.inner.cancelled.store(false, Ordering::SeqCst);
    }

    /// Completes when the statement is to stop.
    pub(super) async fn cancelled(&self) {
        loop {
            let notified = self.inner.notify.notified();
            if self.inner.cancelled.load(Ordering::SeqCst) {
                return;
            }
            notified.await;
        }
    }
}
