//! Stopping a running statement from outside (Ctrl-C, CancelRequest, CANCEL), and ending a session
//! from outside (PG_TERMINATE_BACKEND, shutdown of the server).

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::error::{Error, Result, SqlState};

const NOTHING: u8 = 0;
const CANCEL: u8 = 1;
const TERMINATE: u8 = 2;

/// Cancels the statement that its session is running, which does nothing between statements; or
/// ends the session for good.
#[derive(Debug, Clone, Default)]
pub struct CancelHandle {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    request: AtomicU8,
    /// What the one who cancelled has to say (`CANCEL pid 'message'`).
    message: Mutex<Option<String>>,
    notify: Notify,
}

impl CancelHandle {
    /// Asks the running statement to stop. It ends with SQLSTATE 57014.
    pub fn cancel(&self) {
        self.cancel_with(None);
    }

    /// The same with a message for the session's user.
    pub fn cancel_with(&self, message: Option<String>) {
        *self.inner.message.lock() = message;
        self.inner.request.fetch_max(CANCEL, Ordering::SeqCst);
        self.inner.notify.notify_waiters();
    }

    /// Ends the session: the running statement fails with SQLSTATE 57P01, and so does every later one.
    pub fn terminate(&self) {
        self.inner.request.store(TERMINATE, Ordering::SeqCst);
        self.inner.notify.notify_waiters();
    }

    /// Whether the session was ended.
    pub fn is_terminated(&self) -> bool {
        self.inner.request.load(Ordering::SeqCst) == TERMINATE
    }

    /// Completes when the session is ended.
    pub async fn terminated(&self) {
        self.wait_for(TERMINATE).await;
    }

    /// A new statement starts: earlier requests to cancel do not concern it.
    pub(super) fn reset(&self) {
        let _ = self.inner.request.compare_exchange(CANCEL, NOTHING, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// Fails when the statement is to stop.
    pub(super) fn check(&self) -> Result<()> {
        match self.inner.request.load(Ordering::SeqCst) {
            NOTHING => Ok(()),
            TERMINATE => Err(terminated()),
            _ => Err(Error::new(SqlState::QUERY_CANCELED, "canceling statement due to user request")),
        }
    }

    /// Completes with the statement's error when it is to stop.
    pub(super) async fn cancelled(&self) -> Error {
        self.wait_for(CANCEL).await;
        if self.is_terminated() {
            return terminated();
        }
        let error = Error::new(SqlState::QUERY_CANCELED, "canceling statement due to user request");
        match self.inner.message.lock().take() {
            Some(message) => error.with_detail(message),
            None => error,
        }
    }

    async fn wait_for(&self, request: u8) {
        loop {
            let notified = self.inner.notify.notified();
            if self.inner.request.load(Ordering::SeqCst) >= request {
                return;
            }
            notified.await;
        }
    }
}

/// The error of a session that was ended from outside.
pub fn terminated() -> Error {
    Error::new(SqlState::ADMIN_SHUTDOWN, "terminating connection due to administrator command")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_concerns_one_statement_and_an_end_all_of_them() {
        let handle = CancelHandle::default();
        handle.cancel_with(Some("too slow".to_owned()));
        let error = handle.cancelled().await;
        assert_eq!((error.state().0, error.detail()), ("57014", Some("too slow")));
        handle.reset();
        assert!(!handle.is_terminated());
        handle.terminate();
        handle.reset();
        handle.cancel();
        handle.terminated().await;
        assert_eq!(handle.cancelled().await.state().0, "57P01");
    }
}
