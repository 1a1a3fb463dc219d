//! Materialized views with AUTO REFRESH YES are refreshed after what they read has changed (page
//! materialized-view-refresh, "Autorefreshing a materialized view"): in a session of their own beside the others, a
//! transaction for each view, a moment after the commit, so that a series of commits is followed by one refresh.
//!
//! Nobody waits for it and nobody is disturbed by it: a view that somebody changes, or an earlier state of which a
//! transaction block sees, has to wait, as has everything while another process has the warehouse open. What had to
//! wait is tried again when the next transaction ends. A refresh that fails is no error of anybody's statement: the
//! view stays stale and says so.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{ClientInfo, Session, TransactionState};
use crate::{engine::Shared, error::Result, statement, transaction::CatalogSnapshot};

/// How long after a commit views are refreshed.
const DELAY: Duration = Duration::from_millis(200);
/// What the session of a refresh calls itself.
const APPLICATION: &str = "auto refresh";

/// Whether something is to be refreshed.
#[derive(Debug, Default)]
pub(crate) struct AutoRefresh {
    /// Views wait for a transaction to end.
    waiting: AtomicBool,
    /// A run will begin.
    scheduled: AtomicBool,
    /// One run at a time.
    running: tokio::sync::Mutex<()>,
}

/// Whether a state of the catalog has views to refresh.
pub(super) fn is_due(snapshot: &CatalogSnapshot) -> bool {
    !statement::materialized_views_due(snapshot).is_empty()
}

/// Has views refreshed soon, when some are due or wait.
pub(super) fn after_transaction(shared: &Arc<Shared>, is_due: bool) {
    let refresh = &shared.auto_refresh;
    if is_due {
        refresh.waiting.store(true, Ordering::Release);
    }
    if !refresh.waiting.load(Ordering::Acquire) || refresh.scheduled.swap(true, Ordering::AcqRel) {
        return;
    }
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        refresh.scheduled.store(false, Ordering::Release);
        return;
    };
    // A refresh that is to come keeps no warehouse open.
    let shared = Arc::downgrade(shared);
    runtime.spawn(async move {
        tokio::time::sleep(DELAY).await;
        if let Some(shared) = shared.upgrade() {
            shared.auto_refresh.scheduled.store(false, Ordering::Release);
            settle(&shared).await;
        }
    });
}

/// Refreshes what is due and need not wait.
pub(crate) async fn settle(shared: &Arc<Shared>) {
    let _one = shared.auto_refresh.running.lock().await;
    if !shared.auto_refresh.waiting.swap(false, Ordering::AcqRel) {
        return;
    }
    if !run(shared).await.unwrap_or(true) {
        shared.auto_refresh.waiting.store(true, Ordering::Release);
    }
}

/// Gives whether nothing had to wait.
async fn run(shared: &Arc<Shared>) -> Result<bool> {
    if !shared.warehouse.is_alone()? {
        return Ok(false);
    }
    let mut done = true;
    for id in statement::materialized_views_due(&*shared.warehouse.latest()?) {
        let client = ClientInfo { application_name: APPLICATION.to_owned(), ..ClientInfo::default() };
        let mut session = Session::new(Arc::clone(shared), &shared.config.user, &shared.config.database, client);
        session.begin_statement();
        // An error is the view's alone: the others may do.
        if let Ok(false) = statement::refresh_materialized_view_unasked(&mut session, id).await {
            done = false;
        }
        // Its end is not the end of anybody's transaction, which others could wait for.
        session.discard();
    }
    Ok(done)
}

impl Session {
    /// Commits unless a transaction block sees an earlier state. Gives whether it did.
    pub(crate) fn commit_undisturbing(&mut self) -> Result<bool> {
        match std::mem::replace(&mut self.transaction, TransactionState::Idle) {
            TransactionState::Active { transaction, .. } => {
                self.local.end(true, &mut self.parameters);
                transaction.commit_undisturbing()
            }
            _ => Ok(true),
        }
    }

    /// Rolls back without telling anybody.
    fn discard(&mut self) {
        if let TransactionState::Active { transaction, .. } =
            std::mem::replace(&mut self.transaction, TransactionState::Idle)
        {
            transaction.rollback();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Config, Engine, session::Session, session::StatementResult};

    async fn rows(session: &mut Session, sql: &str) -> usize {
        session.run(sql).await.unwrap().last().map_or(0, StatementResult::row_count)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn views_follow_what_they_read() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::open(Config::new(folder.path())).unwrap();
        let (mut session, mut other) = (engine.session(), engine.session());
        let script = "create table t (a integer);
            create materialized view below auto refresh yes as select a from t where a > 0;
            create materialized view above auto refresh yes as select a from below where a > 1;
            create materialized view manual as select a from t;
            insert into t values (1), (2), (3)";
        session.run(script).await.unwrap();
        engine.settle().await;
        assert_eq!(rows(&mut session, "select * from below").await, 3);
        assert_eq!(rows(&mut session, "select * from above").await, 2);
        assert_eq!(rows(&mut session, "select * from manual").await, 0);
        let stale = "select name from stv_mv_info where is_stale = 't'";
        assert_eq!(rows(&mut session, stale).await, 1);
        assert_eq!(rows(&mut session, "select 1 from svl_mv_refresh_status where refresh_type = 'Auto'").await, 2);

        // Nobody is disturbed: the view waits for the block.
        other.run("begin; select * from t; insert into t values (4)").await.unwrap();
        session.run("insert into t values (5)").await.unwrap();
        engine.settle().await;
        assert_eq!(rows(&mut session, "select * from below").await, 3);
        other.run("drop materialized view above; rollback").await.unwrap();
        engine.settle().await;
        assert_eq!(rows(&mut session, "select * from above").await, 3);
        session.run("alter materialized view below auto refresh no; insert into t values (6)").await.unwrap();
        engine.settle().await;
        assert_eq!(rows(&mut session, "select * from below").await, 4);
    }
}
